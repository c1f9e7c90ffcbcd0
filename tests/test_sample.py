"""A sample: one picture, encoded or as an array, and what is known of it; it decodes once and crosses processes."""

import pickle

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import codecs
from filmroll.boxes import Boxes
from filmroll.errors import DecodeError, LimitError, UnsupportedError
from filmroll.sample import Sample, class_name

IMAGE = pictures.image(1)
PNG = filmroll.encode(IMAGE, "png")


@pytest.mark.parametrize(
    ("parts", "has_image"),
    [
        ({}, False),
        ({"encoded": b""}, False),
        ({"encoded": b"x"}, True),
        ({"encoded": memoryview(b"")}, False),
        ({"array": np.zeros((0, 0, 3))}, True),
        ({"array": np.zeros((1, 1))}, True),
        ({"mask": PNG, "label": 1, "text": "a"}, False),
    ],
)
def test_picture_is_bytes_or_an_array(parts, has_image):
    assert Sample(**parts).has_image is has_image


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_picture_is_decoded_at_the_first_use_and_kept(kind, monkeypatch):
    sample = Sample(key="a", encoded=kind(PNG))
    assert np.array_equal(sample.image, IMAGE)
    monkeypatch.setattr(codecs, "decode", lambda *_, **__: pytest.fail("it was decoded before"))
    assert sample.image is sample.image


def test_header_tells_format_and_shape_without_the_pixels():
    header = Sample(encoded=PNG[:60]).header
    assert (header.format, header.shape) == ("png", (24, 32, 3))
    with pytest.raises(DecodeError):
        _ = Sample(encoded=PNG[:60]).image


def test_decoding_anew_takes_the_options_of_decode():
    sample = Sample(encoded=PNG)
    assert sample.decode(channels=1).shape == (24, 32, 1)
    assert sample.image.shape == (24, 32, 3)
    with pytest.raises(LimitError):
        sample.decode(max_pixels=24 * 32 - 1)
    with pytest.raises((UnsupportedError, TypeError)):
        sample.decode(nonsense=True)


def test_array_is_the_picture_as_it_is():
    values = np.arange(6, dtype=np.int16).reshape(2, 3)
    sample = Sample(array=values, encoded=PNG)
    assert sample.decode() is values
    assert sample.image is values
    assert Sample(array=[[1, 2], [3, 4]]).image.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("encoded", [None, b""])
def test_sample_without_a_picture_says_so_with_its_key(encoded):
    sample = Sample(key="rose/1.jpg", encoded=encoded)
    with pytest.raises(DecodeError, match="^sample 'rose/1.jpg' holds no picture$"):
        sample.decode()
    with pytest.raises(DecodeError, match="holds no encoded picture" if encoded is None else "no bytes to decode"):
        _ = sample.header


def test_samples_do_not_share_what_is_put_into_one():
    one, other = Sample(), Sample()
    one.features["a"] = 1
    assert other.features == {}


def test_views_of_a_file_become_bytes_where_a_sample_crosses_to_another_process():
    view = memoryview(bytearray(PNG))
    sample = Sample(
        key="a",
        encoded=view,
        label=3,
        boxes=Boxes([[0, 0, 1, 1]], labels=[2], texts=["cat"], masks=[view]),
        mask=view,
        features={"one": view, "many": [view, b"b"], "nested": {"deep": [view]}, "n": np.array([1, 2])},
    )
    _ = sample.header
    again = pickle.loads(pickle.dumps(sample))
    assert (again.key, again.label, again.encoded, again.mask) == ("a", 3, PNG, PNG)
    assert type(again.encoded) is type(again.mask) is type(again.boxes.masks[0]) is bytes
    assert again.boxes.masks == [PNG]
    assert (again.boxes.corners.tolist(), again.boxes.labels.tolist(), again.boxes.texts) == (
        [[0, 0, 1, 1]],
        [2],
        ["cat"],
    )
    assert again.features.pop("n").tolist() == [1, 2]
    assert again.features == {"one": PNG, "many": [PNG, b"b"], "nested": {"deep": [PNG]}}
    assert sample.encoded is view
    assert again.header == sample.header


@pytest.mark.parametrize(
    ("label", "name"), [(None, None), (-1, None), (0, "cat"), (1, "dog"), (2, None), (10**30, None)]
)
def test_class_has_the_name_at_its_number_or_none(label, name):
    assert class_name(label, ["cat", "dog"]) == name
    assert class_name(label, []) is None
