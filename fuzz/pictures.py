"""What every codec promises of any bytes, and the pictures that its target begins with."""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from filmroll import codecs
from filmroll.codecs.formats import FORMATS
from filmroll.errors import DecodeError, EncodeError, LimitError, TruncatedError

MAX_PIXELS = 2**22
CHANNELS = (None, 1, 3, 4)


def check(name: str, data: bytes, *, channels: int | None = None) -> None:
    """Read the header, and decode; what both say of a picture is the same."""
    header = image = None
    with suppress(DecodeError, LimitError, TruncatedError):
        header = codecs.read_header(data)
    with suppress(DecodeError, LimitError):
        image = codecs.decode(data, max_pixels=MAX_PIXELS)
    if image is None:
        return
    assert codecs.formats.identify(data) is not None
    assert image.size <= MAX_PIXELS * 4 or name == "npy"
    if header is not None:
        assert image.shape == header.shape, (image.shape, header.shape)
        assert header.dtype in (image.dtype, "uint16") or name == "npy"
    if data[-1] % 4:
        with suppress(DecodeError, LimitError):
            other = FORMATS[name].codec.decode(data, channels=CHANNELS[data[-1] % 4], max_pixels=MAX_PIXELS)
            assert other.shape[:-1] == image.shape[:-1] or name in ("npy", "svg")


def seeds(name: str) -> Iterator[bytes]:
    """Yield small pictures of each number of channels, and an animation where the format has them."""
    for channels in (1, 2, 3, 4):
        image = np.arange(9 * 7 * channels, dtype=np.uint8).reshape(9, 7, channels)
        with suppress(EncodeError):
            yield codecs.encode(image, name)
    if name in ("gif", "webp"):
        yield codecs.encode(np.arange(2 * 5 * 6 * 3, dtype=np.uint8).reshape(2, 5, 6, 3), name)
