"""What an encoded picture says of itself before it is decoded, and the limit that this is held against."""

from dataclasses import dataclass
from functools import lru_cache

from filmroll.errors import LimitError

MAX_PIXELS = 12 * 2**24
"""Pixels (height * width * frames) above which decoders refuse by default: 12288 x 16384, today's largest photos."""

MAX_FRAME_PIXELS = 2**26
"""Pixels of one frame (height * width) above which decoders refuse by default where each pixel takes much time and
memory, and few bytes announce many: GIF, WebP, AVIF, and PNG of 16 bits."""


@dataclass(frozen=True, slots=True)
class Header:
    """Size, colour and layout of an encoded picture, as stored (not rotated).

    Attributes:
        format: "jpeg", "png", "gif", "webp", "svg", "npy", "bmp", "pnm", "tiff" or "avif".
        height: Rows of the picture; of an NPY array its first axis.
        width: Columns of the picture; of an NPY array its second axis, 1 if there is none.
        channels: Last axis of what `decode` gives by default; a CMYK JPEG has 3, because it decodes to RGB;
            an NPY array that is not 3-D has 1.
        color: "gray", "gray+alpha", "rgb", "rgba", "palette", "cmyk", "ycck", "ycbcr", "vector" or "array".
        dtype: "uint8"; "uint16" where a file holds 16 bits a channel; NPY has its own.
        frames: 1 for stills, the number of frames of an animation; None if only decoding would tell.
        orientation: EXIF orientation 1 to 8; 1 where the file says nothing.
        shape: (height, width, channels), or (frames, height, width, channels) where `decode` gives that, or
            the shape of the NPY array.
    """

    format: str
    height: int
    width: int
    channels: int
    color: str
    dtype: str
    frames: int | None
    orientation: int
    shape: tuple[int, ...]


@lru_cache(maxsize=1024)  # the pictures of a set are often of a few sizes
def picture_header(
    name: str,
    height: int,
    width: int,
    channels: int,
    color: str,
    *,
    dtype: str = "uint8",
    frames: int | None = None,
    orientation: int = 1,
) -> Header:
    """Make the header of a picture; `frames` says that it decodes to four axes, None that it is a still."""
    shape = (height, width, channels) if frames is None else (frames, height, width, channels)
    return Header(name, height, width, channels, color, dtype, frames or 1, orientation, shape)


def check_pixels(
    height: int, width: int, *, frames: int = 1, max_pixels: int | None, max_frame_pixels: int = MAX_PIXELS
) -> None:
    """Refuse a picture that is too large, before anything is allocated for it.

    Args:
        height, width: Of each frame.
        frames: How many are decoded.
        max_pixels: The caller's limit on all of them; None sets `MAX_PIXELS`, and `max_frame_pixels` for each.
        max_frame_pixels: Of the format.

    Raises:
        LimitError: There are more.
    """
    if max_pixels is None:
        max_pixels = MAX_PIXELS
        if height * width > max_frame_pixels:
            frames, max_pixels = 1, max_frame_pixels
    if height * width * frames > max_pixels:
        times = "" if frames == 1 else f" x {frames} frames"
        raise LimitError(
            f"the picture announces {height} x {width}{times} = {height * width * frames} pixels, above the "
            f"limit of {max_pixels}; pass a larger max_pixels to decode it"
        )
