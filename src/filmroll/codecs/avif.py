"""AVIF: AV1 pictures, through Pillow where it was built with libavif.

    box: length uint32 big-endian | "ftyp" | brand "avif" or "avis" (animations) | ...

Source: AV1 Image File Format, AOMedia; ISO/IEC 23008-12.
"""

from typing import Literal

import numpy as np
from PIL import AvifImagePlugin, features

from filmroll.buffer import Buffer
from filmroll.codecs import guard, pillow
from filmroll.codecs.header import MAX_FRAME_PIXELS, Header, check_pixels
from filmroll.codecs.pixels import Pixels, check_encodable, check_side, to_channels
from filmroll.errors import EncodeError, UnsupportedError

MAX_SIDE = 65536  # AV1 frame size fields have 16 bits


def read_header(encoded: Buffer) -> Header:
    """Read size, colour and number of frames of an AVIF.

    Raises:
        DecodeError: The boxes are broken or cut short.
        UnsupportedError: This Pillow has no libavif.
    """
    _check_available()
    return pillow.read_header(AvifImagePlugin.AvifImageFile, encoded, name="AVIF")


def decode(
    encoded: Buffer,
    *,
    channels: int | None = None,
    frames: Literal["all", "first"] = "all",
    max_pixels: int | None = None,
) -> Pixels:
    """Decode an AVIF image.

    Args:
        encoded: One whole AVIF file.
        channels: 1 (gray), 2 (gray, alpha), 3 (RGB), 4 (RGBA); None keeps what the file has.
        frames: Of an animation, "first" decodes only the first frame.
        max_pixels: Refuse before allocating if height * width * frames is larger; None sets the usual limits.

    Returns:
        uint8 array (height, width, channels), with a frame axis in front for more than one frame.

    Raises:
        DecodeError: The bytes are no decodable AVIF.
        LimitError: More than `max_pixels` pixels are announced.
        UnsupportedError: This Pillow has no libavif.
    """
    _check_available()
    picture = pillow.open_picture(AvifImagePlugin.AvifImageFile, encoded, name="AVIF")
    count = 1 if frames == "first" else getattr(picture, "n_frames", 1)
    check_pixels(picture.height, picture.width, frames=count, max_pixels=max_pixels, max_frame_pixels=MAX_FRAME_PIXELS)
    with guard.decoding("AVIF"):
        image = pillow.to_frames(picture, count)
    return to_channels(image[0] if count == 1 else image, channels)


def encode(image: Pixels, *, quality: int = 80) -> bytes:
    """Encode an AVIF image, with loss.

    Args:
        image: uint8 (height, width) or (height, width, channels): gray (stored as colour), RGB or RGBA.
        quality: 0 to 100.

    Raises:
        EncodeError: The array has another dtype or shape, or a side above 65536.
        UnsupportedError: This Pillow has no libavif.
    """
    _check_available()
    image = check_encodable(image, name="AVIF", channels=(1, 3, 4))
    check_side(image, name="AVIF", limit=MAX_SIDE)
    if quality not in range(101):
        raise EncodeError(f"AVIF quality is 0 to 100, not {quality!r}")
    return pillow.encode(
        np.ascontiguousarray(to_channels(image, max(3, image.shape[-1]))), name="AVIF", quality=quality
    )


def _check_available() -> None:
    if not features.check("avif"):
        raise UnsupportedError("this Pillow was built without libavif; install a wheel of Pillow 11.3 or later")
