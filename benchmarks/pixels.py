"""How far pixels are apart that two engines made of the same pictures."""

import math
from pathlib import Path


def mean_difference(one: str | Path, other: str | Path) -> float:
    """Return the mean absolute difference of two .npy files of uint8 pixels, of 255; infinite if shapes differ."""
    import numpy as np

    left, right = np.load(one), np.load(other)
    if left.shape != right.shape:
        return math.inf
    return float(np.abs(left.astype(np.int16) - right.astype(np.int16)).mean())
