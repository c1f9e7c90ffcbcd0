"""PNM: the Netpbm formats."""

import numpy as np
import pytest
from PIL import Image

from filmroll import codecs
from filmroll.errors import DecodeError, LimitError


def test_a_real_file_equals_what_pillow_reads(data):
    path = data / "images/pillow/hopper.ppm"
    with Image.open(path) as picture:
        np.testing.assert_array_equal(codecs.decode(path.read_bytes()), np.array(picture))


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (b"P1\n2 2\n0 1\n1 0\n", [[255, 0], [0, 255]]),
        (b"P2 # comment\n2 1 15\n0 15\n", [[0, 255]]),
        (b"P4\n3 1\n\xa0", [[0, 255, 0]]),
        (b"P5 2 1 255\n\x07\x09", [[7, 9]]),
        (b"P5 2 1 65535\n\x12\x34\xff\xff", [[0x12, 0xFF]]),
    ],
)
def test_every_gray_kind_is_read(encoded, expected):
    assert codecs.decode(encoded)[..., 0].tolist() == expected


@pytest.mark.parametrize("encoded", [b"P3 1 1 255\n1 2 3\n", b"P6 1 1 255\n\1\2\3"])
def test_both_colour_kinds_are_read(encoded):
    assert codecs.decode(encoded).tolist() == [[[1, 2, 3]]]


def test_gray_of_sixteen_bits_is_exact():
    image = np.array([[0, 255, 1024, 65535]], np.uint16)[..., None]
    encoded = codecs.encode(image, "pgm")
    assert codecs.read_header(encoded).dtype == "uint16"
    np.testing.assert_array_equal(codecs.decode(encoded, dtype="uint16"), image)
    np.testing.assert_array_equal(codecs.decode(encoded), image >> 8)


@pytest.mark.parametrize(
    "header", [b"P6 0 5 255\n", b"P6 5 5 0\n", b"P6 5 5 70000\n", b"P6 x 5 255\n", b"P6\n5", b"P5 \n"]
)
def test_broken_headers_are_refused(header):
    with pytest.raises(DecodeError):
        codecs.decode(header + bytes(75))


def test_a_file_cut_anywhere_is_refused():
    encoded = codecs.encode(np.full((3, 3, 3), 200, np.uint8), "ppm")
    for nbytes in range(3, len(encoded)):
        with pytest.raises(DecodeError):
            codecs.decode(encoded[:nbytes])


def test_sizes_are_refused_before_anything_is_allocated():
    with pytest.raises(DecodeError, match="cannot hold"):
        codecs.decode(b"P6 14000 14000 255\n123")
    with pytest.raises(LimitError):
        codecs.decode(b"P6 99999 99999 255\n123")
