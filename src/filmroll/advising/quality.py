"""How close a picture is to its source: PSNR, SSIM, and SSIMULACRA2 where it is installed.

    SSIM   means, variances and covariance in a Gaussian window of 11 x 11 pixels, sigma 1.5, moved over each channel:
           (2 mx my + c1) (2 cov + c2) / ((mx² + my² + c1) (vx + vy + c2)), and the mean of that

The windows are products with a band matrix: what a slow loop in Python would be, at the speed of the BLAS.

Source: Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error visibility to structural similarity",
IEEE Transactions on Image Processing 13 (2004); equal to tf.image.ssim and tf.image.psnr.
"""

import io
import math
from importlib import util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.errors import MissingDependencyError, UnsupportedError

WINDOW, SIGMA = 11, 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
MIDDLE = 127.5  # subtracted first: float32 keeps more digits of the variances
TILE = 64  # pixels of a side of what is multiplied at once: below what BLAS wakes other threads for
STRIP = 512  # rows of the picture at a time, so that huge ones need no more memory

Float32Array = NDArray[np.float32]


def psnr(image: NDArray[Any], source: NDArray[Any]) -> float:
    """Compute the peak signal-to-noise ratio.

    Args:
        image, source: uint8 (height, width, channels) of one shape.

    Returns:
        Decibels; infinity where nothing differs.

    Raises:
        UnsupportedError: The shapes differ, or they are not uint8.
    """
    _check(image, source)
    total = sum(
        float(np.sum(np.square(image[top : top + STRIP].astype(np.int32) - source[top : top + STRIP]), dtype=np.int64))
        for top in range(0, len(image), STRIP)
    )
    return 10 * math.log10(255**2 * image.size / total) if total else math.inf


def ssim(image: NDArray[Any], source: NDArray[Any]) -> float | None:
    """Compute the structural similarity, the mean over all channels.

    Args:
        image, source: uint8 (height, width, channels) of one shape.

    Returns:
        1 for equal pictures, less for others; None where a side is shorter than the window of 11 pixels.

    Raises:
        UnsupportedError: The shapes differ, or they are not uint8.
    """
    _check(image, source)
    height, width, _ = image.shape
    if min(height, width) < WINDOW:
        return None
    total, count = 0.0, 0
    for top in range(0, height - WINDOW + 1, STRIP):
        rows = slice(top, top + STRIP + WINDOW - 1)
        found = _ssim_map(_planes(image[rows]), _planes(source[rows]))
        total, count = total + float(found.sum(dtype=np.float64)), count + found.size
    return total / count


def has_ssimulacra2() -> bool:
    """Tell whether the package ssimulacra2 is installed."""
    return util.find_spec("ssimulacra2") is not None


def ssimulacra2(image: NDArray[Any], source: NDArray[Any]) -> float:
    """Compute SSIMULACRA2: 90 is hard to tell from the source, 70 good, 50 middling, 30 poor.

    Args:
        image, source: uint8 (height, width, 1 or 3) of one shape.

    Raises:
        MissingDependencyError: The package ssimulacra2 is not installed.
        UnsupportedError: The shapes differ, or they are not uint8.

    Source: Sneyers, SSIMULACRA 2 (Cloudinary, 2022), through ssimulacra2.
    """
    _check(image, source)
    try:
        from ssimulacra2 import compute_ssimulacra2
    except ImportError as exc:
        raise MissingDependencyError("measuring SSIMULACRA2 needs ssimulacra2: pip install ssimulacra2") from exc
    files = (io.BytesIO(codecs.encode(one, "png", compression=0)) for one in (source, image))
    return float(compute_ssimulacra2(*files))


def _check(image: NDArray[Any], source: NDArray[Any]) -> None:
    if image.shape != source.shape or image.ndim != 3 or {image.dtype.name, source.dtype.name} != {"uint8"}:
        raise UnsupportedError(
            f"pictures of {image.shape} {image.dtype} and {source.shape} {source.dtype}; both must be uint8 (height,"
            " width, channels) of one shape"
        )


def _planes(image: NDArray[Any]) -> Float32Array:
    return np.ascontiguousarray(image.transpose(2, 0, 1), np.float32) - np.float32(MIDDLE)


def _ssim_map(image: Float32Array, source: Float32Array) -> Float32Array:
    mean, mean_of_source, square, product = _blurred(
        np.stack([image, source, image * image + source * source, image * source])
    )
    spread = square - mean**2 - mean_of_source**2
    covariance = product - mean * mean_of_source
    mean, mean_of_source = mean + MIDDLE, mean_of_source + MIDDLE
    light = (2 * mean * mean_of_source + C1) / (mean**2 + mean_of_source**2 + C1)
    found: Float32Array = light * (2 * covariance + C2) / (spread + C2)
    return found


def _blurred(planes: Float32Array) -> Float32Array:
    """Weigh (..., height, width) with the window, down and across; the edges without a whole window are left out."""
    height, width = (side - WINDOW + 1 for side in planes.shape[-2:])
    band, out = _band(TILE), np.empty((*planes.shape[:-2], height, width), np.float32)
    for top in range(0, height, TILE):
        rows = min(TILE, height - top)
        down = band[:rows, : rows + WINDOW - 1]
        for left in range(0, width, TILE):
            columns = min(TILE, width - left)
            tile = planes[..., top : top + rows + WINDOW - 1, left : left + columns + WINDOW - 1]
            across = band[:columns, : columns + WINDOW - 1].T
            out[..., top : top + rows, left : left + columns] = down @ tile @ across
    return out


def _band(rows: int) -> Float32Array:
    """Return the matrix whose row i holds the window's weights from column i on."""
    weights = np.exp(-((np.arange(WINDOW) - WINDOW // 2) ** 2) / (2 * SIGMA**2))
    band = np.zeros((rows, rows + WINDOW - 1), np.float32)
    for row in range(rows):
        band[row, row : row + WINDOW] = weights / weights.sum()
    return band
