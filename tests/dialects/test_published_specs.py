"""TensorFlow reads each dialect with the feature spec that the dialect's own readers publish."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import dialects
from filmroll.boxes import Boxes
from filmroll.messages import example
from filmroll.sample import Sample


@pytest.fixture
def sample() -> Sample:
    boxes = Boxes(np.array([[0.1, 0.2, 0.3, 0.4]]), [6])
    return Sample("a.jpg", encoded=pictures.jpeg(3), label=6, text="seven", boxes=boxes)


def read(tf, name: str, sample: Sample, spec) -> dict:
    message = b"".join(example.serialize(dialects.get(name).to_features(sample)))
    return tf.io.parse_single_example(message, spec)


def test_reader_of_mnist_records_gets_the_pixels(tf, sample):
    one = tf.io.FixedLenFeature([], tf.int64)
    spec = {"image_raw": tf.io.FixedLenFeature([], tf.string), "label": one}
    found = read(tf, "mnist", sample, spec | {"height": one, "width": one, "depth": one})
    shape = [int(found[name]) for name in ("height", "width", "depth")]
    image = tf.reshape(tf.io.decode_raw(found["image_raw"], tf.uint8), shape).numpy()
    assert np.array_equal(image, sample.image)
    assert int(found["label"]) == 6


def test_reader_of_stylegan_gets_the_pixels_channels_first(tf, sample):
    spec = {"shape": tf.io.FixedLenFeature([3], tf.int64), "data": tf.io.FixedLenFeature([], tf.string)}
    found = read(tf, "stylegan", sample, spec)
    image = tf.reshape(tf.io.decode_raw(found["data"], tf.uint8), found["shape"]).numpy()
    assert np.array_equal(image, sample.image.transpose(2, 0, 1))


def test_reader_of_flowers_gets_picture_class_and_size(tf, sample):
    spec = {
        "image": tf.io.FixedLenFeature([], tf.string),
        "class": tf.io.FixedLenFeature([], tf.int64),
        "label": tf.io.FixedLenFeature([], tf.string),
        "size": tf.io.FixedLenFeature([2], tf.int64),
        "one_hot_class": tf.io.VarLenFeature(tf.float32),
    }
    sample.features["one_hot_class"] = np.eye(8, dtype=np.float32)[6]
    found = read(tf, "flowers", sample, spec)
    assert (found["image"].numpy(), int(found["class"]), found["label"].numpy()) == (sample.encoded, 6, b"seven")
    assert found["size"].numpy().tolist() == [24, 32]
    assert tf.sparse.to_dense(found["one_hot_class"]).numpy().argmax() == 6


def test_reader_of_img2dataset_gets_picture_caption_and_columns(tf, sample):
    spec = {name: tf.io.FixedLenFeature([], tf.string) for name in ("key", "jpg", "txt", "url")}
    sample.features = {"url": b"https://example.org/a.jpg", "width": 32}
    found = read(tf, "img2dataset", sample, spec | {"width": tf.io.FixedLenFeature([], tf.int64)})
    assert found["jpg"].numpy() == sample.encoded
    assert [found[name].numpy() for name in ("key", "txt", "url")] == [b"a.jpg", b"seven", b"https://example.org/a.jpg"]


@pytest.mark.parametrize(("name", "base"), [("slim", 0), ("imagenet", 1)])
def test_slims_reader_of_imagenet_gets_label_and_boxes(tf, sample, name, base):
    spec = {
        "image/encoded": tf.io.FixedLenFeature((), tf.string, ""),
        "image/format": tf.io.FixedLenFeature((), tf.string, "jpeg"),
        "image/class/label": tf.io.FixedLenFeature([], tf.int64, -1),
        "image/class/text": tf.io.FixedLenFeature([], tf.string, ""),
        "image/object/class/label": tf.io.VarLenFeature(tf.int64),
    }
    spec |= {f"image/object/bbox/{one}": tf.io.VarLenFeature(tf.float32) for one in ("xmin", "xmax", "ymin", "ymax")}
    found = read(tf, name, sample, spec)
    assert found["image/encoded"].numpy() == sample.encoded
    assert (int(found["image/class/label"]), found["image/class/text"].numpy()) == (6 + base, b"seven")
    corners = [
        tf.sparse.to_dense(found[f"image/object/bbox/{one}"]).numpy()[0] for one in ("ymin", "xmin", "ymax", "xmax")
    ]
    assert corners == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_deeplabs_reader_gets_picture_and_mask(tf, sample):
    sample.mask = filmroll.encode(pictures.image(5, channels=1), "png")
    names = ("encoded", "filename", "format", "segmentation/class/encoded", "segmentation/class/format")
    spec = {f"image/{name}": tf.io.FixedLenFeature((), tf.string) for name in names}
    spec |= {f"image/{name}": tf.io.FixedLenFeature((), tf.int64) for name in ("height", "width")}
    found = read(tf, "tfod", sample, spec)
    mask = tf.io.decode_png(found["image/segmentation/class/encoded"]).numpy()
    assert np.array_equal(mask, filmroll.decode(sample.mask))


def test_deeplabs_own_records_are_read_with_their_masks():
    mask = filmroll.encode(pictures.image(5, channels=1), "png")
    features = {
        "image/encoded": pictures.jpeg(1),
        "image/filename": b"2007_000032",
        "image/format": b"jpeg",
        "image/height": 24,
        "image/width": 32,
        "image/channels": 3,
        "image/segmentation/class/encoded": mask,
        "image/segmentation/class/format": b"png",
    }
    parsed = example.parse(b"".join(example.serialize(features)))
    match = dialects.sniff([parsed])
    sample = match.reading.to_sample(parsed)
    assert (match.name, sample.key, sample.mask, sample.features) == ("slim", "2007_000032", mask, {})
