"""The pixels that a batch needs of one picture: as little around the window and as little detail as can be.

A baseline JPEG is decoded from the top, so the rows below the window are left out, and those above and the columns
beside it too where the file has restart markers; and where the window is at least twice, four or eight times the size
that is wanted, the decoder is asked for half, a quarter or an eighth of the detail. All are the decoder's own doing:
no pixel of the window is guessed.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.codecs import jpeg, jpeg_scan, jpeg_window
from filmroll.codecs.jpeg_scan import Area
from filmroll.errors import DecodeError
from filmroll.loading import resizer as resizing
from filmroll.loading import windows
from filmroll.loading.resizer import Resizer
from filmroll.loading.windows import Window
from filmroll.sample import Sample

UInt8Array = NDArray[np.uint8]
Crop = Literal["random", "center"]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is to be done with each picture.

    Attributes:
        size: (height, width) of the result; None leaves pictures as they are.
        crop: "random", "center", or None for the whole picture, out of proportion if need be.
        flip: Mirror every second picture, on average.
        channels: 1 or 3.
        area, aspect: Of random crops.
        shorter: Shorter side of which the centre is cut; None is 256/224 of the result's.
        less_detail: Let the JPEG decoder leave out detail that the result is too small for. The pixels then differ
            a little from those of the whole picture made smaller.
        dct: How a JPEG's blocks become pixels.
        pad: Fill up pictures of different sizes to one array.
        resizer: What resizes.

    Raises:
        ValueError: Some of it cannot be done to any picture.
    """

    size: tuple[int, int] | None
    crop: Crop | None
    flip: bool
    channels: Literal[1, 3]
    area: tuple[float, float]
    aspect: tuple[float, float]
    shorter: int | None
    less_detail: bool
    dct: jpeg.Dct
    pad: bool
    resizer: Resizer

    def __post_init__(self) -> None:
        if self.size is not None and not _is_size(self.size):
            raise ValueError(f"size={self.size!r}: give a number above 0, or two, height and width")
        if self.crop not in (None, *get_args(Crop)):
            raise ValueError(f"crop={self.crop!r}: give 'random' or 'center', or None for the whole picture")
        if self.crop is not None and self.size is None:
            raise ValueError(f"crop={self.crop!r} without a size: say what size the parts are to be made")
        if self.channels not in (1, 3):
            raise ValueError(f"channels={self.channels!r}: give 1 for grey, or 3 for RGB")
        if not (_are_two(self.area) and 0 < self.area[0] <= self.area[1] <= 1):
            raise ValueError(f"area={self.area!r}: give the least and the most share, above 0 and up to 1")
        if not (_are_two(self.aspect) and 0 < self.aspect[0] <= self.aspect[1]):
            raise ValueError(f"aspect={self.aspect!r}: give the least and the most width over height, above 0")
        if self.shorter is not None and not (_is_number(self.shorter) and self.shorter >= 1):
            raise ValueError(f"shorter={self.shorter!r}: give a number of pixels above 0")
        if self.dct not in get_args(jpeg.Dct):
            raise ValueError(f"dct={self.dct!r}: give 'accurate' or 'fast'")

    def window(self, height: int, width: int, draws: NDArray[np.float64]) -> Window:
        """Choose the part of a picture that is used."""
        if self.crop == "random":
            return windows.random_window(height, width, draws.tolist(), area=self.area, aspect=self.aspect)
        if self.crop == "center" and self.size is not None:
            return windows.center_window(height, width, self.size, shorter=self.shorter)
        return windows.whole_window(height, width)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating)


def _are_two(values: object) -> bool:
    return isinstance(values, Sequence) and len(values) == 2 and all(map(_is_number, values))


def _is_size(size: object) -> bool:
    return (
        isinstance(size, Collection) and len(size) == 2 and all(isinstance(n, int | np.integer) and n > 0 for n in size)
    )


class Plan(NamedTuple):
    """What is decoded of a picture, and what becomes of it.

    Attributes:
        sample: The picture.
        draws: `windows.DRAWS` numbers in [0, 1), for this picture in this epoch.
        flip: Whether it is mirrored.
        cut: What is decoded of a JPEG; None where it takes the whole picture to know which part is used.
        window: That part, in pixels of the detail that is decoded.
    """

    sample: Sample
    draws: NDArray[np.float64]
    flip: bool
    cut: jpeg_window.Cut | None = None
    window: Window | None = None


def plan(sample: Sample, recipe: Recipe, draws: NDArray[np.float64]) -> Plan:
    """Say what is to be decoded of a picture, by its header.

    Args:
        sample: The picture, encoded or as a uint8 array.
        recipe: What is to be done.
        draws: `windows.DRAWS` numbers in [0, 1), for this picture in this epoch.

    Raises:
        DecodeError: The picture has no readable header.
    """
    flip = recipe.flip and bool(draws[-1] < 0.5)
    encoded = sample.encoded
    if recipe.size is None or encoded is None or codecs.identify(encoded) != "jpeg":
        return Plan(sample, draws, flip)
    scan = jpeg_scan.read_scan(encoded)
    height, width = (sample.header.height, sample.header.width) if scan is None else (scan.height, scan.width)
    window = recipe.window(height, width, draws)
    eighths = _eighths(window, recipe.size) if recipe.less_detail else 8
    if eighths < 8:
        window = Window(*(edge * eighths / 8 for edge in window))
    needed = _needed(window, recipe.size, height, width, eighths=eighths)
    return Plan(sample, draws, flip, jpeg_window.cut(encoded, scan, needed, eighths=eighths), window)


def pixels(planned: Plan, recipe: Recipe, *, out: UInt8Array | None = None) -> UInt8Array:
    """Return the pixels of one picture for a batch.

    Args:
        planned: What `plan` says of the picture.
        recipe: What is to be done.
        out: Where to put them, if all pictures are of the recipe's size: its part of the batch.

    Returns:
        uint8 array (height, width, channels), of the recipe's size if it states one; `out`, if that is given.

    Raises:
        DecodeError, LimitError: The picture cannot be decoded.
    """
    sample, draws, flip, cut, window = planned
    if recipe.size is None:
        image = _array(sample) if sample.encoded is None else _as_pixels(sample, recipe.channels, recipe.dct)
        if recipe.flip and image.ndim != 3:
            raise DecodeError(f"an array of shape {image.shape} is no picture to be mirrored; leave flip out")
        return resizing.mirror(image, np.empty_like(image)) if flip else image
    if out is None:
        out = np.empty((*recipe.size, recipe.channels), np.uint8)
    resizer = recipe.resizer
    reverse = flip and cut is not None and resizer.mirror is None  # decoded blue first, and mirrored byte by byte
    if cut is None or window is None:
        image = _as_pixels(sample, recipe.channels, recipe.dct)
        window = recipe.window(image.shape[0], image.shape[1], draws)
    else:
        image, top, left = jpeg_window.pixels(cut, channels=recipe.channels, bgr=reverse, dct=recipe.dct)
        window = Window(window.top - top, window.left - left, window.height, window.width)
    if not flip:
        return resizer.resize(image, window, out)
    mirror = resizing.reverse_rows if reverse else resizer.mirror or resizing.mirror
    return mirror(resizer.resize(image, window, np.empty_like(out)), out)


def _needed(window: Window, size: tuple[int, int], height: int, width: int, *, eighths: int) -> Area:
    """Return the pixels of the whole picture that the resampler looks at."""
    rows, columns = windows.reach(window, size)
    factor = 8 / eighths
    return Area(
        max(0, math.floor((window.top - rows) * factor)),
        max(0, math.floor((window.left - columns) * factor)),
        min(height, math.ceil((window.top + window.height + rows) * factor)),
        min(width, math.ceil((window.left + window.width + columns) * factor)),
    )


def _eighths(window: Window, size: tuple[int, int]) -> int:
    """Return how much detail is enough: 8, 4, 2 or 1 eighths, so that nothing has to be made larger."""
    factor = min(window.height / size[0], window.width / size[1])
    return 8 if factor < 2 else 4 if factor < 4 else 2 if factor < 8 else 1


def _as_pixels(sample: Sample, channels: Literal[1, 3], dct: jpeg.Dct) -> UInt8Array:
    image = sample.decode(channels=channels, frames="first", dct=dct) if sample.encoded is not None else _array(sample)
    if image.ndim != 3 or image.dtype != np.uint8 or image.shape[2] != channels:
        raise DecodeError(
            f"an array of shape {image.shape} and {image.dtype} is no picture of {channels} channels, uint8;"
            " leave size and crop out to have arrays as they are"
        )
    return image


def _array(sample: Sample) -> NDArray[Any]:
    image = sample.image
    return image[:, :, np.newaxis] if image.ndim == 2 else image
