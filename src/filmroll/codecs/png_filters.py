"""PNG's row filters, for whole images at once: on writing they depend on raw neighbours only.

Each row of the filtered image is the number of its filter, then its bytes minus a prediction from the bytes
to the left (a), above (b) and above left (c), modulo 256: none 0, sub a, up b, average (a + b) // 2, paeth
whichever of a, b, c is nearest to a + b - c.

Source: PNG specification, third edition, section 9.
"""

import zlib

import numpy as np

from filmroll.codecs.pixels import Pixels

FILTERS = ("none", "sub", "up", "average", "paeth", "adaptive")
BLOCK_NBYTES = 2**22  # filtered at a time: five candidates of this size are held for "adaptive"


def compress(image: Pixels, *, name: str, level: int) -> bytes:
    """Filter and deflate an image into the content of its IDAT chunk.

    Args:
        image: uint8 or uint16 (height, width, channels), C-contiguous.
        name: One of `FILTERS`.
        level: zlib's level, 0 to 9.
    """
    rows = image.astype(image.dtype.newbyteorder(">"), copy=False).reshape(len(image), -1).view(np.uint8)
    distance = image.shape[-1] * image.dtype.itemsize
    strategy = zlib.Z_DEFAULT_STRATEGY if name == "none" else zlib.Z_FILTERED
    deflate = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, strategy)
    step = max(1, BLOCK_NBYTES // rows.shape[1])
    parts = []
    for first in range(0, len(rows), step):
        above = rows[first - 1] if first else np.zeros_like(rows[0])
        parts.append(deflate.compress(_filtered(rows[first : first + step], above, distance, name)))
    return b"".join([*parts, deflate.flush()])


def _filtered(rows: Pixels, above: Pixels, distance: int, name: str) -> bytes:
    if name != "adaptive":
        return _numbered(_apply(rows, above, distance, name), FILTERS.index(name)).tobytes()
    candidates = [_numbered(_apply(rows, above, distance, each), number) for number, each in enumerate(FILTERS[:-1])]
    # The smallest sum of absolute differences: the heuristic of the specification, section 12.7.
    costs = [np.abs(each[:, 1:].view(np.int8).astype(np.int16)).sum(axis=1, dtype=np.int64) for each in candidates]
    best = np.argmin(costs, axis=0)
    chosen: bytes = np.stack(candidates)[best, np.arange(len(rows))].tobytes()
    return chosen


def _numbered(filtered: Pixels, number: int) -> Pixels:
    return np.insert(filtered, 0, number, axis=1)


def _apply(rows: Pixels, above: Pixels, distance: int, name: str) -> Pixels:
    """Subtract the prediction of one filter, modulo 256."""
    up = np.vstack([above[None], rows[:-1]])
    left, corner = (_shifted(each, distance) for each in (rows, up))
    if name == "none":
        return rows
    if name == "average":
        guess: Pixels = ((left.astype(np.uint16) + up) >> 1).astype(np.uint8)
    else:
        guess = {"sub": left, "up": up}[name] if name != "paeth" else _paeth(left, up, corner)
    filtered: Pixels = np.subtract(rows, guess)
    return filtered


def _shifted(rows: Pixels, distance: int) -> Pixels:
    out = np.zeros_like(rows)
    out[:, distance:] = rows[:, :-distance]
    return out


def _paeth(left: Pixels, up: Pixels, corner: Pixels) -> Pixels:
    guess = left.astype(np.int16) + up - corner
    to_left, to_up, to_corner = (np.abs(guess - each) for each in (left, up, corner))
    nearest_above = np.where(to_up <= to_corner, up, corner)
    return np.where((to_left <= to_up) & (to_left <= to_corner), left, nearest_above)
