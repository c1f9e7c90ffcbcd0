"""Training copies: pictures encoded again, once, no larger than training needs, with parts that can be reached.

    photo 4000 x 3000 ─ decode, turn upright ─ reduce to 427 x 320 ─ JPEG 4:2:0, a restart marker every 48 pixels

Decoding is most of what loading costs, and in proportion to bytes and pixels: smaller copies are loaded sooner. Of a
seekable one neither the rows above a crop nor the columns beside it are decoded (those below it never are). The names
and the labels stay; EXIF data, other colours than RGB and gray, alpha, and all frames but the first do not.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.codecs import jpeg_restarts
from filmroll.errors import UnsupportedError
from filmroll.sample import Sample

UInt8Array = NDArray[np.uint8]

MARKERS_APART = 32, 96  # pixels, least and most


@dataclass(frozen=True, slots=True)
class Resize:
    """How small a picture becomes.

    Attributes:
        shorter: Its shorter side, in pixels; the other one in proportion. Pictures that are smaller stay as they are.
    """

    shorter: int

    def __post_init__(self) -> None:
        if self.shorter < 1:
            raise UnsupportedError(f"a shorter side of {self.shorter} pixels; give 1 or more")

    def size(self, height: int, width: int) -> tuple[int, int]:
        """Return (height, width) of the copy."""
        factor = self.shorter / min(height, width)
        return (height, width) if factor >= 1 else (_scaled(height, factor), _scaled(width, factor))


@dataclass(frozen=True, slots=True)
class Copies:
    """What copies are to be like.

    Attributes:
        resize: How small, or None for the size that pictures have.
        seekable: Write a restart marker every few blocks, and where they are: crops are decoded without most of what
            is around them.
    """

    resize: Resize | None = None
    seekable: bool = False

    def needs_copy(self, sample: Sample) -> bool:
        """Tell whether an encoded picture is not yet so; one that is keeps its bytes."""
        header = sample.header
        if self.resize is not None and min(header.height, header.width) > self.resize.shorter:
            return True
        return self.seekable and not (header.format == "jpeg" and jpeg_restarts.is_seekable(sample.encoded or b""))

    def encode(self, sample: Sample, *, quality: int) -> bytes:
        """Encode a picture again: upright, RGB or gray, the first frame, without alpha.

        Args:
            sample: The picture, encoded, in any format.
            quality: 1 to 100, of the JPEG.

        Returns:
            A baseline JPEG, 4:2:0.

        Raises:
            DecodeError, LimitError: The picture cannot be decoded.
            EncodeError: It is an NPY array of another dtype than uint8.
        """
        image = sample.decode(channels=1 if sample.header.channels <= 2 else 3, frames="first", orientation="apply")
        if self.resize is not None and image.dtype == np.uint8:
            image = reduce(image, self.resize.size(*image.shape[:2]))
        blocks = restart_blocks(image.shape[1], 16 if image.shape[2] == 3 else 8) if self.seekable else None
        encoded = codecs.encode(image, "jpeg", quality=quality, restart_blocks=blocks)
        return jpeg_restarts.indexed(encoded) if self.seekable else encoded


def restart_blocks(width: int, block: int) -> int:
    """Choose after how many blocks a marker comes, so that markers stand below each other.

    More markers leave out more columns, and cost bytes, with their index: about 4 % of a photo where they are 32
    pixels apart, 7 % where they are 16.

    Args:
        width: Of the picture, in pixels.
        block: Pixels that are coded together, side by side.

    Returns:
        The least divisor of the blocks in a row that is 32 to 96 pixels; one block where there is none.
    """
    across = -(-width // block)
    apart = range(-(-MARKERS_APART[0] // block), MARKERS_APART[1] // block + 1)
    return next((blocks for blocks in apart if across % blocks == 0), 1)


def reduce(image: UInt8Array, size: tuple[int, int]) -> UInt8Array:
    """Make a picture smaller, antialiased (Lanczos, 3 lobes).

    Args:
        image: uint8 (height, width, 1 or 3).
        size: (height, width) of the result; the picture itself is returned where that is its own.
    """
    if image.shape[:2] == size:
        return image
    from PIL import Image  # needed for copies alone

    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    return np.asarray(picture.resize(size[::-1], Image.Resampling.LANCZOS)).reshape(*size, image.shape[2])


def _scaled(side: int, factor: float) -> int:
    return max(1, math.floor(side * factor + 0.5))
