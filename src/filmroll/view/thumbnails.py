"""Small pictures, made when they are asked for and kept while there is room.

A JPEG is decoded at a half, a quarter or an eighth of its size where that is enough: a photo costs milliseconds.
"""

import os
from collections import OrderedDict
from threading import BoundedSemaphore, Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from filmroll import codecs
from filmroll.codecs import jpeg_window
from filmroll.codecs.jpeg_scan import Area
from filmroll.errors import Error, SourceError
from filmroll.sample import Sample
from filmroll.view.entries import Entries

SIDE = 256  # pixels; twice what a cell shows, for screens that have two for one
CRISP_SIDE = 64  # pictures no larger than this are kept pixel for pixel, as PNG
KEPT_NBYTES = 64 << 20
QUALITY = 82
DECODERS = BoundedSemaphore(os.cpu_count() or 1)  # at a time: a hundred large pictures at once would fill the memory


class Thumbnail(NamedTuple):
    """One small picture, encoded, or why there is none."""

    data: bytes
    type: str
    fault: str | None = None


NO_PIXELS = codecs.encode(np.zeros((1, 1, 4), np.uint8), "png")


class Thumbnails:
    """The thumbnails of entries, by number; from any thread."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._kept: OrderedDict[int, Thumbnail] = OrderedDict()
        self._nbytes = 0
        self._lock = Lock()

    def __getitem__(self, number: int) -> Thumbnail:
        """Return one; where there is no picture, or a damaged one, it is a transparent pixel and says why.

        Raises:
            IndexError: There is no such number.
        """
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        entry = self._entries[number]
        made = Thumbnail(NO_PIXELS, "image/png", entry.fault) if entry.fault else thumbnail(entry.sample)
        self._keep(number, made)
        return made

    def _keep(self, number: int, made: Thumbnail) -> None:
        with self._lock:
            if number not in self._kept:
                self._kept[number] = made
                self._nbytes += len(made.data)
            while self._nbytes > KEPT_NBYTES:
                self._nbytes -= len(self._kept.popitem(last=False)[1].data)


def thumbnail(sample: Sample) -> Thumbnail:
    """Make one small picture: JPEG, or PNG where it is tiny."""
    try:
        with DECODERS:
            image = thumbnail_of(sample, (SIDE, SIDE))
    except Error as exc:
        return Thumbnail(NO_PIXELS, "image/png", exc.message)
    if max(image.shape[:2]) <= CRISP_SIDE:
        return Thumbnail(codecs.encode(image, "png"), "image/png")
    return Thumbnail(codecs.encode(image, "jpeg", quality=QUALITY), "image/jpeg")


def thumbnail_of(sample: Sample, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Decode a picture and make it small.

    Args:
        sample: The picture; of an animation the first frame.
        size: The largest (width, height), in pixels.

    Returns:
        (height, width, 3) uint8.

    Raises:
        DecodeError, LimitError: The picture cannot be decoded.
        SourceError: The array is no picture.
    """
    small = Image.fromarray(_pixels(sample, size))
    is_much_larger = small.width > 4 * size[0] or small.height > 4 * size[1]
    small.thumbnail(size, Image.Resampling.BOX if is_much_larger else Image.Resampling.LANCZOS)
    return np.asarray(small)


def _pixels(sample: Sample, size: tuple[int, int]) -> NDArray[np.uint8]:
    if sample.array is not None or not sample.encoded:
        return as_rgb(sample.decode())
    header = sample.header
    if header.format == "npy":
        return as_rgb(sample.decode())
    if header.format != "jpeg":
        return sample.decode(channels=3, frames="first")
    factor = max(header.width // max(1, size[0]), header.height // max(1, size[1]))
    eighths = 8 if factor < 2 else 4 if factor < 4 else 2 if factor < 8 else 1
    whole = Area(0, 0, header.height, header.width)
    return jpeg_window.decode(sample.encoded, whole, eighths=eighths, channels=3)[0]


def as_rgb(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Show any picture-like array: grey becomes RGB, wider types are scaled to their own range.

    Raises:
        SourceError: The array is no picture.
    """
    if array.ndim < 2 or not array.size or array.dtype.kind not in "biuf":
        raise SourceError(f"an array of shape {array.shape} and {array.dtype} is no picture")
    image = array if array.ndim == 3 else array[:, :, np.newaxis] if array.ndim == 2 else array[0]
    if image.ndim != 3:
        raise SourceError(f"an array of shape {array.shape} is no picture")
    if image.dtype != np.uint8:
        image = _stretched(image)
    return np.ascontiguousarray(np.repeat(image[:, :, :1], 3, axis=2) if image.shape[2] < 3 else image[:, :, :3])


def _stretched(image: NDArray[Any]) -> NDArray[np.uint8]:
    values = image.astype(np.float64)
    finite = np.isfinite(values)
    low, high = (float(values[finite].min()), float(values[finite].max())) if finite.any() else (0.0, 0.0)
    scaled = (np.where(finite, values, low) - low) * (255 / ((high - low) or 1))
    return np.rint(scaled).astype(np.uint8)
