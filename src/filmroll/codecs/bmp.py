"""BMP: Windows bitmaps, through Pillow.

    "BM" | file nbytes, 0, offset of the pixels: uint32 | DIB header: nbytes, width, height, ...

Source: Microsoft, Bitmap Storage (BITMAPFILEHEADER, BITMAPINFOHEADER, BITMAPV5HEADER).
"""

import re

from PIL import BmpImagePlugin

from filmroll.buffer import Buffer
from filmroll.codecs import pillow
from filmroll.codecs.header import MAX_PIXELS, Header
from filmroll.codecs.pixels import Pixels, check_encodable, to_channels

SIGNATURE = re.compile(rb"BM")


def read_header(encoded: Buffer) -> Header:
    """Read size and colour of a BMP.

    Raises:
        DecodeError: The header is broken or cut short.
    """
    return pillow.read_header(BmpImagePlugin.BmpImageFile, encoded, name="BMP")


def decode(encoded: Buffer, *, channels: int | None = None, max_pixels: int = MAX_PIXELS) -> Pixels:
    """Decode a BMP image.

    Args:
        encoded: One whole BMP file.
        channels: 1 (gray), 2 (gray, alpha), 3 (RGB), 4 (RGBA); None keeps what the file has.
        max_pixels: Refuse larger images before allocating (height * width).

    Returns:
        uint8 array (height, width, channels), top row first.

    Raises:
        DecodeError: The bytes are no decodable BMP.
        LimitError: The header announces more than `max_pixels` pixels.
    """
    return to_channels(
        pillow.decode(BmpImagePlugin.BmpImageFile, encoded, name="BMP", max_pixels=max_pixels), channels
    )


def encode(image: Pixels) -> bytes:
    """Encode a BMP image, without compression.

    Args:
        image: uint8 (height, width) or (height, width, channels): gray, RGB or RGBA.

    Raises:
        EncodeError: The array has another dtype or shape.
    """
    return pillow.encode(check_encodable(image, name="BMP", channels=(1, 3, 4)), name="BMP")
