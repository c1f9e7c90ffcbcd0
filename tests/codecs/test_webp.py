"""WebP: pixels as Pillow has them; the container is read here."""

import io

import numpy as np
import pytest
from PIL import Image

from filmroll import codecs
from filmroll.errors import DecodeError, EncodeError, LimitError, TruncatedError


def image(channels: int = 3, height: int = 20, width: int = 30) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)


def test_a_real_file_equals_what_pillow_reads(data):
    path = data / "images/pillow/hopper.webp"
    with Image.open(path) as picture:
        np.testing.assert_array_equal(codecs.decode(path.read_bytes()), np.array(picture))


@pytest.mark.parametrize("channels", [3, 4])
def test_lossless_keeps_every_pixel_also_beneath_transparency(channels):
    pixels = image(channels)
    if channels == 4:
        pixels[:10, :, 3] = 0
    encoded = codecs.encode(pixels, "webp", lossless=True)
    np.testing.assert_array_equal(codecs.decode(encoded), pixels)
    assert codecs.read_header(encoded).shape == pixels.shape


def test_without_exact_the_encoder_may_change_what_is_not_seen():
    pixels = image(4)
    pixels[..., 3] = 0
    exact, inexact = (codecs.encode(pixels, "webp", lossless=True, exact=each) for each in (True, False))
    assert len(inexact) < len(exact)
    assert not codecs.decode(inexact)[..., 3].any()


def test_quality_and_method_change_the_size():
    sizes = [len(codecs.encode(image(), "webp", quality=each)) for each in (10, 80, 100)]
    assert sizes == sorted(set(sizes))
    assert codecs.encode(image(), "webp", method=0) != codecs.encode(image(), "webp", method=6)


@pytest.mark.parametrize("channels", [3, 4])
def test_animations_have_a_frame_axis(channels):
    frames = np.stack([image(channels), image(channels)[::-1], image(channels) // 2])
    if channels == 4:
        frames[..., 3] = 255
        frames[1, :5, :, 3] = 0
        frames[1, :5, :, :3] = 0
    encoded = codecs.encode(frames, "webp", lossless=True)
    header = codecs.read_header(encoded)
    assert (header.frames, header.shape) == (3, frames.shape)
    np.testing.assert_array_equal(codecs.decode(encoded), frames)
    first = codecs.decode(encoded, frames="first")
    np.testing.assert_array_equal(first, frames[0])
    assert codecs.decode(encoded, channels=1).shape == (3, 20, 30, 1)
    with pytest.raises(LimitError, match="3 frames"):
        codecs.decode(encoded, max_pixels=1799)


def test_orientation_is_read_behind_the_word_exif_too():
    out = io.BytesIO()
    Image.fromarray(image()).save(out, "WEBP", lossless=True, exif=b"II*\0\x08\0\0\0\x01\0\x12\x01\3\0\1\0\0\0\6\0\0\0")
    plain = out.getvalue()
    start = plain.index(b"EXIF")
    block = b"Exif\0\0" + plain[start + 8 :][: int.from_bytes(plain[start + 4 : start + 8], "little")]
    body = plain[8:start] + b"EXIF" + len(block).to_bytes(4, "little") + block
    named = b"RIFF" + len(body).to_bytes(4, "little") + body
    assert [codecs.read_header(encoded).orientation for encoded in (plain, named)] == [6, 6]


def test_orientation_is_read_from_exif_and_applied():
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 8
    Image.fromarray(image()).save(out, "WEBP", lossless=True, exif=exif)
    assert codecs.read_header(out.getvalue()).orientation == 8
    np.testing.assert_array_equal(codecs.decode(out.getvalue(), orientation="apply"), np.rot90(image()))


@pytest.mark.parametrize("options", [{}, {"lossless": True}])
def test_the_first_thirty_bytes_hold_the_header_of_a_still(options):
    encoded = codecs.encode(image(), "webp", **options)
    assert codecs.read_header(encoded[:30]) == codecs.read_header(encoded)
    for nbytes in range(12, 30):
        with pytest.raises(TruncatedError):
            codecs.read_header(encoded[:nbytes])


@pytest.mark.parametrize("frames", [1, 2])
@pytest.mark.parametrize("options", [{}, {"lossless": True}])
def test_a_file_cut_anywhere_is_refused(frames, options):
    encoded = codecs.encode(
        np.stack([image()] * frames) // np.arange(1, frames + 1)[:, None, None, None].astype("u1"), "webp", **options
    )
    for nbytes in range(12, len(encoded), max(1, len(encoded) // 60)):
        with pytest.raises(DecodeError):
            codecs.decode(encoded[:nbytes])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"RIFF\4\0\0\0WEBP", "no chunks"),
        (b"RIFF\x20\0\0\0WEBPABCD\x08\0\0\0" + bytes(20), "first WebP chunk is b'ABCD'"),
        (b"RIFF\x20\0\0\0WEBPVP8L\x10\0\0\0" + bytes(20), "begin with 2f"),
        (b"RIFF\x20\0\0\0WEBPVP8 \x10\0\0\0" + bytes(20), "key frame"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(data, words):
    with pytest.raises(DecodeError, match=words):
        codecs.decode(data)


def test_a_side_above_fourteen_bits_is_refused():
    with pytest.raises(EncodeError, match="at most 16383"):
        codecs.encode(np.zeros((1, 16384), np.uint8), "webp")


@pytest.mark.parametrize("options", [{"quality": 101}, {"method": 7}, {"quality": -1}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(EncodeError):
        codecs.encode(image(), "webp", **options)
