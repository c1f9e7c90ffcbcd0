"""Every dialect: a sample comes back from its features, and only its own features are taken for its own."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import dialects
from filmroll.boxes import Boxes
from filmroll.dialects import array, imagenet, slim
from filmroll.errors import EncodeError, ParseError, UnsupportedError
from filmroll.messages import example
from filmroll.sample import Sample

EXAMPLES = {name: one for name, one in dialects.DIALECTS.items() if dialects.message_of(one) == "example"}


def through(dialect, sample: Sample) -> Sample:
    """Send a sample through bytes and back."""
    return dialect.to_sample(parsed(dialect.to_features(sample)))


def parsed(features) -> dict:
    return example.parse(b"".join(example.serialize(features)))


@pytest.fixture
def sample() -> Sample:
    return Sample("rose/a b.jpg", encoded=pictures.jpeg(1), label=2, text="rose", features={"score": [1.5, 2.5]})


@pytest.mark.parametrize("dialect", EXAMPLES.values(), ids=EXAMPLES)
def test_missing_picture_names_the_features_that_are_there(dialect):
    with pytest.raises(ParseError, match="there are: depth, other"):
        dialect.to_sample(parsed({"depth": 1, "other": b"x"}))


@pytest.mark.parametrize("dialect", [slim, imagenet])
def test_encoded_bytes_are_handed_on_untouched(dialect, sample):
    features = dialect.to_features(sample)
    assert features["image/encoded"] is sample.encoded
    assert bytes(through(dialect, sample).encoded) == sample.encoded


@pytest.mark.parametrize("dialect", [slim, imagenet])
def test_picture_of_the_wrong_type_is_an_error_that_names_it(dialect):
    with pytest.raises(ParseError, match="'image/encoded' has 1 values of int64"):
        dialect.to_sample(parsed({"image/encoded": 3}))
    with pytest.raises(ParseError, match="'image/encoded' has 2 values of bytes"):
        dialect.to_sample(parsed({"image/encoded": [b"a", b"b"]}))


def test_slim_stores_an_array_as_png():
    image = pictures.image(3)
    features = slim.to_features(Sample("a", array=image))
    assert features["image/format"] == "png"
    assert np.array_equal(filmroll.decode(features["image/encoded"]), image)


@pytest.mark.parametrize("key", ["", "a"])
@pytest.mark.parametrize(("channels", "form"), [(3, "jpeg"), (1, "jpeg"), (4, "png"), (3, "webp")])
def test_slim_describes_the_picture_as_its_header_does(channels, form, key):
    encoded = filmroll.encode(pictures.image(3, channels=channels), form)
    assert slim.to_features(Sample(key, encoded=encoded)) == {
        "image/encoded": encoded,
        "image/format": form,
        "image/height": 24,
        "image/width": 32,
        "image/channels": channels,
        "image/filename": key.encode(),
    }


@pytest.mark.parametrize("name", ["image/class/label", "image/class/text"])
@pytest.mark.parametrize("count", [0, 2])
def test_label_or_text_of_several_values_or_of_none_stays_a_feature(name, count):
    value = np.arange(count) if name.endswith("label") else [b"cat", b"dog"][:count]
    features = {"image/encoded": [memoryview(pictures.jpeg())], name: value}
    found = slim.to_sample(features)
    assert (found.label, found.text) == (None, None)
    assert list(found.features[name]) == list(value)
    assert list(slim.to_features(found)[name]) == list(value)


def test_feature_that_would_be_taken_for_a_part_of_the_boxes_is_refused(sample):
    sample.boxes = Boxes(np.array([[0.1, 0.2, 0.3, 0.4]]))
    sample.features = {"image/object/class/text": [b"cat"]}
    with pytest.raises(UnsupportedError, match="'image/object/class/text' .* the dialect 'slim' keeps for its own"):
        slim.to_features(sample)
    sample.boxes = None
    assert slim.to_features(sample)["image/object/class/text"] == [b"cat"]


def test_slim_without_a_label_has_no_label_feature():
    assert "image/class/label" not in slim.to_features(Sample("a", encoded=pictures.jpeg()))


def test_imagenet_counts_labels_from_1_and_repeats_them_for_each_box(sample):
    sample.boxes = Boxes(np.array([[0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]]))
    features = parsed(imagenet.to_features(sample))
    assert features["image/class/label"].tolist() == [3]
    assert features["image/object/bbox/label"].tolist() == [3, 3]
    assert features["image/object/bbox/xmin"].tolist() == pytest.approx([0.2, 0])
    assert imagenet.to_sample(features).label == 2


def test_imagenet_without_boxes_has_exactly_the_15_features_of_the_script(sample):
    sample.features = {}
    names = {"height", "width", "channels", "colorspace", "format", "filename", "encoded"}
    names |= {f"class/{name}" for name in ("label", "synset", "text")}
    names |= {f"object/bbox/{name}" for name in ("xmin", "xmax", "ymin", "ymax", "label")}
    features = parsed(imagenet.to_features(sample))
    assert features.keys() == {f"image/{name}" for name in names}
    assert features["image/class/synset"] == [b"rose"]
    sample.features = {"image/class/synset": b"n02125311"}
    features = parsed(imagenet.to_features(sample))
    assert features.keys() == {f"image/{name}" for name in names}
    assert features["image/class/synset"] == [b"n02125311"]
    sample.boxes = Boxes(np.array([[0.1, 0.2, 0.3, 0.4]]), [2])
    assert parsed(imagenet.to_features(sample)).keys() == features.keys()


def test_imagenet_tells_no_boxes_from_boxes_that_are_not_known(sample):
    assert through(imagenet, sample).boxes is None
    sample.boxes = Boxes(np.zeros(0))
    assert len(through(imagenet, sample).boxes) == 0


def test_imagenet_takes_labels_of_boxes_from_the_script_where_there_are_no_others(sample):
    sample.boxes = Boxes(np.array([[0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]]), [6, 7])
    features = parsed(imagenet.to_features(sample))
    assert features["image/object/bbox/label"].tolist() == [7, 8]
    assert imagenet.to_sample(features | {"image/object/class/label": None}).boxes.labels.tolist() == [6, 7]
    own = np.array([1, 2])
    assert imagenet.to_sample(features | {"image/object/class/label": own}).boxes.labels.tolist() == [0, 1]


def test_imagenet_label_below_the_background_is_refused(sample):
    sample.label = -1
    assert through(imagenet, sample).label == -1
    sample.label = -2
    with pytest.raises(EncodeError, match="label -2 .* the background is -1"):
        imagenet.to_features(sample)


def test_imagenet_writes_back_what_the_script_wrote(data):
    with filmroll.open(data / "records" / "tensorflow" / "build_imagenet_data.tfrecord") as roll:
        for number, sample in enumerate(roll):
            assert parsed(imagenet.to_features(sample)).keys() == roll.features(number).keys()
            for name, value in parsed(imagenet.to_features(sample)).items():
                assert np.array_equal(value, roll.features(number)[name]), name
        assert [sample.boxes and len(sample.boxes) for sample in roll] == [2, None, None]
        assert roll[0].boxes.labels.tolist() == [286, 286]


def test_imagenet_keeps_the_base_name_only(sample):
    assert imagenet.to_features(sample)["image/filename"] == b"a b.jpg"


def test_imagenet_makes_a_png_a_jpeg_of_quality_100_as_the_script_does():
    image = pictures.image(3, height=40)
    features = imagenet.to_features(Sample("a.png", encoded=filmroll.encode(image, "png")))
    assert features["image/encoded"] == filmroll.encode(image, "jpeg", quality=100)
    assert (features["image/height"], features["image/width"]) == (40, 32)


def test_imagenet_keeps_a_gray_jpeg_and_says_three_channels_as_the_script_does():
    gray = filmroll.encode(pictures.image(1, channels=1), "jpeg")
    features = imagenet.to_features(Sample("a.jpg", encoded=gray))
    assert (features["image/encoded"], features["image/channels"], features["image/colorspace"]) == (gray, 3, b"RGB")


def test_imagenet_is_told_by_three_names_together_and_slim_by_a_picture_without_the_names_of_others():
    names = ("image/encoded", "image/colorspace", "image/class/label")
    features = dict.fromkeys(names)
    assert "labels start at 1" in imagenet.sniff(features)
    for name in names:
        assert imagenet.sniff({other: None for other in names if other != name}) is None
    picture = {"image/encoded": [memoryview(pictures.jpeg())]}
    assert slim.sniff(picture) == "image/encoded holds a picture file"
    assert slim.sniff(picture | {"image/class/label": None}).endswith("image/class/label its label")
    assert slim.sniff({"image/encoded": [memoryview(b"no picture")]}) is None
    assert slim.sniff(picture | {"image/colorspace": None}) is None
    for foreign in ("image/source_id", "image/key/sha256", "image/object/bbox/xmin"):
        assert slim.sniff(picture | {foreign: None}) is None
        assert slim.sniff(picture | {foreign: None, "image/channels": None}) is not None


@pytest.mark.parametrize("color", ["cmyk", "ycck"])
def test_imagenet_makes_cmyk_an_rgb_jpeg(color):
    encoded = pictures.cmyk_jpeg(color=color)
    assert filmroll.read_header(encoded).color == color
    features = imagenet.to_features(Sample("a.jpg", encoded=encoded))
    assert filmroll.read_header(features["image/encoded"]).color == "ycbcr"


def test_imagenet_reads_what_the_script_of_tensorflow_wrote(data):
    with filmroll.open(data / "records" / "tensorflow" / "build_imagenet_data.tfrecord") as roll:
        assert roll.dialect == "imagenet"
        assert [sample.label for sample in roll] == [
            int(roll.features(number)["image/class/label"][0]) - 1 for number in range(3)
        ]
        assert roll[0].key == "n02125311_19172.JPEG"
        assert roll[0].text.startswith("cougar, puma")


def test_array_keeps_shape_and_dtype_of_any_numbers():
    for array_in in (
        np.arange(24, dtype=">i2").reshape(2, 3, 4),
        np.zeros((3, 0), np.float64),
        np.array(7, np.uint8),
    ):
        back = through(array, Sample("a", array=array_in)).image
        assert back.shape == array_in.shape
        assert back.dtype == array_in.dtype
        assert np.array_equal(back, array_in)


@pytest.mark.parametrize(
    ("dtype", "told"),
    [("uint8", "uint8"), ("uint16", "uint16"), ("float32", "float32"), ("float64", "float64")],
)
def test_array_without_dtype_is_told_by_the_bytes_a_value(dtype, told):
    image = np.arange(24).reshape(2, 3, 4).astype(dtype)
    back = array.to_sample(parsed({"image_bytes": image.tobytes(), "image_shape": image.shape})).image
    assert back.dtype == told
    assert np.array_equal(back, image)


@pytest.mark.parametrize(
    ("features", "sentence"),
    [
        ({"image_shape": [2, 3, 4]}, "23 bytes do not fit the shape"),
        ({"image_shape": [2, 3, 4], "image_dtype": "uint8"}, "23 bytes where shape .* of uint8 takes 24"),
        ({"image_shape": [-1, 23]}, "do not fit"),
        ({"image_shape": [23], "image_dtype": "object"}, "no dtype of numbers: 'object'"),
        ({"image_shape": [23], "image_dtype": "nonsense"}, "no dtype of numbers"),
        ({"image_shape": b"23"}, "'image_shape' holds bytes, expected int64"),
    ],
)
def test_array_that_does_not_fit_its_shape_is_an_error_never_a_silent_reshape(features, sentence):
    with pytest.raises(ParseError, match=sentence):
        array.to_sample(parsed({"image_bytes": bytes(23)} | features))


def test_array_of_objects_is_refused():
    with pytest.raises(UnsupportedError, match="only numbers can"):
        array.to_features(Sample("a", array=np.array([None])))


def test_names_that_are_no_utf8_come_back():
    key = b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    assert through(slim, Sample(key, encoded=pictures.jpeg())).key == key


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_path_bytes_and_array_of_a_picture_become_the_same_sample(tmp_path, dtype):
    image = pictures.image(3).astype(dtype)
    path = tmp_path / "a.png"
    filmroll.imwrite(path, image)
    stored = path.read_bytes()
    samples = [Sample(encoded=stored), Sample(array=image), Sample(array=filmroll.imread(path, dtype=dtype.__name__))]
    for sample in samples:
        features = example.parse(b"".join(example.serialize(slim.to_features(sample))))
        assert np.array_equal(filmroll.decode(features["image/encoded"][0], dtype=dtype.__name__), image)


@pytest.mark.parametrize(
    "image",
    [
        np.full((4, 4, 3), 2**20, np.uint32),
        np.zeros((2, 4, 4, 3), np.uint8),
        np.zeros((4, 4, 7), np.uint8),
        np.eye(3, dtype=np.float32),
        np.zeros((0, 3), np.uint8),
    ],
)
def test_array_that_no_png_holds_is_kept_exactly_as_npy(image):
    assert slim.to_features(Sample(array=image))["image/format"] == "npy"
    back = through(slim, Sample(array=image)).image
    assert back.dtype == image.dtype
    assert np.array_equal(back, image)


def test_no_records_are_of_no_dialect_and_nothing_is_said_of_several():
    assert dialects.fitting([]) == {}
    found = dialects.sniff([])
    assert found.name == "generic"
    [why] = found.why
    assert why.startswith("no feature holds a picture file")


def test_dialect_that_fits_some_records_only_fits_none():
    fits = parsed(imagenet.to_features(Sample("a", encoded=pictures.jpeg(), label=1)))
    assert list(dialects.fitting([fits, fits])) == ["imagenet"]
    assert dialects.fitting([fits, parsed({"image": pictures.jpeg()})]) == {}
