"""A window of a JPEG is that of the whole, and what is below it is not decoded."""

import struct

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st

import filmroll
import pictures
import realdata
from filmroll.codecs import jpeg_restarts, jpeg_scan, jpeg_window
from filmroll.codecs.jpeg_scan import Area
from filmroll.errors import DecodeError, LimitError
from jpegs import MARKER_ROWS, encode, noise

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


@pytest.mark.parametrize("eighths", [8, 2])
def test_blue_first_are_the_same_pixels_of_a_file_that_is_decoded_whole(eighths):
    data = filmroll.encode(pictures.image(1, height=40, width=60), "jpeg", progressive=True)
    bgr = first_rows(data, 9, eighths=eighths, bgr=True)
    assert bgr.flags.c_contiguous
    assert np.array_equal(bgr, first_rows(data, 9, eighths=eighths)[..., ::-1])


@pytest.mark.parametrize("progressive", [False, True])
def test_blocks_become_pixels_as_in_the_whole(progressive):
    data = filmroll.encode(pictures.image(1, height=60, width=60), "jpeg", progressive=progressive)
    for dct in ("accurate", "fast"):
        assert np.array_equal(first_rows(data, 20, dct=dct)[:20], filmroll.decode(data, dct=dct)[:20])
    assert not np.array_equal(filmroll.decode(data, dct="fast"), filmroll.decode(data))


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
    differences = np.abs(blocks - small[: 120 // step, : 90 // step])
    assert differences.max() <= 0.5 if progressive else differences.mean() < 3


@pytest.mark.parametrize("eighths", [4, 2, 1])
@pytest.mark.parametrize("progressive", [False, True])
def test_less_detail_of_what_is_left_at_the_edges_is_not_mixed_with_anything_else(eighths, progressive):
    data = filmroll.encode(np.full((33, 51, 3), 255, np.uint8), "jpeg", progressive=progressive)
    for dct in ("accurate", "fast"):
        small = first_rows(data, 33, eighths=eighths, dct=dct)
        assert small.shape == (-(-33 * eighths // 8), -(-51 * eighths // 8), 3)
        assert small.min() == 255


def test_fast_pixels_are_those_of_all_detail_alone():
    data = filmroll.encode(pictures.image(1, height=60, width=60), "jpeg", progressive=True)
    one, two = (first_rows(data, 60, eighths=4, dct=dct) for dct in ("accurate", "fast"))
    assert np.array_equal(one, two)


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


# Damage


def test_factors_of_0_are_a_decode_error():
    data = bytearray(encode(noise(60, 40), "4:2:0", **MARKER_ROWS))
    frame = data.index(b"\xff\xc0")
    for offset in (11, 14, 17):
        data[frame + offset] = 0
    with pytest.raises(DecodeError):
        jpeg_window.decode(data, Area(20, 0, 30, 40))


@pytest.mark.parametrize(
    ("size", "more_nbytes", "error"),
    [((65500, 65500), 0, LimitError), ((14000, 14000), 0, DecodeError), ((14400, 14400), 2**20, LimitError)],
)
def test_size_that_is_too_large_or_that_the_bytes_cannot_hold_is_refused_before_anything_is_allocated(
    size, more_nbytes, error, monkeypatch
):
    decoded = []
    monkeypatch.setattr(simplejpeg, "decode_jpeg", lambda *given, **options: decoded.append(given))
    data = bytearray(encode(noise(60, 40), "4:2:0", **MARKER_ROWS))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", *size)
    data[-2:] = bytes(more_nbytes) + data[-2:]
    with pytest.raises(error):
        jpeg_window.decode(data, Area(0, 0, 9000, 9))
    assert decoded == []


SMALL = {kind: encode(noise(70, 40), kind, **MARKER_ROWS) for kind in ("4:2:0", "4:4:4", "gray")}
SMALL["columns"] = encode(noise(70, 64), "4:2:0", restart_marker_blocks=1)
SMALL["indexed"] = jpeg_restarts.indexed(SMALL["columns"])


def window_or_error(data: bytes, top: int, bottom: int, left: int = 0, right: int = 40, **options) -> None:
    try:
        image, first_row, first_column = jpeg_window.decode(data, Area(top, left, bottom, right), **options)
    except (DecodeError, LimitError):
        return
    assert image.ndim == 3
    assert first_row <= top
    assert first_column <= left


@pytest.mark.parametrize("outside", [Area(80, 0, 90, 9), Area(0, 60, 9, 70), Area(60, 0, 71, 9)], ids=str)
def test_window_outside_the_picture_is_no_reason_to_cut(outside):
    image, first_row, first_column = jpeg_window.decode(SMALL["indexed"], outside)
    assert (image.shape, first_row, first_column) == ((70, 64, 3), 0, 0)


@pytest.mark.parametrize("kind", SMALL)
@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 2**12), st.integers(0, 255)), min_size=1, max_size=5),
    edges=st.sampled_from([(0, 9), (17, 30), (33, 70), (69, 70), (20, 40, 17, 30), (0, 70, 33, 40)]),
    eighths=st.sampled_from([8, 2]),
)
def test_changed_bytes_give_pixels_or_a_decode_error(kind, changes, edges, eighths):
    damaged = bytearray(SMALL[kind])
    for position, value in changes:
        damaged[position % len(damaged)] = value
    window_or_error(bytes(damaged), *edges, eighths=eighths)


@pytest.mark.parametrize("kind", ["4:2:0", "indexed"])
@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from([0, 1, 2, 127, 0xC0, 0xC2, 0xD0, 0xD9, 0xDA, 0xDD, 0xFF])),
        min_size=1,
        max_size=4,
    ),
    channels=st.sampled_from([1, 3]),
)
def test_changed_headers_give_pixels_or_a_decode_error(kind, changes, channels):
    data = SMALL[kind]
    header = jpeg_scan.read_scan(data).offset
    damaged = bytearray(data)
    for position, value in changes:
        damaged[-1 - position if position > header else position] = value
    window_or_error(bytes(damaged), 33, 50, channels=channels)


@pytest.mark.parametrize("removed", [0, 3])
def test_every_truncation_gives_pixels_or_a_decode_error(removed):
    data = SMALL["4:2:0"]
    for nbytes in range(0, len(data), 7):
        window_or_error(data[:nbytes] + data[nbytes + removed :] if removed else data[:nbytes], 33, 50)
        window_or_error(data[:nbytes] + b"\xff\xd9", 33, 50)


@pytest.mark.parametrize("path", realdata.params("hostile/jpeg/**/*", "hostile/dali/jpeg/*"))
def test_hostile_file_gives_pixels_or_a_decode_error(path):
    for eighths in (8, 2):
        window_or_error(path.read_bytes(), 0, 9, 0, 9, eighths=eighths)
        window_or_error(path.read_bytes(), 9, 20, 5, 9, eighths=eighths)
