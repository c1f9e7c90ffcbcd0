"""PNM: the Netpbm formats PBM, PGM and PPM, plain (P1 to P3) and raw (P4 to P6), through Pillow.

    "P6" | width, height, largest value: numbers in text, with white space or # comments between | pixels

Source: Netpbm, pbm(5), pgm(5), ppm(5).
"""

import numpy as np
from PIL import PpmImagePlugin

from filmroll.buffer import Buffer
from filmroll.codecs import pillow
from filmroll.codecs.header import Header, check_pixels
from filmroll.codecs.pixels import Pixels, check_encodable, to_channels
from filmroll.errors import DecodeError

SAMPLES_PER_BYTE = 8  # P4 holds eight pixels a byte, every other kind fewer


def read_header(encoded: Buffer) -> Header:
    """Read size and colour of a PNM.

    Raises:
        DecodeError: The header is broken or cut short.
    """
    return pillow.read_header(PpmImagePlugin.PpmImageFile, encoded, name="PNM")


def decode(
    encoded: Buffer, *, channels: int | None = None, dtype: str | None = None, max_pixels: int | None = None
) -> Pixels:
    """Decode a PNM image.

    Values are scaled to the full range. Colour of 16 bits is reduced to 8 (Pillow reads no more), gray is
    not.

    Args:
        encoded: One whole PNM file; of several pictures in a file, the first is read.
        channels: 1 (gray), 2 (gray, alpha), 3 (RGB), 4 (RGBA); None keeps what the file has.
        dtype: None or "uint8" gives the high byte of 16-bit gray; anything else leaves it 16 bits.
        max_pixels: Refuse larger images before allocating (height * width); None sets the usual limits.

    Returns:
        uint8 or uint16 array (height, width, channels).

    Raises:
        DecodeError: The bytes are no decodable PNM.
        LimitError: The header announces more than `max_pixels` pixels.
    """
    header = read_header(encoded)
    check_pixels(header.height, header.width, max_pixels=max_pixels)
    if header.height * header.width > max(len(encoded) * SAMPLES_PER_BYTE, 1):
        raise DecodeError(
            f"not a readable PNM: {len(encoded)} bytes cannot hold {header.height} x {header.width} pixels"
        )
    image = pillow.decode(PpmImagePlugin.PpmImageFile, encoded, name="PNM", max_pixels=max_pixels)
    return pillow.narrow(to_channels(image, channels), dtype)


def encode(image: Pixels) -> bytes:
    """Encode a raw PGM (gray) or PPM (RGB).

    Args:
        image: uint8 (height, width), (height, width, 1) or (height, width, 3), or the same in uint16.

    Raises:
        EncodeError: The array has another dtype or shape.
    """
    image = check_encodable(image, name="PNM", channels=(1, 3), dtypes=("uint8", "uint16"))
    height, width, channels = image.shape
    header = f"P{5 if channels == 1 else 6}\n{width} {height}\n{np.iinfo(image.dtype).max}\n".encode()
    return header + image.astype(image.dtype.newbyteorder(">"), copy=False).tobytes()
