"""TIFF: the first page, through Pillow and libtiff.

    "II" 2a 00 or "MM" 00 2a (BigTIFF: 2b) | offset of the first directory | ...

Source: TIFF 6.0.
"""

from dataclasses import replace
from typing import Literal

from PIL import TiffImagePlugin

from filmroll.buffer import Buffer
from filmroll.codecs import pillow
from filmroll.codecs.header import Header
from filmroll.codecs.pixels import Pixels, check_encodable, orient, to_channels
from filmroll.errors import EncodeError

QUARTER_TURNS = {6: 8, 8: 6}  # which orientation undoes which; every other undoes itself
COMPRESSIONS = {"none": None, "deflate": "tiff_adobe_deflate", "lzw": "tiff_lzw"}


def read_header(encoded: Buffer) -> Header:
    """Read size, colour and orientation of the first page.

    Raises:
        DecodeError: The directory is broken or cut short, or the page is 32-bit or float.
    """
    with pillow.silent():
        header = pillow.read_header(TiffImagePlugin.TiffImageFile, encoded, name="TIFF")
    if header.orientation < 5:
        return header
    height, width = header.width, header.height  # Pillow states them upright
    return replace(header, height=height, width=width, shape=(height, width, header.channels))


def decode(
    encoded: Buffer, *, channels: int | None = None, dtype: str | None = None, max_pixels: int | None = None
) -> Pixels:
    """Decode the first page of a TIFF file.

    Args:
        encoded: One whole TIFF file.
        channels: 1 (gray), 2 (gray, alpha), 3 (RGB), 4 (RGBA); None keeps what the file has.
        dtype: None or "uint8" gives the high byte of 16-bit gray; anything else leaves it 16 bits.
        max_pixels: Refuse larger images before allocating (height * width); None sets the usual limits.

    Returns:
        uint8 or uint16 array (height, width, channels).

    Raises:
        DecodeError: The bytes are no decodable TIFF, or the page is 32-bit or float.
        LimitError: The directory announces more than `max_pixels` pixels.
    """
    turned = read_header(encoded).orientation
    with pillow.silent():
        image = pillow.decode(TiffImagePlugin.TiffImageFile, encoded, name="TIFF", max_pixels=max_pixels)
    image = orient(image, QUARTER_TURNS.get(turned, turned))  # Pillow turns TIFF upright unasked
    return pillow.narrow(to_channels(image, channels), dtype)


def encode(image: Pixels, *, compression: Literal["none", "deflate", "lzw"] = "deflate") -> bytes:
    """Encode a TIFF file of one page, without loss.

    Args:
        image: uint8 (height, width) or (height, width, channels): gray, gray and alpha, RGB or RGBA; or
            uint16 gray.
        compression: How the pixels are packed.

    Raises:
        EncodeError: The array has another dtype or shape, or the compression is another one.
    """
    if compression not in COMPRESSIONS:
        raise EncodeError(f"TIFF compression is one of {', '.join(COMPRESSIONS)}, not {compression!r}")
    image = check_encodable(image, name="TIFF", channels=(1, 2, 3, 4), dtypes=("uint8", "uint16"))
    if image.dtype == "uint16" and image.shape[-1] != 1:
        raise EncodeError("TIFF holds uint16 only for gray here; convert with (image >> 8).astype('uint8'), or use PNG")
    return pillow.encode(image, name="TIFF", compression=COMPRESSIONS[compression])
