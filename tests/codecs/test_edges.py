"""Error paths that no format has for itself alone."""

import io

import numpy as np
import pytest
from PIL import Image

from filmroll import codecs
from filmroll.codecs import guard, png, svg, webp
from filmroll.errors import DecodeError, LimitError, TruncatedError, UnsupportedError

WHITE = np.full((8, 8, 3), 255, np.uint8)


def test_orientation_that_is_none_is_refused():
    with pytest.raises(UnsupportedError, match="orientation='turn'; 'keep' and 'apply' are possible"):
        codecs.decode(codecs.encode(WHITE, "png"), orientation="turn")


def test_pillows_own_limit_is_a_limit_error(monkeypatch):
    encoded = codecs.encode(WHITE, "bmp")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4)
    with pytest.raises(LimitError, match=r"Image\.MAX_IMAGE_PIXELS"), guard.decoding("BMP"):
        Image.open(io.BytesIO(encoded))


def test_png_of_a_signature_alone_is_cut_short():
    with pytest.raises(TruncatedError):
        png.read_header(codecs.encode(WHITE, "png")[:8])
    with pytest.raises(DecodeError):
        png.decode(codecs.encode(WHITE, "png")[:8])


def test_webp_whose_chunks_contradict_each_other_is_refused():
    encoded = bytearray(codecs.encode(np.dstack([WHITE, WHITE[..., 0] // 2]), "webp", lossless=True))
    whole = bytearray(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0") + (63).to_bytes(3, "little") * 2 + encoded[12:]
    whole[4:8] = (len(whole) - 8).to_bytes(4, "little")
    assert webp.read_header(bytes(whole)).width == 64
    with pytest.raises(DecodeError):
        webp.decode(bytes(whole))


@pytest.mark.parametrize("text", [b"<!-- nothing -->", b"<html><svg/></html>", b""])
def test_drawing_without_a_root_of_its_own_is_refused(text):
    with pytest.raises((DecodeError, TruncatedError)):
        svg.decode(text)


def test_no_orientation_can_be_applied_where_the_header_cannot_be_read(monkeypatch):
    def broken(data):
        raise TruncatedError("the bytes end")

    monkeypatch.setattr(png, "read_header", broken)
    with pytest.raises(DecodeError, match="no orientation to apply: the bytes end"):
        codecs.decode(codecs.encode(WHITE, "png"), orientation="apply")
