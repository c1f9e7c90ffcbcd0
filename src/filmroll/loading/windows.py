"""Which part of a picture is used: a random one for training, the middle one for evaluation.

Source: torchvision.transforms.RandomResizedCrop, Resize and CenterCrop: the same distribution and the same place.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

AREA = (0.08, 1.0)
ASPECT = (3 / 4, 4 / 3)
TRIES = 10
DRAWS = 4 * TRIES + 1  # area, aspect, top and left for each try; one for the flip
SHORTER_SIDE = 256 / 224  # of the resized picture, over the side of the crop


class Window(NamedTuple):
    """A part of a picture, in pixels of the picture.

    Attributes:
        top, left: Its upper left corner.
        height, width: Its size.
    """

    top: float
    left: float
    height: float
    width: float


def random_window(
    height: int,
    width: int,
    draws: Sequence[float],
    *,
    area: tuple[float, float] = AREA,
    aspect: tuple[float, float] = ASPECT,
) -> Window:
    """Choose a part of random area and aspect ratio, as RandomResizedCrop does.

    Args:
        height, width: Of the picture, in pixels.
        draws: At least 40 numbers in [0, 1).
        area: Smallest and largest share of the picture's area.
        aspect: Narrowest and widest, width over height.

    Returns:
        Whole pixels inside the picture; after ten tries that do not fit, the middle part of the nearest aspect.
    """
    low, high = math.log(aspect[0]), math.log(aspect[1])
    for number in range(0, 4 * TRIES, 4):
        target = height * width * (area[0] + draws[number] * (area[1] - area[0]))
        ratio = math.exp(low + draws[number + 1] * (high - low))
        wide, high_ = round(math.sqrt(target * ratio)), round(math.sqrt(target / ratio))
        if 0 < wide <= width and 0 < high_ <= height:
            top = int(draws[number + 2] * (height - high_ + 1))
            left = int(draws[number + 3] * (width - wide + 1))
            return Window(top, left, high_, wide)
    return _fallback(height, width, aspect)


def center_window(height: int, width: int, size: tuple[int, int], *, shorter: int | None = None) -> Window:
    """Return the part that is seen after resizing the shorter side and cutting out the middle.

    Args:
        height, width: Of the picture, in pixels.
        size: (height, width) of the result.
        shorter: Shorter side of the resized picture; None is 256/224 of the result's shorter side.

    Returns:
        The part in pixels of the picture as it is, fractions included.
    """
    side = round(min(size) * SHORTER_SIDE) if shorter is None else shorter
    tall, wide = (side, int(side * width / height)) if height <= width else (int(side * height / width), side)
    tall, wide = max(tall, size[0]), max(wide, size[1])
    top, left = round((tall - size[0]) / 2), round((wide - size[1]) / 2)
    return Window(top * height / tall, left * width / wide, size[0] * height / tall, size[1] * width / wide)


def whole_window(height: int, width: int) -> Window:
    """Return the whole picture as a part."""
    return Window(0, 0, height, width)


def cut(
    image: NDArray[np.uint8], window: Window, size: Sequence[int]
) -> tuple[NDArray[np.uint8], tuple[float, float, float, float] | None]:
    """Cut a part out of a picture, to be made another size.

    Returns:
        Whole pixels, not copied; and None where they are the part. One with fractions keeps the pixels that count at
        its edges, and is the box (left, top, right, bottom) in them.
    """
    top, left, height, width = window
    bottom, right = top + height, left + width
    rows, columns = reach(window, size)
    if not rows:
        return image[int(top) : int(bottom), int(left) : int(right)], None
    first_row, first_column = max(0, math.floor(top - rows)), max(0, math.floor(left - columns))
    part = image[first_row : math.ceil(bottom + rows), first_column : math.ceil(right + columns)]
    return part, (left - first_column, top - first_row, right - first_column, bottom - first_row)


def reach(window: Window, size: Sequence[int]) -> tuple[float, float]:
    """Return how many rows and columns beyond a window count where it is made another size.

    None beyond whole pixels, which are cut out first; else as many as one of the result is made of, and one more for
    rounding.
    """
    top, left, height, width = window
    if top % 1 == left % 1 == height % 1 == width % 1 == 0:
        return 0.0, 0.0
    return max(1.0, height / size[0]) + 1, max(1.0, width / size[1]) + 1


def _fallback(height: int, width: int, aspect: tuple[float, float]) -> Window:
    ratio = width / height
    if ratio < aspect[0]:
        wide, tall = width, round(width / aspect[0])
    elif ratio > aspect[1]:
        wide, tall = round(height * aspect[1]), height
    else:
        wide, tall = width, height
    return Window((height - tall) // 2, (width - wide) // 2, tall, wide)
