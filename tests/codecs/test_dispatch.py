"""The verbs that tell the format from the bytes."""

from pathlib import Path

import numpy as np
import pytest

import realdata
from filmroll import codecs
from filmroll.errors import DecodeError, EncodeError, LimitError, UnsupportedError

WRITABLE = [name for name in codecs.FORMATS if name != "svg"]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"><rect width="3" height="2" fill="red"/></svg>'


def picture(height: int = 5, width: int = 7, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width, channels), dtype=np.uint8)


def encoded(name: str) -> bytes:
    return SVG if name == "svg" else codecs.encode(picture(), name)


@pytest.mark.parametrize("name", codecs.FORMATS)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_format_has_the_same_verbs_over_every_kind_of_bytes(name, kind):
    data = kind(encoded(name))
    assert codecs.identify(data) == name
    header, image = codecs.read_header(data), codecs.decode(data)
    assert (header.format, header.height, header.width) == (name, 5, 7)
    assert image.shape == header.shape
    assert image.dtype.name == header.dtype == "uint8"
    assert image.flags.c_contiguous
    assert image.flags.writeable
    np.testing.assert_array_equal(image, codecs.FORMATS[name].codec.decode(data))
    assert codecs.FORMATS[name].codec.read_header(data) == header


@pytest.mark.parametrize("name", codecs.FORMATS)
def test_decoding_leaves_a_bytearray_free_to_change_and_the_array_alone(name):
    data = bytearray(encoded(name))
    image = codecs.decode(data)
    before = image.copy()
    data[:] = bytes(len(data))
    data.extend(b"x")  # a view left open would make this a BufferError
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("name", codecs.FORMATS)
def test_a_memoryview_with_gaps_decodes_like_the_bytes_it_shows(name):
    data = encoded(name)
    spread = np.zeros(2 * len(data), np.uint8)
    spread[::2] = np.frombuffer(data, np.uint8)
    np.testing.assert_array_equal(codecs.decode(memoryview(spread)[::2]), codecs.decode(data))


@pytest.mark.parametrize("name", codecs.FORMATS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels_asked_for_are_channels_given(name, channels):
    assert codecs.decode(encoded(name), channels=channels, frames="first").shape == (5, 7, channels)


@pytest.mark.parametrize("name", WRITABLE)
def test_missing_alpha_is_opaque(name):
    image = codecs.decode(encoded(name), channels=4, frames="first")
    assert (image[..., 3] == 255).all()
    np.testing.assert_array_equal(image[..., :3], codecs.decode(encoded(name), channels=3, frames="first"))


@pytest.mark.parametrize("name", codecs.FORMATS)
def test_dtypes_are_scaled_from_the_same_pixels(name):
    eight = codecs.decode(encoded(name))
    np.testing.assert_array_equal(codecs.decode(encoded(name), dtype="uint16"), eight.astype(np.uint16) * 257)
    ones = codecs.decode(encoded(name), dtype="float32")
    assert ones.dtype == np.float32
    np.testing.assert_array_equal(ones, eight / np.float32(255))


@pytest.mark.parametrize("name", codecs.FORMATS)
def test_more_pixels_than_the_limit_are_refused(name):
    data = encoded(name)
    assert codecs.decode(data, max_pixels=35).size
    with pytest.raises(LimitError, match="limit of 34"):
        codecs.decode(data, max_pixels=34)


@pytest.mark.parametrize("name", [name for name in WRITABLE if name not in ("jpeg", "webp", "avif")])
def test_lossless_formats_give_back_what_was_encoded(name):
    few = picture() // 64 * 64
    np.testing.assert_array_equal(codecs.decode(codecs.encode(few, name), frames="first"), few)


@pytest.mark.parametrize("name", WRITABLE)
def test_two_dimensions_are_gray(name):
    gray = np.full((4, 6), 77, np.uint8)
    image = codecs.decode(codecs.encode(gray, name), frames="first")
    if name == "npy":
        assert image.shape == (4, 6)
    else:
        assert image.shape[:2] == (4, 6)
        assert abs(image[..., :3].astype(int) - 77).max() <= 3


@pytest.mark.parametrize("name", [name for name in WRITABLE if name != "npy"])
@pytest.mark.parametrize(
    ("image", "advice"),
    [
        (np.zeros((4, 4, 3), np.float32), r"float32; convert with \(image \* 255\)"),
        (np.zeros((4, 4, 3), np.int64), "int64; convert with image.astype"),
        (np.zeros((4, 4, 3), bool), "holds uint8"),
        (np.zeros((4, 4, 5), np.uint8), "channels"),
        (np.zeros((4,), np.uint8), r"shape \(4,\)"),
        (np.zeros((0, 4, 3), np.uint8), "at least one pixel"),
        (np.zeros((2, 2, 2, 2, 3), np.uint8), "shape"),
    ],
)
def test_an_array_that_a_format_cannot_hold_is_refused_with_advice(name, image, advice):
    with pytest.raises(EncodeError, match=advice):
        codecs.encode(image, name)


def test_channels_first_are_noticed():
    with pytest.raises(EncodeError, match=r"transpose\(1, 2, 0\)"):
        codecs.encode(np.zeros((3, 40, 50), np.uint8), "png")


@pytest.mark.parametrize("name", codecs.FORMATS)
def test_an_option_that_does_not_exist_is_a_type_error_of_the_encoder(name):
    with pytest.raises((TypeError, UnsupportedError)):
        codecs.encode(picture(), name, no_such_option=1)


@pytest.mark.parametrize("alias", ["jpg", "JPEG", ".jpg", ".JPE", "jpeg"])
def test_formats_have_aliases_in_any_case(alias):
    assert codecs.identify(codecs.encode(picture(), alias)) == "jpeg"


@pytest.mark.parametrize(("alias", "name"), [("tif", "tiff"), ("ppm", "pnm"), ("pgm", "pnm"), (".npy", "npy")])
def test_suffixes_name_formats(alias, name):
    assert codecs.identify(codecs.encode(picture(channels=1), alias)) == name


def test_an_unknown_format_names_those_that_exist():
    with pytest.raises(UnsupportedError, match=r"'jp3'; there are avif, bmp, gif, jpeg"):
        codecs.encode(picture(), "jp3")


@pytest.mark.parametrize("verb", [codecs.decode, codecs.read_header])
def test_unknown_bytes_say_what_they_begin_with_and_what_is_known(verb):
    assert codecs.identify(b"ThisIsNotAnImage!") is None
    with pytest.raises(DecodeError, match=r"b'ThisIsNotAnImage'; known: JPEG, PNG, GIF"):
        verb(b"ThisIsNotAnImage!")


@pytest.mark.parametrize("verb", [codecs.decode, codecs.read_header])
def test_empty_input_is_called_empty(verb):
    with pytest.raises(DecodeError, match="empty"):
        verb(b"")


def test_what_is_not_bytes_is_a_type_error():
    with pytest.raises(TypeError, match="not str"):
        codecs.decode("picture.png")


@pytest.mark.parametrize(
    "options",
    [
        {"frames": "last"},
        {"orientation": "guess"},
        {"size": (3, 3)},
        {"scale": 2.0},
        {"channels": 5},
        {"dtype": "int8"},
    ],
)
def test_options_out_of_range_are_unsupported(options):
    with pytest.raises(UnsupportedError):
        codecs.decode(encoded("png"), **options)


@pytest.mark.parametrize("name", codecs.FORMATS)
@pytest.mark.parametrize("other", codecs.FORMATS)
def test_a_decoder_given_another_format_fails_as_decode_error(name, other):
    if name == other:
        return
    with pytest.raises(DecodeError):
        codecs.FORMATS[name].codec.decode(encoded(other))


@pytest.mark.parametrize("path", realdata.params("images/tensorflow/**/*.*", "images/pngsuite/*.png"))
def test_the_format_is_told_from_the_bytes(path):
    expected = {".jpg": "jpeg"}.get(path.suffix, path.suffix[1:])
    broken_signature = path.name in ("xs1n0g01.png", "xs2n0g01.png", "xs4n0g01.png", "xs7n0g01.png")
    mangled_line_ends = path.name in ("xcrn0g04.png", "xlfn0g04.png")
    assert codecs.identify(path.read_bytes()) == (None if broken_signature or mangled_line_ends else expected)


@pytest.mark.parametrize("path", realdata.params("images/**/*.*", "photos/*", "blog/freedom*", "npy/*.npy"))
def test_the_header_announces_what_decoding_gives(path):
    data = path.read_bytes()
    if path.suffix == ".svg" or codecs.identify(data) is None:
        return
    try:
        image = codecs.decode(data)
    except DecodeError:
        return
    header = codecs.read_header(data)
    assert header.shape == image.shape
    if header.format != "npy":
        assert (header.height, header.width, header.channels) == image.shape[-3:]
        assert codecs.decode(data, dtype="uint16").dtype == np.uint16
    else:
        assert header.dtype == image.dtype.name


@pytest.mark.parametrize("path", ["cat.jpg", Path("cat.jpg")])
def test_path_instead_of_bytes_is_an_error_that_says_what_reads_files(path):
    with pytest.raises(TypeError, match=f"not {type(path).__name__}; filmroll.imread reads a file$"):
        codecs.decode(path)
    with pytest.raises(TypeError, match="not ndarray$"):
        codecs.decode(np.zeros(3, np.uint8))
