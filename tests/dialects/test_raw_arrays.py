"""Raw arrays as MNIST's and StyleGAN's scripts write them: told by their names and sizes, loaded many at a time."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import dialects
from filmroll.dialects import mnist, stylegan
from filmroll.errors import EncodeError, ParseError
from filmroll.loading import arrays
from filmroll.messages import example
from filmroll.sample import Sample


def parsed(features) -> dict:
    return example.parse(b"".join(example.serialize(features)))


def mnist_like(**changed) -> dict:
    return {"height": 4, "width": 5, "depth": 3, "label": 7, "image_raw": bytes(60)} | changed


def write(path, records):
    with filmroll.Writer(path) as writer:
        for features in records:
            writer.write(example.serialize(features))
    return path


def test_mnist_has_the_five_features_of_the_script_and_no_other():
    sample = Sample(array=pictures.image(1, channels=1), label=7)
    features = parsed(mnist.to_features(sample))
    assert features.keys() == {"height", "width", "depth", "label", "image_raw"}
    assert [features[name].tolist() for name in ("height", "width", "depth", "label")] == [[24], [32], [1], [7]]
    assert features["image_raw"] == [sample.array.tobytes()]


def test_stylegan_has_the_two_features_of_the_script_and_no_other():
    sample = Sample(array=pictures.image(1))
    features = parsed(stylegan.to_features(sample))
    assert features.keys() == {"shape", "data"}
    assert features["shape"].tolist() == [3, 24, 32]
    assert features["data"] == [sample.array.transpose(2, 0, 1).tobytes()]


@pytest.mark.parametrize("dialect", [mnist, stylegan])
def test_picture_without_two_or_three_axes_is_refused(dialect):
    with pytest.raises(EncodeError, match="the picture is uint8 of shape"):
        dialect.to_features(Sample("a", array=np.zeros((2, 3, 4, 3), np.uint8)))


@pytest.mark.parametrize("dialect", [mnist, stylegan])
def test_array_of_no_pixels_comes_back(dialect):
    sample = Sample("a", array=np.zeros((0, 5, 3), np.uint8))
    assert dialect.to_sample(parsed(dialect.to_features(sample))).image.shape == (0, 5, 3)


@pytest.mark.parametrize(
    ("dialect", "features", "sentence"),
    [
        (mnist, mnist_like(depth=1), "60 bytes where shape \\(4, 5, 1\\) of uint8 takes 20"),
        (mnist, mnist_like(height=-4), "do not fit|takes"),
        (mnist, mnist_like(width=b"5"), "'width' holds bytes, expected int64"),
        (mnist, {"image_raw": bytes(60), "height": 4, "width": 5}, "no feature 'depth'; there are: height"),
        (stylegan, {"shape": [3, 4, 5], "data": bytes(59)}, "59 bytes where shape \\(3, 4, 5\\) of uint8 takes 60"),
        (stylegan, {"shape": [4, 15], "data": bytes(60)}, "'shape' has 2 values, expected channels, height and width"),
        (stylegan, {"data": bytes(60)}, "no feature 'shape'"),
    ],
)
def test_bytes_that_do_not_fit_are_an_error_never_a_silent_reshape(dialect, features, sentence):
    with pytest.raises(ParseError, match=sentence):
        dialect.to_sample(parsed(features))


@pytest.mark.parametrize(
    ("features", "dialect"),
    [
        (mnist_like(), "mnist"),
        (mnist_like(image_raw=bytes(240)), "generic"),  # float32
        (mnist_like(image_raw=bytes(59)), "generic"),
        (mnist_like(height=[4, 4]), "generic"),
        ({"shape": [3, 4, 5], "data": bytes(60)}, "stylegan"),
        ({"shape": [3, 4, 4], "data": bytes(48)}, "stylegan"),  # the smallest level of detail
        ({"shape": [1, 28, 28], "data": bytes(784)}, "stylegan"),
        ({"shape": [4, 5, 3], "data": bytes(60)}, "generic"),  # channels last
        ({"shape": [3, 5, 4], "data": bytes(60)}, "generic"),  # either may be channels
        ({"shape": [3, 4, 5], "data": bytes(240)}, "generic"),
        ({"shape": [3, 20], "data": bytes(60)}, "generic"),
    ],
)
def test_records_are_told_by_names_and_sizes_together(features, dialect):
    assert dialects.sniff([parsed(features)] * 3).name == dialect


@pytest.mark.parametrize("name", ["mnist", "stylegan", "array"])
def test_records_are_loaded_many_at_a_time_and_are_what_one_at_a_time_gives(tmp_path, name):
    images = [pictures.image(number, height=6, width=8) for number in range(40)]
    made = (dialects.get(name).to_features(Sample(array=image, label=n)) for n, image in enumerate(images))
    with filmroll.open(write(tmp_path / "r.tfrecord", made)) as roll:
        assert roll.dialect == name
        loader = roll.batches(16, shuffle=True, seed=3)
        assert isinstance(loader, arrays.ArrayLoader)
        loader._otherwise = None  # it is not needed
        for batch in loader:
            for number, label, image in zip(batch["record"].tolist(), batch["label"], batch["image"], strict=True):
                assert label == number
                assert np.array_equal(image, images[number])


def test_records_of_floats_that_are_said_to_be_mnists_are_refused_in_batches_too(tmp_path):
    path = write(tmp_path / "r.tfrecord", [mnist_like(image_raw=bytes(240))] * 3)
    with filmroll.open(path, dialect="mnist") as roll, pytest.raises(ParseError, match="240 bytes where .* takes 60"):
        list(roll.batches(2))
