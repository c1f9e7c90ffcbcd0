"""PNG files chunk by chunk: what is damaged, cut, missing or in the wrong place, and how much of them is read."""

import zlib

import numpy as np
import pytest

from filmroll import codecs
from filmroll.codecs import png_chunks
from filmroll.errors import DecodeError, LimitError, TruncatedError
from pngs import IEND, idat, ihdr, png

GRAY = png(ihdr(3, 2, 8, 0), (b"tEXt", b"Title\0x"), idat(bytes(8)), IEND)


def test_a_changed_bit_anywhere_is_refused_ancillary_chunks_too():
    assert codecs.decode(GRAY).shape == (2, 3, 1)
    for position in range(len(GRAY)):
        damaged = bytearray(GRAY)
        damaged[position] ^= 1
        with pytest.raises(DecodeError):
            codecs.decode(bytes(damaged))


def changed(encoded: bytes, kind: bytes) -> bytes:
    """Change a bit in the checksum of the first chunk of a type."""
    start = encoded.index(kind)
    nbytes = int.from_bytes(encoded[start - 4 : start], "big")
    damaged = bytearray(encoded)
    damaged[start + 4 + nbytes] ^= 1
    return bytes(damaged)


def test_wrong_checksum_is_passed_over_when_lenient_in_chunks_that_pixels_do_not_need_only():
    np.testing.assert_array_equal(codecs.decode(changed(GRAY, b"tEXt"), lenient=True), codecs.decode(GRAY))
    with pytest.raises(DecodeError, match="chunk b'tEXt' at byte 33 has checksum"):
        codecs.decode(changed(GRAY, b"tEXt"))
    for kind in (b"IHDR", b"IDAT", b"IEND"):
        with pytest.raises(DecodeError, match=f"chunk {kind} at byte .* has checksum"):
            codecs.decode(changed(GRAY, kind), lenient=True)
    with pytest.raises(DecodeError):
        codecs.decode(GRAY[:-13], lenient=True)


def test_transparency_with_a_wrong_checksum_is_left_out_when_lenient(data):
    encoded = (data / "images/tensorflow/png/lena_palette_trns.png").read_bytes()
    opaque = codecs.decode(changed(encoded, b"tRNS"), lenient=True)
    np.testing.assert_array_equal(opaque, codecs.decode(encoded, channels=3))


def test_a_file_cut_anywhere_is_refused():
    for nbytes in range(len(GRAY)):
        with pytest.raises(DecodeError):
            codecs.decode(GRAY[:nbytes])


def test_bytes_after_the_end_are_ignored():
    np.testing.assert_array_equal(codecs.decode(GRAY + b"more"), codecs.decode(GRAY))


def test_the_header_needs_only_what_comes_before_the_pixels():
    whole = codecs.read_header(GRAY)
    first_idat = GRAY.index(b"IDAT") + 4
    assert codecs.read_header(GRAY[:first_idat]) == whole
    with pytest.raises(TruncatedError):
        codecs.read_header(GRAY[: first_idat - 1])


PALETTE = (b"PLTE", bytes([1, 2, 3, 4, 5, 6]))


@pytest.mark.parametrize(
    ("encoded", "words"),
    [
        (png(ihdr(3, 2, 8, 0), IEND), "no IDAT"),
        (png(ihdr(3, 2, 8, 3), idat(bytes(8)), IEND), "no PLTE"),
        (png(ihdr(3, 2, 8, 3), idat(bytes(8)), PALETTE, IEND), "no PLTE chunk before"),
        (png(idat(bytes(8)), IEND), "first chunk is b'IDAT'"),
        (png((b"IHDR", b"abc"), IEND), "IHDR with 3 bytes|with 3 bytes"),
        (png(ihdr(0, 2, 8, 0), idat(b""), IEND), "2 x 0"),
        (png(ihdr(3, 2, 3, 0), idat(bytes(8)), IEND), "depth 3"),
        (png(ihdr(3, 2, 8, 1), idat(bytes(8)), IEND), "colour type 1"),
        (png(ihdr(3, 2, 8, 0, 2), idat(bytes(8)), IEND), "interlace 2"),
        (png(ihdr(3, 2, 8, 0), (b"ABCD", b""), idat(bytes(8)), IEND), "critical and unknown"),
        (png(ihdr(3, 2, 8, 0), idat(bytes(7)), IEND), "truncated"),
        (png(ihdr(3, 2, 16, 0), idat(bytes(13)), IEND), "too short"),
        (png(ihdr(3, 2, 8, 0), (b"IDAT", b"no deflate"), IEND), "PNG"),
        (png(ihdr(14000, 14000, 8, 6), idat(bytes(999)), IEND), "cannot hold"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(encoded, words):
    with pytest.raises(DecodeError, match=words):
        codecs.decode(encoded)


def test_sizes_are_refused_before_anything_is_allocated():
    with pytest.raises(LimitError, match=str(2**54)):
        codecs.decode(png(ihdr(2**27, 2**27, 8, 2), idat(b""), IEND))


def with_pixels_in_one_chunk(image: np.ndarray) -> bytearray:
    chunks = list(png_chunks.walk(codecs.encode(image, "png")))
    pixels = b"".join(data for kind, data in chunks if kind == b"IDAT")
    return bytearray(png_chunks.join([chunks[0], (b"IDAT", pixels), (b"IEND", b"")]))


def test_the_header_finds_damage_at_the_beginning_of_small_pixels_and_does_not_read_many(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 256, (400, 200, 3), np.uint8)
    small, large = with_pixels_in_one_chunk(noise[:50]), with_pixels_in_one_chunk(noise)
    for data in (small, large):
        data[200] ^= 1
        with pytest.raises(DecodeError, match="chunk b'IDAT' at byte 33 has checksum"):
            codecs.decode(data)
    with pytest.raises(DecodeError, match="chunk b'IDAT' at byte 33 has checksum"):
        codecs.read_header(small)
    seen = []
    crc32 = zlib.crc32
    monkeypatch.setattr(png_chunks.zlib, "crc32", lambda data, *start: seen.append(len(data)) or crc32(data, *start))
    assert codecs.read_header(large).shape == noise.shape
    assert max(seen) < 100


def test_a_second_header_is_refused():
    """The limit would be held against the first, and the decoder would take the second."""
    data = png(ihdr(3, 2, 8, 0), ihdr(9000, 9000, 8, 0), idat(bytes(8)), IEND)
    with pytest.raises(DecodeError, match="'IHDR' comes twice"):
        codecs.decode(data)


@pytest.mark.parametrize("before", [idat(bytes(8)), (b"IDAT", b"")])
def test_transparency_behind_the_first_pixels_is_too_late(before):
    palette = (b"PLTE", bytes(range(12)))
    rest = [] if before[1] else [idat(bytes(8))]
    data = png(ihdr(3, 2, 8, 3), palette, before, (b"tRNS", b"\x80"), *rest, IEND)
    assert codecs.read_header(data).shape == codecs.decode(data).shape == (2, 3, 3)


def test_text_that_inflates_without_end_is_not_inflated():
    bomb = b"a\0\0" + zlib.compress(bytes(10**8))
    assert codecs.decode(png(ihdr(3, 2, 8, 0), (b"zTXt", bomb), idat(bytes(8)), IEND)).shape == (2, 3, 1)
