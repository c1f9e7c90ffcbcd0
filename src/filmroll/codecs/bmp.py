"""BMP: Windows bitmaps, through Pillow.

    "BM" | file nbytes, 0, offset of the pixels: uint32 | DIB header
    DIB header: nbytes uint32 | width, height int32 (negative: top row first) | planes, bits uint16 |
    compression uint32 | ...

Source: Microsoft, Bitmap Storage (BITMAPFILEHEADER, BITMAPINFOHEADER, BITMAPV5HEADER).
"""

import struct
from dataclasses import replace

import numpy as np
from PIL import BmpImagePlugin

from filmroll.buffer import Buffer
from filmroll.codecs import pillow
from filmroll.codecs.header import Header, check_pixels
from filmroll.codecs.pixels import Pixels, check_encodable, to_channels
from filmroll.errors import DecodeError

FILE_HEADER = struct.Struct("<2sIII")  # "BM", file nbytes, 0, offset of the pixels
DIB_HEADER = struct.Struct("<IiiHHI")  # nbytes, width, height, planes, bits, compression
UNCOMPRESSED = 0


def read_header(encoded: Buffer) -> Header:
    """Read size and colour of a BMP.

    Raises:
        DecodeError: The header is broken or cut short.
    """
    header = pillow.read_header(BmpImagePlugin.BmpImageFile, encoded, name="BMP")
    if not _holds_bgra(encoded):
        return header
    return replace(header, channels=4, color="rgba", shape=(header.height, header.width, 4))


def decode(encoded: Buffer, *, channels: int | None = None, max_pixels: int | None = None) -> Pixels:
    """Decode a BMP image.

    The pixels equal TensorFlow's decode_bmp. Like there, the fourth byte of uncompressed 32-bit pixels is
    alpha, though many programs leave it 0.

    Args:
        encoded: One whole BMP file.
        channels: 1 (gray), 2 (gray, alpha), 3 (RGB), 4 (RGBA); None keeps what the file has.
        max_pixels: Refuse larger images before allocating (height * width); None sets the usual limits.

    Returns:
        uint8 array (height, width, channels), top row first.

    Raises:
        DecodeError: The bytes are no decodable BMP.
        LimitError: The header announces more than `max_pixels` pixels.
    """
    if _holds_bgra(encoded):
        image = _decode_bgra(encoded, max_pixels)
    else:
        image = pillow.decode(BmpImagePlugin.BmpImageFile, encoded, name="BMP", max_pixels=max_pixels)
    return to_channels(image, channels)


def encode(image: Pixels) -> bytes:
    """Encode a BMP image, without compression.

    Args:
        image: uint8 (height, width) or (height, width, channels): gray, RGB or RGBA.

    Raises:
        EncodeError: The array has another dtype or shape.
    """
    return pillow.encode(check_encodable(image, name="BMP", channels=(1, 3, 4)), name="BMP")


def _holds_bgra(encoded: Buffer) -> bool:
    """Tell whether pixels are uncompressed and 32 bits, which Pillow reads without their fourth byte."""
    if len(encoded) < FILE_HEADER.size + DIB_HEADER.size:
        return False
    nbytes, _, _, _, bits, compression = DIB_HEADER.unpack_from(encoded, FILE_HEADER.size)
    return bool(nbytes >= 40 and bits == 32 and compression == UNCOMPRESSED)


def _decode_bgra(encoded: Buffer, max_pixels: int | None) -> Pixels:
    start = FILE_HEADER.unpack_from(encoded)[3]
    _, width, height, *_ = DIB_HEADER.unpack_from(encoded, FILE_HEADER.size)
    if width < 1 or not height:
        raise DecodeError(f"the BMP announces {height} x {width} pixels")
    check_pixels(abs(height), width, max_pixels=max_pixels)
    nbytes = abs(height) * width * 4
    if start + nbytes > len(encoded):
        raise DecodeError(f"the BMP announces {nbytes} bytes of pixels at byte {start}, the file ends before")
    rows = np.frombuffer(encoded, np.uint8, nbytes, start).reshape(abs(height), width, 4)
    return np.ascontiguousarray(rows[:: 1 if height < 0 else -1, :, [2, 1, 0, 3]])
