"""AVIF: through Pillow, where it has libavif."""

import io

import numpy as np
import pytest
from PIL import Image, features

from filmroll import codecs
from filmroll.codecs import avif
from filmroll.errors import DecodeError, EncodeError, LimitError, UnsupportedError

needs_libavif = pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no libavif")


def image(channels: int = 3) -> np.ndarray:
    down, across = np.mgrid[0:32, 0:48].astype(np.uint8)
    return np.stack([down * 7, across * 5, down + across, 255 - down][:channels], axis=-1)


@needs_libavif
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pixels_are_near_those_encoded(channels):
    encoded = codecs.encode(image(channels), "avif", quality=100)
    decoded = codecs.decode(encoded)
    assert decoded.shape == (32, 48, max(3, channels)) == codecs.read_header(encoded).shape
    assert np.abs(decoded.astype(int) - image(channels)).mean() < 4
    with Image.open(io.BytesIO(encoded)) as picture:
        np.testing.assert_array_equal(decoded, np.array(picture))


@needs_libavif
def test_animations_have_a_frame_axis():
    out = io.BytesIO()
    frames = [Image.fromarray(image()), Image.fromarray(255 - image())]
    frames[0].save(out, "AVIF", save_all=True, append_images=frames[1:])
    assert codecs.read_header(out.getvalue()).shape == codecs.decode(out.getvalue()).shape == (2, 32, 48, 3)
    assert codecs.decode(out.getvalue(), frames="first").shape == (32, 48, 3)
    with pytest.raises(LimitError, match="2 frames"):
        codecs.decode(out.getvalue(), max_pixels=32 * 48)


@needs_libavif
def test_a_file_cut_anywhere_is_refused():
    encoded = codecs.encode(image(), "avif")
    for nbytes in range(12, len(encoded), 9):
        with pytest.raises(DecodeError):
            codecs.decode(encoded[:nbytes])


@needs_libavif
def test_quality_out_of_range_is_refused():
    with pytest.raises(EncodeError):
        codecs.encode(image(), "avif", quality=101)


def test_a_pillow_without_libavif_is_named(monkeypatch):
    monkeypatch.setattr(avif.features, "check", lambda feature: False)
    for call in (lambda: avif.encode(image()), lambda: avif.decode(b""), lambda: avif.read_header(b"")):
        with pytest.raises(UnsupportedError, match="libavif"):
            call()
