"""A part of a picture made another size: antialiased, bilinear, the pixels of Pillow's bilinear filter.

Two resamplers do the same. Pillow is always there and lets other threads run meanwhile. cykooz-resizer, of the
`[simd]` extra, takes a quarter of the time; its pixels differ from Pillow's by one level at most.
"""

import threading
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.loading.windows import Window

UInt8Array = NDArray[np.uint8]
Resampler = Literal["auto", "pillow", "simd"]
Resize = Callable[[UInt8Array, Window, tuple[int, int]], UInt8Array]


def resize_with(resampler: Resampler) -> Resize:
    """Return the function that resizes; "auto" takes the fastest that is installed.

    Raises:
        MissingDependencyError: "simd" is asked for and not installed.
        UnsupportedError: There is no such resampler.
    """
    if resampler not in ("auto", "pillow", "simd"):
        raise UnsupportedError(f"resampler {resampler!r}; there are 'auto', 'pillow' and 'simd'")
    if resampler == "pillow":
        return resize_by_pillow
    try:
        import cykooz_resizer  # noqa: F401
    except ImportError as exc:
        if resampler == "auto":
            return resize_by_pillow
        raise MissingDependencyError("resampler 'simd' needs: pip install 'filmroll[simd]'") from exc
    return resize_by_simd


def resize_by_pillow(image: UInt8Array, window: Window, size: tuple[int, int]) -> UInt8Array:
    """Resize a part of a picture with Pillow.

    Args:
        image: (height, width, 1 or 3) uint8.
        window: The part, inside the picture.
        size: (height, width) of the result.

    Returns:
        (size[0], size[1], channels) uint8.
    """
    part, box = _cut(image, window)
    picture = Image.fromarray(part[:, :, 0] if part.shape[2] == 1 else part)
    resized = picture.resize((size[1], size[0]), Image.Resampling.BILINEAR, box=box)
    return np.asarray(resized).reshape(*size, part.shape[2])


def resize_by_simd(image: UInt8Array, window: Window, size: tuple[int, int]) -> UInt8Array:
    """Resize a part of a picture with cykooz-resizer; arguments and result are those of `resize_by_pillow`."""
    import cykooz_resizer as simd

    part, box = _cut(image, window)
    kind = simd.PixelType.U8 if part.shape[2] == 1 else simd.PixelType.U8x3
    source = simd.ImageData(part.shape[1], part.shape[0], kind, part.tobytes())
    resized = simd.ImageData(size[1], size[0], kind)
    options = simd.ResizeOptions(
        resize_alg=simd.ResizeAlg.convolution(simd.FilterType.bilinear),
        crop_box=None if box is None else simd.CropBox(box[0], box[1], box[2] - box[0], box[3] - box[1]),
        use_alpha=False,
    )
    _resizer().resize(source, resized, options)
    return np.frombuffer(resized.get_buffer(), np.uint8).reshape(*size, part.shape[2])


def _cut(image: UInt8Array, window: Window) -> tuple[UInt8Array, tuple[float, float, float, float] | None]:
    """Cut out whole pixels; a part with fractions stays a box, so that the pixels around it count at its edges."""
    top, left, height, width = window
    bottom, right = top + height, left + width
    if all(float(edge).is_integer() for edge in window):
        return np.ascontiguousarray(image[int(top) : int(bottom), int(left) : int(right)]), None
    return np.ascontiguousarray(image), (left, top, min(right, image.shape[1]), min(bottom, image.shape[0]))


_local = threading.local()


def _resizer() -> Any:
    """Return this thread's resizer: it keeps its buffers, and is not to be shared."""
    import cykooz_resizer as simd

    if not hasattr(_local, "resizer"):
        _local.resizer = simd.Resizer()
    return _local.resizer
