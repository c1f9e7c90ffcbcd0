# Invariant: any bytes give a header and a picture of the shape that it announces, or DecodeError, LimitError, and of
# the header TruncatedError; no more pixels than the limit are ever made. A window is inside what is decoded for it.
"""JPEG: the header, decoding, and decoding a window of a file that may have restart markers."""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from filmroll import codecs
from filmroll.codecs import jpeg, jpeg_window
from filmroll.codecs.jpeg_scan import Area
from filmroll.errors import DecodeError, LimitError, TruncatedError
from fuzz import pictures

SEEDS = ("images/**/*.jpg", "images/**/*.jpeg", "hostile/jpeg/**/*", "hostile/dali/jpeg/*")


def seeds() -> Iterator[bytes]:
    """Yield small pictures, some with restart markers."""
    yield from pictures.seeds("jpeg")
    image = np.arange(40 * 50 * 3, dtype=np.uint8).reshape(40, 50, 3)
    for markers in ({"restart_rows": 1}, {"restart_blocks": 1}, {"restart_blocks": 3}):
        yield codecs.encode(image, "jpeg", **markers)
        yield codecs.encode(image[..., :1], "jpeg", **markers)


def check(data: bytes) -> None:
    """Read the header, decode, and decode a window that the last bytes choose."""
    pictures.check("jpeg", data)
    with suppress(DecodeError, LimitError, TruncatedError):
        header = jpeg.read_header(data)
        if header.height * header.width <= pictures.MAX_PIXELS:
            _check_window(data, header.height, header.width)


def _check_window(data: bytes, height: int, width: int) -> None:
    top, left = height * data[-5] // 256, width * data[-6] // 256
    window = Area(
        top, left, top + 1 + (height - top - 1) * data[-7] // 256, left + 1 + (width - left - 1) * data[-8] // 256
    )
    eighths = (8, 4, 2, 1)[data[-9] % 4]
    image, first_row, first_column = jpeg_window.decode(data, window, eighths=eighths)
    assert first_row * 8 <= window.top * eighths
    assert first_column * 8 <= window.left * eighths
    assert (first_row + image.shape[0]) * 8 >= window.bottom * eighths
    assert (first_column + image.shape[1]) * 8 >= window.right * eighths
