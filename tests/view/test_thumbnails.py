"""Small pictures."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import Error, SourceError
from filmroll.sample import Sample
from filmroll.view import thumbnails
from filmroll.view.entries import open_entries
from filmroll.view.pictures import served
from filmroll.view.thumbnails import Thumbnails, as_rgb, thumbnail, thumbnail_of
from view import rolls


@pytest.mark.parametrize("format", ["jpeg", "png", "gif", "webp", "bmp", "tiff", "npy"])
def test_picture_of_any_format_is_no_larger_than_asked_for_and_looks_the_same(format):
    image = pictures.image(4, height=450, width=700)
    small = thumbnail_of(Sample("a", encoded=filmroll.encode(image, format)), (128, 128))
    assert small.shape[0] in (82, 83)
    assert small.shape[1:] == (128, 3)
    assert abs(small.mean(axis=(0, 1)) - image.mean(axis=(0, 1))).max() < 3


@pytest.mark.parametrize("shape", [(4000, 300), (300, 4000), (257, 257), (2048, 2048)])
def test_jpeg_is_decoded_with_enough_detail(shape):
    image = np.zeros((*shape, 3), np.uint8)
    image[: shape[0] // 2] = 255
    small = thumbnail_of(Sample("a", encoded=filmroll.encode(image, "jpeg")), (256, 256))
    assert max(small.shape) == 256
    assert small[0].mean() > 250
    assert small[-1].mean() < 5


def test_tiny_pictures_are_kept_pixel_for_pixel():
    image = pictures.image(1, height=28, width=28)
    made = thumbnail(Sample("a", array=image))
    assert made.type == "image/png"
    np.testing.assert_array_equal(filmroll.decode(made.data), image)


def test_what_cannot_be_decoded_is_a_clear_pixel_that_says_why():
    made = thumbnail(Sample("a", encoded=pictures.jpeg(0)[:200]))
    assert made.fault
    assert filmroll.decode(made.data, channels=4).tolist() == [[[0, 0, 0, 0]]]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[0.0, 1.0]]), [[0, 255]]),
        (np.array([[np.nan, np.inf, 2.0, 3.0]]), [[0, 0, 0, 255]]),
        (np.array([[True, False]]), [[255, 0]]),
        (np.array([[-100, 100]], np.int64), [[0, 255]]),
        (np.array([[7.0, 7.0]]), [[0, 0]]),
    ],
)
def test_array_of_other_numbers_is_stretched_over_its_own_range(array, expected):
    assert as_rgb(array)[:, :, 0].tolist() == expected


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((0, 4)), np.zeros((2, 2, 2, 2, 2)), np.zeros((2, 2), "U1")])
def test_array_that_is_no_picture_is_refused(array):
    with pytest.raises(SourceError, match="no picture"):
        as_rgb(array)


def test_thumbnails_are_made_once_while_there_is_room(tmp_path, monkeypatch):
    entries = open_entries(rolls.flowers(tmp_path, count=12))
    made = []
    monkeypatch.setattr(thumbnails, "thumbnail", lambda sample: made.append(sample.key) or thumbnail(sample))
    kept = Thumbnails(entries)
    assert kept[3] == kept[3]
    assert len(made) == 1
    monkeypatch.setattr(thumbnails, "KEPT_NBYTES", 1)
    assert kept[4] == kept[4]
    assert len(made) == 3


def test_number_that_there_is_not_is_an_index_error(tmp_path):
    with pytest.raises(IndexError):
        Thumbnails(open_entries(rolls.flowers(tmp_path, count=8)))[8]


def test_hostile_pictures_are_faults_and_never_crashes(data):
    tried = 0
    for path in sorted((data / "hostile").rglob("*"))[::40]:
        if path.is_file():
            made = thumbnail(Sample(path.name, encoded=path.read_bytes()))
            assert made.data
            tried += 1
    assert tried > 10


def test_sample_without_a_picture_has_no_thumbnail():
    with pytest.raises(Error):
        thumbnail_of(Sample("a"), (8, 8))


@pytest.mark.parametrize("array", [np.array([[0.0, 1.0]]), np.array([[[5], [9]]], np.int64)])
def test_npy_of_other_numbers_is_stretched_as_the_array_is(array):
    encoded = Sample("a", encoded=filmroll.encode(array, "npy"))
    assert thumbnail_of(encoded, (9, 9)).tolist() == [[[0] * 3, [255] * 3]]
    assert thumbnail(encoded) == thumbnail(Sample("a", array=array))
    data, type = served(encoded)
    assert (type, filmroll.decode(data).tolist()) == ("image/png", [[[0] * 3, [255] * 3]])
