"""The picture of an entry as a browser takes it, and masks as pictures to lay over it.

jpeg, png, gif, webp, avif, bmp, svg    the record's own bytes; an SVG is drawn by the browser with everything off
tiff, pnm, npy, arrays                  PNG
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from filmroll import codecs
from filmroll.buffer import Buffer
from filmroll.codecs.guard import decoding
from filmroll.errors import DecodeError, SourceError
from filmroll.sample import Sample
from filmroll.view.thumbnails import DECODERS, as_rgb

TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "svg": "image/svg+xml",
}
"""Formats that browsers show, and what they are called there."""

OPACITY = 150  # of masks, of 255
VOID = 255  # the class of pixels that belong to none, in masks of classes since Pascal VOC


def served(sample: Sample, *, vectors: bool = True) -> tuple[Buffer, str]:
    """Return a picture for a browser, and its media type; encoded ones as they are.

    Args:
        sample: The picture.
        vectors: Leave an SVG as it is; else draw it.

    Raises:
        DecodeError, LimitError, SourceError: It has to be decoded, and cannot be.
    """
    as_is = TYPES if vectors else TYPES.keys() - {"svg"}
    if sample.array is None and sample.encoded and sample.header.format in as_is:
        return sample.encoded, TYPES[sample.header.format]
    with DECODERS:
        if sample.array is not None or not sample.encoded or sample.header.format == "npy":
            image = as_rgb(sample.decode())
        else:
            image = sample.decode(frames="first") if sample.header.format == "avif" else sample.decode()
        return codecs.encode(image, "png"), "image/png"


def class_overlay(mask: Buffer) -> bytes:
    """Turn a mask with the class of each pixel into a transparent picture with a colour for each class.

    Returns:
        PNG, RGBA; class 0 is clear, 255 ("belongs to none") grey.

    Raises:
        DecodeError, LimitError: The mask cannot be decoded.
        SourceError: The mask has no class for each pixel.
    """
    classes = _levels(mask)
    table = np.array([(*colour(number - 1), OPACITY) for number in range(256)], np.uint8)
    table[0] = 0
    if classes.max(initial=0) == VOID and np.isin(classes, (0, VOID)).all():  # one class, as white on black
        classes = classes // VOID
    else:
        table[VOID] = (160, 160, 160, OPACITY)
    return codecs.encode(table[classes], "png")


def object_overlay(mask: Buffer, number: int) -> bytes:
    """Turn the mask of one object into a transparent picture in that object's colour.

    Returns:
        PNG, RGBA.

    Raises:
        DecodeError, LimitError: The mask cannot be decoded.
        SourceError: The mask has no class for each pixel.
    """
    table = np.array([(0, 0, 0, 0), (*colour(number), OPACITY)], np.uint8)
    return codecs.encode(table[(_levels(mask) > 0).astype(np.uint8)], "png")


def colour(number: int) -> tuple[int, int, int]:
    """Return the colour of a class or an object: neighbours are far apart on the circle of hues."""
    hue = number * 0.381966 % 1 * 6
    rising, sector = hue % 1, int(hue)
    wheel = [(1, rising, 0), (1 - rising, 1, 0), (0, 1, rising), (0, 1 - rising, 1), (rising, 0, 1), (1, 0, 1 - rising)]
    red, green, blue = (round(60 + 195 * part) for part in wheel[sector])
    return red, green, blue


def _levels(mask: Buffer) -> NDArray[np.uint8]:
    """Decode a mask into the numbers of its pixels; those of a palette are the palette's places."""
    with DECODERS:
        found: NDArray[Any] = (
            _palette_places(mask) if codecs.read_header(mask).color == "palette" else codecs.decode(mask)
        )
    if found.ndim == 3:
        found = found[:, :, 0]
    if found.ndim != 2:
        raise SourceError(f"a mask of shape {found.shape} has no class for each pixel")
    if found.dtype != np.uint8:
        raise DecodeError(f"a mask of {found.dtype}, expected uint8")
    return found


def _palette_places(mask: Buffer) -> NDArray[np.uint8]:
    with decoding("PNG"), Image.open(io.BytesIO(bytes(mask)), formats=["PNG"]) as image:
        return np.asarray(image).astype(np.uint8)
