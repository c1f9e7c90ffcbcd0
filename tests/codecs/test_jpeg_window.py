"""A window of a JPEG is that of the whole, and what is below it is not decoded."""

import numpy as np
import pytest

import filmroll
import pictures
import realdata
from filmroll.codecs import jpeg_window
from filmroll.codecs.jpeg_restarts import Area
from filmroll.errors import DecodeError, LimitError

PHOTOS = realdata.params(
    "photos/*.jpeg", "images/caffe/*.jpg", "images/tensorflow/jpeg/[ms]*.jpg", "images/pillow/*.jpg"
)


def first_rows(data: bytes, rows: int, **options) -> np.ndarray:
    window = Area(0, 0, rows, filmroll.read_header(data).width)
    image, first_row, first_column = jpeg_window.decode(data, window, **options)
    assert (first_row, first_column) == (0, 0)
    return image


@pytest.mark.parametrize("path", PHOTOS)
@pytest.mark.parametrize("channels", [1, 3])
def test_rows_are_those_of_the_whole_picture(path, channels):
    data = path.read_bytes()
    try:
        whole = filmroll.decode(data, channels=channels)
    except DecodeError:
        with pytest.raises(DecodeError):
            first_rows(data, 1, channels=channels)
        return
    for rows in {1, min(17, len(whole)), len(whole) // 2 + 1, len(whole)}:
        part = first_rows(data, rows, channels=channels)
        assert len(part) >= rows
        assert np.array_equal(part, whole[: len(part)])


@pytest.mark.parametrize("path", realdata.params("photos/1*.jpeg", "images/tensorflow/jpeg/[ms]*.jpg"))
@pytest.mark.parametrize("eighths", [8, 4])
def test_blue_first_are_the_same_pixels(path, eighths):
    data = path.read_bytes()
    for rows in (9, filmroll.read_header(data).height):
        rgb = first_rows(data, rows, eighths=eighths)
        bgr = first_rows(data, rows, eighths=eighths, bgr=True)
        assert bgr.flags.c_contiguous
        assert np.array_equal(bgr, rgb[..., ::-1])
        grey = first_rows(data, rows, eighths=eighths, channels=1)
        assert np.array_equal(grey, first_rows(data, rows, eighths=eighths, channels=1, bgr=True))


def test_fewer_rows_are_decoded_where_that_is_possible():
    data = filmroll.encode(pictures.image(1, height=400), "jpeg")
    assert len(first_rows(data, 100)) <= 100 + 32
    progressive = filmroll.encode(pictures.image(1, height=400), "jpeg", progressive=True)
    assert len(first_rows(progressive, 100)) == 400


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("rows", [1, 15, 16, 17, 63, 64, 65, 99, 100])
def test_every_subsampling_and_every_step_of_blocks(subsampling, rows):
    data = filmroll.encode(pictures.image(2, height=100, width=50), "jpeg", subsampling=subsampling)
    assert np.array_equal(first_rows(data, rows)[:rows], filmroll.decode(data)[:rows])


@pytest.mark.parametrize("eighths", [4, 2, 1])
@pytest.mark.parametrize("progressive", [False, True])
def test_less_detail_is_the_average_of_the_blocks(eighths, progressive):
    image = pictures.image(3, height=120, width=90)
    data = filmroll.encode(image, "jpeg", quality=98, subsampling="4:4:4", progressive=progressive)
    small = first_rows(data, 120, eighths=eighths)
    step = 8 // eighths
    assert small.shape == (-(-120 // step), -(-90 // step), 3)
    whole = filmroll.decode(data)[: 120 // step * step, : 90 // step * step].astype(float)
    blocks = whole.reshape(120 // step, step, 90 // step, step, 3).mean(axis=(1, 3))
    assert np.abs(blocks - small[: 120 // step, : 90 // step]).mean() < 3


def test_less_detail_of_fewer_rows_is_that_of_the_whole():
    data = filmroll.encode(pictures.image(4, height=400, width=90), "jpeg")
    part = first_rows(data, 100, eighths=4)
    whole = first_rows(data, 400, eighths=4)
    assert len(part) < 80
    assert np.array_equal(part[:50], whole[:50])


def test_cut_file_is_refused_however_few_rows_are_needed():
    data = filmroll.encode(pictures.image(5, height=400), "jpeg")
    with pytest.raises(DecodeError):
        first_rows(data[:-500], 10)


@pytest.mark.parametrize("path", realdata.params("hostile/jpeg/**/*", "hostile/dali/jpeg/*"))
def test_hostile_file_gives_pixels_or_a_decode_error(path):
    for eighths in (8, 2):
        try:
            image, _, _ = jpeg_window.decode(path.read_bytes(), Area(0, 0, 9, 9), eighths=eighths)
        except (DecodeError, LimitError):
            continue
        assert image.ndim == 3


WINDOWS = [  # top, left, height, width of a picture of 256 x 128
    (0, 0, 5, 5),
    (0, 0, 5, 128),
    (0, 0, 256, 5),
    (250, 123, 6, 5),
    (6, 5, 15, 10),
    (0, 0, 256, 128),
]


@pytest.mark.parametrize(("top", "left", "height", "width"), WINDOWS)
def test_window_is_what_tensorflow_decodes_and_crops(data, tf, top, left, height, width):
    encoded = (data / "images/tensorflow/jpeg/jpeg_merge_test1.jpg").read_bytes()
    area = Area(top, left, top + height, left + width)
    image, first_row, first_column = jpeg_window.decode(encoded, area)
    window = image[top - first_row :, left - first_column :][:height, :width]
    theirs = tf.io.decode_and_crop_jpeg(encoded, [top, left, height, width], dct_method="INTEGER_ACCURATE")
    assert np.array_equal(window, theirs.numpy())
