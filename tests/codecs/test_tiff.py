"""TIFF: the first page."""

import io

import numpy as np
import pytest
from PIL import Image

from filmroll import codecs
from filmroll.errors import DecodeError, EncodeError, LimitError


def image(channels: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (9, 11, channels), dtype=dtype)


@pytest.mark.parametrize("compression", ["none", "deflate", "lzw"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_round_trips_are_exact(compression, channels):
    encoded = codecs.encode(image(channels), "tiff", compression=compression)
    np.testing.assert_array_equal(codecs.decode(encoded), image(channels))
    with Image.open(io.BytesIO(encoded)) as picture:
        np.testing.assert_array_equal(np.array(picture).reshape(9, 11, channels), image(channels))


def test_gray_of_sixteen_bits_is_exact():
    encoded = codecs.encode(image(1, np.uint16), "tif")
    np.testing.assert_array_equal(codecs.decode(encoded, dtype="uint16"), image(1, np.uint16))
    np.testing.assert_array_equal(codecs.decode(encoded), image(1, np.uint16) >> 8)


def test_colour_of_sixteen_bits_and_unknown_compressions_are_refused():
    with pytest.raises(EncodeError, match="use PNG"):
        codecs.encode(image(3, np.uint16), "tiff")
    with pytest.raises(EncodeError, match="deflate"):
        codecs.encode(image(3), "tiff", compression="zip")


def test_only_the_first_page_is_decoded():
    out = io.BytesIO()
    pages = [Image.fromarray(image(3) // each) for each in (1, 2)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(codecs.decode(out.getvalue()), image(3))
    assert codecs.read_header(out.getvalue()).frames == 1


def test_orientation_is_read_and_applied_once():
    out = io.BytesIO()
    Image.fromarray(image(3)).save(out, "TIFF", tiffinfo={0x0112: 6})
    header = codecs.read_header(out.getvalue())
    assert header.orientation == 6
    kept = codecs.decode(out.getvalue())
    assert kept.shape == header.shape
    np.testing.assert_array_equal(kept, image(3))
    np.testing.assert_array_equal(codecs.decode(out.getvalue(), orientation="apply"), np.rot90(image(3), -1))


def test_float_pictures_are_refused():
    out = io.BytesIO()
    Image.fromarray(np.zeros((3, 3), np.float32)).save(out, "TIFF")
    with pytest.raises(DecodeError, match="'F'"):
        codecs.decode(out.getvalue())


def test_the_limit_holds_before_decoding():
    with pytest.raises(LimitError):
        codecs.decode(codecs.encode(image(3), "tiff"), max_pixels=98)


@pytest.mark.parametrize("compression", ["none", "deflate"])
def test_a_file_cut_anywhere_is_refused(compression):
    encoded = codecs.encode(image(3), "tiff", compression=compression)
    for nbytes in range(4, len(encoded), 3):
        try:
            decoded = codecs.decode(encoded[:nbytes])
        except DecodeError:
            continue
        # The directory may stand before the pixels' last bytes; what is missing then is none of them.
        np.testing.assert_array_equal(decoded, image(3))
