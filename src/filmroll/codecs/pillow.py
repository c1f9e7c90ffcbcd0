"""The formats that Pillow reads and writes for filmroll: one guarded way in, one way out.

Plugins are called directly, not through PIL.Image.open: that would guess the format again, and warn about
sizes that `max_pixels` has already been asked about.
"""

import io
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image, ImageFile

from filmroll.buffer import Buffer
from filmroll.codecs import guard
from filmroll.codecs.header import Header, check_pixels, picture_header
from filmroll.codecs.pixels import BAND_PIXELS, Pixels, bands
from filmroll.errors import DecodeError

Plugin = Callable[[io.BytesIO], ImageFile.ImageFile]

MODES = {  # what a picture of a mode is converted to, its channels, its colour
    "1": ("L", 1, "gray"),
    "L": ("L", 1, "gray"),
    "LA": ("LA", 2, "gray+alpha"),
    "P": ("RGB", 3, "palette"),
    "PA": ("RGBA", 4, "palette"),
    "RGB": ("RGB", 3, "rgb"),
    "RGBX": ("RGB", 3, "rgb"),
    "RGBA": ("RGBA", 4, "rgba"),
    "RGBa": ("RGBA", 4, "rgba"),
    "CMYK": ("RGB", 3, "cmyk"),
    "YCbCr": ("RGB", 3, "ycbcr"),
    "LAB": ("RGB", 3, "lab"),
    "I": ("I", 1, "gray"),
    "I;16": ("I;16", 1, "gray"),
    "I;16B": ("I;16B", 1, "gray"),
    "I;16L": ("I;16L", 1, "gray"),
}
EXIF_ORIENTATION = 0x0112

_warnings_lock = threading.Lock()


def open_picture(plugin: Plugin, encoded: Buffer, *, name: str) -> ImageFile.ImageFile:
    """Read the header of a picture; pixels stay encoded.

    Raises:
        DecodeError: The plugin refused the bytes, or the picture has a mode that is no picture's (32-bit,
            float).
    """
    with guard.decoding(name):
        picture = plugin(io.BytesIO(encoded))
    if picture.mode not in MODES or (picture.mode == "I" and name != "PNM"):
        raise DecodeError(f"{name} of Pillow's mode {picture.mode!r}: only 8-bit colour and 16-bit gray can be decoded")
    if min(picture.size) < 1:
        raise DecodeError(f"the {name} announces {picture.height} x {picture.width} pixels")
    return picture


def read_header(plugin: Plugin, encoded: Buffer, *, name: str) -> Header:
    """Make a Header of what a plugin says without decoding.

    Raises:
        DecodeError: The plugin refused the bytes.
    """
    picture = open_picture(plugin, encoded, name=name)
    _, channels, color = MODES[picture.mode]
    dtype = "uint16" if picture.mode.startswith("I") else "uint8"
    frames = getattr(picture, "n_frames", 1) if name == "AVIF" else 1
    return picture_header(
        name.lower(),
        picture.height,
        picture.width,
        channels,
        color,
        dtype=dtype,
        frames=frames if frames > 1 else None,
        orientation=_orientation(picture),
    )


def decode(plugin: Plugin, encoded: Buffer, *, name: str, max_pixels: int | None) -> Pixels:
    """Decode the first picture of a file into (height, width, channels) as stored, uint8 or uint16.

    Raises:
        DecodeError: The plugin refused the bytes.
        LimitError: The header announces more than `max_pixels` pixels.
    """
    picture = open_picture(plugin, encoded, name=name)
    check_pixels(picture.height, picture.width, max_pixels=max_pixels)
    with guard.decoding(name):
        return to_array(picture)


def to_array(picture: Image.Image) -> Pixels:
    """Copy a picture into an array (height, width, channels): uint16 for the modes with I, else uint8."""
    picture.load()
    mode = MODES[picture.mode][0]
    if mode != picture.mode:
        picture = picture.convert(mode)
    pixels = copy_pixels(picture)
    return pixels.clip(0, 65535).astype(np.uint16) if mode.startswith("I") else pixels


def copy_pixels(picture: Image.Image) -> Pixels:
    """Copy pixels as they are into an array (height, width, channels), a large picture band by band.

    NumPy alone would take a copy of all on the way.
    """
    height, width = picture.height, picture.width
    if height * width <= BAND_PIXELS:
        pixels: Pixels = np.array(picture)
        return pixels if pixels.ndim == 3 else pixels[..., None]
    row = np.asarray(picture.crop((0, 0, width, 1)))
    out = np.empty((height, *row.shape[1:]), row.dtype)
    for rows in bands(height, width):
        out[rows] = picture.crop((0, rows.start, width, min(rows.stop, height)))
    return out if out.ndim == 3 else out[..., None]


def to_frames(picture: ImageFile.ImageFile, count: int) -> Pixels:
    """Copy the first `count` frames into an array (count, height, width, channels).

    Frames are seeked to in order, as animation decoders want it.
    """
    picture.seek(0)
    first = to_array(picture)
    if count == 1:
        return first[None]
    frames = np.empty((count, *first.shape), first.dtype)
    frames[0] = first
    for number in range(1, count):
        picture.seek(number)
        frames[number] = to_array(picture)
    return frames


def narrow(image: Pixels, dtype: str | None) -> Pixels:
    """Take the high byte of 16-bit pixels unless another dtype than uint8 is asked for."""
    return (image >> 8).astype(np.uint8) if image.dtype == np.uint16 and dtype in (None, "uint8") else image


@contextmanager
def silent() -> Iterator[None]:
    """Suppress the warnings with which Pillow comments on TIFF tags: what matters is an error anyway.

    Python's warning filters belong to the whole process before 3.14; the lock keeps our own threads from
    restoring each other's.
    """
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def encode(image: Pixels, *, name: str, **options: Any) -> bytes:
    """Encode (height, width, channels) with a plugin of Pillow.

    Raises:
        EncodeError: The plugin refused the picture.
    """
    out = io.BytesIO()
    with guard.encoding(name):
        from_array(image).save(out, name, **options)
    return out.getvalue()


def from_array(image: Pixels) -> Image.Image:
    """Make a picture of a uint8 or uint16 array (height, width, channels)."""
    return Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)


def _orientation(picture: Image.Image) -> int:
    with guard.decoding("EXIF"):
        value = picture.getexif().get(EXIF_ORIENTATION, 1)
    return value if value in range(1, 9) else 1
