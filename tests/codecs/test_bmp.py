"""BMP: equal to TensorFlow's decode_bmp."""

import struct

import numpy as np
import pytest

import realdata
from filmroll import codecs
from filmroll.errors import DecodeError, LimitError


@pytest.mark.parametrize("path", realdata.params("images/**/*.bmp"))
def test_pixels_equal_tensorflow(path, tf):
    data = path.read_bytes()
    for channels in (0, 1, 3, 4):
        try:
            expected = tf.io.decode_bmp(data, channels=channels).numpy()
        except tf.errors.InvalidArgumentError:  # it makes no gray of colour
            assert channels == 1
            assert codecs.decode(data, channels=1).shape[-1] == 1
            continue
        np.testing.assert_array_equal(codecs.decode(data, channels=channels or None), expected)


@pytest.mark.parametrize("path", realdata.params("images/tensorflow/bmp/rgba_small*.bmp"))
def test_channels_from_four_drop_alpha_and_from_three_set_it(path):
    four = codecs.decode(path.read_bytes())
    assert four.shape[-1] == 4
    np.testing.assert_array_equal(codecs.decode(path.read_bytes(), channels=3), four[..., :3])
    rgb = codecs.encode(four[..., :3], "bmp")
    assert (codecs.decode(rgb, channels=4)[..., 3] == 255).all()


def bgra(height: int, width: int, pixels: bytes) -> bytes:
    dib = struct.pack("<IiiHHI", 40, width, height, 1, 32, 0) + bytes(20)
    return struct.pack("<2sIII", b"BM", 54 + len(pixels), 0, 54) + dib + pixels


def test_rows_run_upwards_unless_the_height_is_negative():
    rows = bytes([1, 2, 3, 4, 5, 6, 7, 8])
    assert codecs.decode(bgra(2, 1, rows))[:, 0].tolist() == [[7, 6, 5, 8], [3, 2, 1, 4]]
    assert codecs.decode(bgra(-2, 1, rows))[:, 0].tolist() == [[3, 2, 1, 4], [7, 6, 5, 8]]
    assert codecs.read_header(bgra(-2, 1, rows)).shape == (2, 1, 4)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_file_cut_anywhere_is_refused(channels):
    encoded = codecs.encode(np.full((3, 4, channels), 200, np.uint8), "bmp")  # rows without padding
    for nbytes in range(2, len(encoded)):
        with pytest.raises(DecodeError):
            codecs.decode(encoded[:nbytes])


def test_sizes_are_refused_before_anything_is_allocated():
    with pytest.raises(LimitError):
        codecs.decode(bgra(2**30, 2**30, b""))
    with pytest.raises(DecodeError, match="ends before"):
        codecs.decode(bgra(2**12, 2**12, b""))
    with pytest.raises(DecodeError):
        codecs.decode(bgra(0, 5, b""))
