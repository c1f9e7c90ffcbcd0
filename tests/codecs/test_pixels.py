"""Channels, dtypes, transparency, orientation: arithmetic on arrays."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from filmroll.codecs import pixels
from filmroll.errors import DecodeError, UnsupportedError


def image(channels: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (3, 5, channels), dtype=dtype, endpoint=True)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("have", [1, 2, 3, 4])
@pytest.mark.parametrize("want", [1, 2, 3, 4])
def test_channels_convert_from_any_to_any(dtype, have, want):
    source = image(have, dtype)
    out = pixels.to_channels(source, want)
    assert out.shape == (3, 5, want)
    assert out.dtype == dtype
    assert out.flags.c_contiguous
    if want % 2 == 0:
        expected = source[..., -1] if have % 2 == 0 else np.full((3, 5), np.iinfo(dtype).max)
        np.testing.assert_array_equal(out[..., -1], expected)
    if want >= 3 and have <= 2:
        for channel in range(3):
            np.testing.assert_array_equal(out[..., channel], source[..., 0])


def test_no_channels_asked_for_copies_nothing():
    source = image(3)
    assert pixels.to_channels(source, None) is source
    assert pixels.to_channels(source, 3) is source


def test_luma_weighs_as_libpng_does():
    primary = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [9, 9, 9]]], np.uint8)
    assert pixels.to_gray(primary)[0, :, 0].tolist() == [76, 149, 29, 255, 9]
    wide = primary.astype(np.uint16) * 257
    assert pixels.to_gray(wide)[0, :, 0].tolist() == [19594, 38467, 7474, 65535, 9 * 257]


def test_luma_in_linear_light_is_brighter_for_saturated_colours():
    red = np.array([[[255, 0, 0], [8, 8, 8]]], np.uint8)
    assert pixels.to_gray(red, gamma=0.45455)[0, :, 0].tolist() == [147, 8]
    np.testing.assert_array_equal(pixels.to_gray(red, gamma=1.04), pixels.to_gray(red))


@pytest.mark.parametrize("array", [np.zeros(3, np.uint8), np.zeros((2, 2, 5), np.uint8), np.zeros((2, 2, 3))])
def test_arrays_without_picture_channels_are_refused(array):
    with pytest.raises(DecodeError):
        pixels.to_channels(array, 4)


def test_dtypes_convert_so_that_black_and_white_stay():
    ends = np.array([0, 1, 255], np.uint8)
    assert pixels.to_dtype(ends, "uint16").tolist() == [0, 257, 65535]
    assert pixels.to_dtype(pixels.to_dtype(ends, "uint16"), "uint8").tolist() == [0, 1, 255]
    assert pixels.to_dtype(ends, "float32").tolist() == [0, np.float32(1) / np.float32(255), 1]
    assert pixels.to_dtype(np.array([65535], np.uint16), "float32").tolist() == [1]
    assert pixels.to_dtype(np.array([0x12FF], np.uint16), "uint8").tolist() == [0x12]


@pytest.mark.parametrize("dtype", ["int8", "float64", "no such"])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(UnsupportedError, match="uint8, uint16 and float32"):
        pixels.to_dtype(image(3), dtype)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_equals_pillow(orientation):
    picture = Image.fromarray(image(3))
    picture.getexif()[0x0112] = orientation
    turned = pixels.orient(image(3), orientation)
    np.testing.assert_array_equal(turned, np.array(ImageOps.exif_transpose(picture)))
    assert turned.flags.c_contiguous


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_turns_every_frame(orientation):
    frames = np.stack([image(3), image(3) // 2])
    turned = pixels.orient(frames, orientation)
    for number in range(2):
        np.testing.assert_array_equal(turned[number], pixels.orient(frames[number], orientation))


def test_cmyk_becomes_rgb_as_in_tensorflow():
    cmyk = np.array([[[10, 20, 30, 200]]], np.uint8)
    assert pixels.cmyk_to_rgb(cmyk, inverted=True)[0, 0].tolist() == [200 * each // 255 for each in (10, 20, 30)]
    assert pixels.cmyk_to_rgb(cmyk, inverted=False)[0, 0].tolist() == [
        55 * (255 - each) // 255 for each in (10, 20, 30)
    ]


def test_over_white_mixes_by_alpha():
    rgba = np.array([[[10, 20, 30, 0], [10, 20, 30, 255], [0, 0, 0, 128]]], np.uint8)
    assert pixels.over_white(rgba)[0].tolist() == [[255] * 3, [10, 20, 30], [127] * 3]
