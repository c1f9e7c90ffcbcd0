"""Records for the TF Object Detection API: boxes, masks, ids from 1, and what else its scripts write."""

import hashlib

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.boxes import Boxes
from filmroll.dialects import tfod
from filmroll.errors import FormatError, ParseError
from filmroll.messages import example
from filmroll.sample import Sample

CORNERS = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0, 1, 0.25]], np.float32)  # ymin, xmin, ymax, xmax
MASKS = [filmroll.encode(pictures.image(n, channels=1), "png") for n in range(2)]


@pytest.fixture
def sample() -> Sample:
    boxes = Boxes(CORNERS, [0, 89], ["person", "brush"], MASKS)
    return Sample("val/7.jpg", encoded=pictures.jpeg(7), boxes=boxes, mask=MASKS[0])


def parsed(features) -> dict:
    return example.parse(b"".join(example.serialize(features)))


def test_picture_is_described_as_the_scripts_do(sample):
    features = parsed(tfod.to_features(sample))
    assert features["image/source_id"] == features["image/filename"] == [b"val/7.jpg"]
    assert features["image/format"] == [b"jpeg"]
    assert (features["image/height"], features["image/width"]) == (24, 32)
    assert features["image/key/sha256"] == [hashlib.sha256(sample.encoded).hexdigest().encode()]


def test_format_is_that_of_the_bytes_of_picture_and_mask(sample):
    sample.encoded = filmroll.encode(pictures.image(1), "png")
    sample.mask = filmroll.encode(pictures.image(2), "webp")
    features = parsed(tfod.to_features(sample))
    assert features["image/format"] == [b"png"]
    assert features["image/segmentation/class/format"] == [b"webp"]
    sample.mask = b"of a kind that nobody knows"
    assert parsed(tfod.to_features(sample))["image/segmentation/class/format"] == [b"png"]


def test_corners_are_four_lists_and_ids_count_from_1(sample):
    features = parsed(tfod.to_features(sample))
    found = [features[f"image/object/bbox/{corner}"].tolist() for corner in ("ymin", "xmin", "ymax", "xmax")]
    assert found == CORNERS.T.tolist()
    assert features["image/object/class/label"].tolist() == [1, 90]
    assert features["image/object/class/text"] == [b"person", b"brush"]
    assert features["image/object/mask"] == MASKS
    assert features["image/segmentation/class/encoded"] == [MASKS[0]]
    assert features["image/segmentation/class/format"] == [b"png"]


def test_label_of_the_whole_picture_counts_from_1_too(sample):
    sample.label, sample.text = 4, "street"
    features = parsed(tfod.to_features(sample))
    assert features["image/class/label"].tolist() == [5]
    assert tfod.to_sample(features).label == 4


def test_source_id_that_is_not_the_file_name_is_kept(sample):
    sample.features["image/source_id"] = [b"397133"]
    features = parsed(tfod.to_features(sample))
    assert features["image/source_id"] == [b"397133"]
    assert tfod.to_sample(features).features["image/source_id"] == [b"397133"]


def test_what_else_is_known_of_objects_passes_through(sample):
    sample.features = {"image/object/is_crowd": np.array([0, 1]), "image/object/area": np.array([1.5, 2], np.float32)}
    found = tfod.to_sample(parsed(tfod.to_features(sample))).features
    assert {name: value.tolist() for name, value in found.items()} == {
        "image/object/is_crowd": [0, 1],
        "image/object/area": [1.5, 2],
    }


def test_masks_as_numbers_stay_among_the_other_features(sample):
    features = parsed(tfod.to_features(sample)) | {"image/object/mask": np.zeros(2 * 24 * 32, np.float32)}
    found = tfod.to_sample(features)
    assert found.boxes.masks is None
    assert len(found.features["image/object/mask"]) == 2 * 24 * 32
    assert np.array_equal(parsed(tfod.to_features(found))["image/object/mask"], features["image/object/mask"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image/object/class/text", [b"cat", b"dog"]),
        ("image/object/class/label", [1, 2]),
        ("image/object/mask", MASKS),
        ("image/segmentation/class/format", [b"png"]),
    ],
)
def test_parts_of_objects_that_are_not_there_stay_among_the_other_features(name, value):
    features = parsed({"image/encoded": pictures.jpeg(), name: value})
    found = tfod.to_sample(features)
    assert (found.boxes, found.mask) == (None, None)
    assert list(found.features[name]) == value
    assert list(parsed(tfod.to_features(found))[name]) == value


def test_mask_without_a_kind_is_no_mask_and_stays_a_feature(sample):
    features = parsed(tfod.to_features(sample)) | {"image/segmentation/class/encoded": None}
    found = tfod.to_sample(features)
    assert found.mask is None
    assert found.features.keys() == {"image/segmentation/class/encoded", "image/segmentation/class/format"}


@pytest.mark.parametrize("texts", [None, []])
def test_empty_lists_beside_boxes_are_no_labels_names_or_masks(sample, texts):
    empty = {"image/object/class/label": np.zeros(0, np.int64), "image/object/class/text": texts}
    boxes = tfod.to_sample(parsed(tfod.to_features(sample)) | empty | {"image/object/mask": texts}).boxes
    assert (len(boxes), boxes.labels, boxes.texts, boxes.masks) == (2, None, None, None)


def test_corners_without_a_kind_are_no_boxes(sample):
    features = parsed(tfod.to_features(Sample("a", encoded=sample.encoded)))
    corners = dict.fromkeys(f"image/object/bbox/{corner}" for corner in ("ymin", "xmin", "ymax", "xmax"))
    assert len(tfod.to_sample(features | corners).boxes) == 0


@pytest.mark.parametrize(
    ("changed", "error", "sentence"),
    [
        ({"image/object/bbox/xmin": np.zeros(1, np.float32)}, ParseError, "ymin 2, xmin 1, ymax 2, xmax 2"),
        ({"image/object/bbox/xmin": np.zeros(2, np.int64)}, ParseError, "xmin' holds int64, expected float32"),
        ({"image/object/class/label": [memoryview(b"cat")]}, ParseError, "label' holds bytes, expected int64"),
        ({"image/object/class/text": [memoryview(b"cat")]}, FormatError, "1 texts for 2 boxes"),
        ({"image/object/class/text": np.zeros(2, np.int64)}, ParseError, "text' holds int64, expected bytes"),
    ],
)
def test_boxes_that_do_not_agree_are_an_error_that_says_how(sample, changed, error, sentence):
    with pytest.raises(error, match=sentence):
        tfod.to_sample(parsed(tfod.to_features(sample)) | changed)


def test_sample_without_a_picture_is_a_record_with_an_empty_one(sample):
    sample.encoded = None
    sample.label = 4
    sample.features = {"image/height": np.array([24]), "image/width": np.array([32])}
    features = parsed(tfod.to_features(sample))
    assert features["image/encoded"] == features["image/format"] == features["image/key/sha256"] == [b""]
    assert features["image/class/label"].tolist() == [5]
    found = tfod.to_sample(features)
    assert not found.has_image
    assert found.label == 4
    assert found.features == sample.features


@pytest.mark.parametrize(
    "name", ["image/object/bbox/ymin", "image/object/class/label", "image/source_id", "image/key/sha256"]
)
def test_one_feature_of_the_scripts_tells_the_dialect_unless_another_tells_its_own(name):
    features = {"image/encoded": [memoryview(pictures.jpeg())], name: None}
    assert "start at 1" in tfod.sniff(features)
    for other in ("image/colorspace", "image/channels"):
        assert tfod.sniff(features | {other: None}) is None
    assert tfod.sniff({name: None}) is None
    assert tfod.sniff({"image/encoded": features["image/encoded"]}) is None


def test_detection_api_reads_every_feature(tf, sample):
    sample.features = {"image/object/is_crowd": np.array([0, 1])}
    spec = {
        name: tf.io.FixedLenFeature((), kind, default)
        for name, kind, default in (
            ("image/encoded", tf.string, ""),
            ("image/format", tf.string, "jpeg"),
            ("image/filename", tf.string, ""),
            ("image/key/sha256", tf.string, ""),
            ("image/source_id", tf.string, ""),
            ("image/height", tf.int64, 1),
            ("image/width", tf.int64, 1),
        )
    }
    spec |= {f"image/object/bbox/{one}": tf.io.VarLenFeature(tf.float32) for one in ("xmin", "xmax", "ymin", "ymax")}
    spec |= {f"image/object/{one}": tf.io.VarLenFeature(tf.int64) for one in ("class/label", "is_crowd", "difficult")}
    spec |= {f"image/object/{one}": tf.io.VarLenFeature(tf.string) for one in ("class/text", "mask")}
    read = tf.io.parse_single_example(b"".join(example.serialize(tfod.to_features(sample))), spec)
    assert np.array_equal(tf.io.decode_jpeg(read["image/encoded"]).numpy().shape, (24, 32, 3))
    assert read["image/source_id"].numpy() == b"val/7.jpg"
    corners = [tf.sparse.to_dense(read[f"image/object/bbox/{one}"]).numpy() for one in ("ymin", "xmin", "ymax", "xmax")]
    assert np.array_equal(np.stack(corners, 1), CORNERS)
    assert tf.sparse.to_dense(read["image/object/class/label"]).numpy().tolist() == [1, 90]
    assert tf.sparse.to_dense(read["image/object/is_crowd"]).numpy().tolist() == [0, 1]
    assert tf.sparse.to_dense(read["image/object/difficult"]).numpy().tolist() == []
    masks = [tf.io.decode_png(mask).numpy() for mask in tf.sparse.to_dense(read["image/object/mask"])]
    assert np.array_equal(masks[1], filmroll.decode(MASKS[1]))
