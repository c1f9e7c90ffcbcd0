"""A part of a picture made another size: antialiased, bilinear, the pixels of Pillow's bilinear filter.

Two resamplers do the same. Pillow is always there and lets other threads run meanwhile. cykooz-resizer, of the
`[simd]` extra, takes a quarter of the time; its pixels differ from Pillow's by one level at most. `interpolation` has
those that do not antialias.
"""

import threading
from importlib import import_module
from typing import Any, Literal

from PIL import Image

from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.loading import interpolation, windows
from filmroll.loading.resizer import Resizer, UInt8Array, copy, to_pillow
from filmroll.loading.windows import Window

Resampler = Literal["auto", "pillow", "simd", "opencv"]


def resizer(resampler: Resampler, *, antialias: bool = True) -> Resizer:
    """Return what resizes; "auto" takes the fastest that is installed.

    Raises:
        MissingDependencyError: One is asked for that is not installed.
        UnsupportedError: There is no such resampler, or it does not antialias, or does nothing else.
    """
    there_are = ANTIALIASED if antialias else interpolation.NOT_ANTIALIASED
    if resampler != "auto" and resampler not in there_are:
        names = " and ".join(map(repr, ("auto", *there_are)))
        raise UnsupportedError(f"resampler {resampler!r} with antialias={antialias}; there are {names}")
    for name, found in there_are.items():
        if resampler in ("auto", name) and _is_installed(found.module):
            return found
    missing = there_are[resampler]
    raise MissingDependencyError(f"the resampler {resampler} needs {missing.module}: pip install '{missing.extra}'")


def _is_installed(module: str) -> bool:
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def resize_by_pillow(image: UInt8Array, window: Window, out: UInt8Array) -> UInt8Array:
    """Resize a part of a picture with Pillow; arguments and result are those of a `resizer.Resize`."""
    part, box = windows.cut(image, window, out.shape)
    return copy(to_pillow(part).resize(out.shape[1::-1], Image.Resampling.BILINEAR, box=box).tobytes(), out)


def resize_by_simd(image: UInt8Array, window: Window, out: UInt8Array) -> UInt8Array:
    """Resize a part of a picture with cykooz-resizer; arguments and result are those of a `resizer.Resize`."""
    import cykooz_resizer as simd

    part, box = windows.cut(image, window, out.shape)
    kind = simd.PixelType.U8 if part.shape[2] == 1 else simd.PixelType.U8x3
    source = simd.ImageData(part.shape[1], part.shape[0], kind, part.tobytes())
    resized = simd.ImageData(out.shape[1], out.shape[0], kind)
    options = simd.ResizeOptions(
        resize_alg=simd.ResizeAlg.convolution(simd.FilterType.bilinear),
        crop_box=None if box is None else simd.CropBox(box[0], box[1], box[2] - box[0], box[3] - box[1]),
        use_alpha=False,
    )
    _resizer().resize(source, resized, options)
    return copy(resized.get_buffer(), out)


ANTIALIASED = {
    "simd": Resizer("cykooz_resizer", resize_by_simd, extra="filmroll[simd]"),
    "pillow": Resizer("PIL", resize_by_pillow),
}
"""By name, the fastest first."""

_local = threading.local()


def _resizer() -> Any:
    """Return this thread's resizer: it keeps its buffers, and is not to be shared."""
    import cykooz_resizer as simd

    if not hasattr(_local, "resizer"):
        _local.resizer = simd.Resizer()
    return _local.resizer
