"""One picture of the sample: its pixels as people train on them, and the bytes that it came in."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.errors import Error, SourceError
from filmroll.sample import Sample
from filmroll.sources.file import MODES

Channels = Literal[1, 2, 3, 4]
LOSSY = frozenset({"jpeg", "avif"})


@dataclass(eq=False)
class Picture:
    """One picture that is measured.

    Attributes:
        name: Where it is from.
        encoded: The bytes that it came in; None where it was an array.
        header: What these say of themselves.
        whole: All of its pixels, (height, width, channels) mostly.
        channels: The number of them that was asked of the decoder; None for its own.
        image: The pixels that are measured: `whole`, or its middle where it is huge.
    """

    name: str
    encoded: bytes | None
    header: codecs.Header | None
    whole: NDArray[Any]
    channels: Channels | None
    image: NDArray[Any]

    @property
    def format(self) -> str:
        """Format of the bytes that it came in, "array" where it was one."""
        return self.header.format if self.header is not None else "array"

    @property
    def is_lossy(self) -> bool:
        """Whether the bytes that it came in have lost something already."""
        if self.encoded is None:
            return False
        return self.format in LOSSY or (self.format == "webp" and b"VP8 " in self.encoded[:64])

    @property
    def pixels(self) -> int:
        """Height times width; of other arrays the number of values."""
        return _pixels_of(self.whole.shape)

    @property
    def is_part(self) -> bool:
        """Whether only the middle of it is measured."""
        return self.image.shape != self.whole.shape

    @cached_property
    def stretch(self) -> float:
        """Bytes of the whole over bytes of the part that is measured: the formats' are scaled by it.

        Both are taken as JPEG, or as numbers of pixels where JPEG does not hold them.
        """
        if not self.is_part:
            return 1.0
        if self.whole.dtype != np.uint8 or self.whole.shape[2] == 2:
            return self.whole.size / self.image.size
        whole, part = (len(codecs.encode(one[..., :3], "jpeg", quality=85)) for one in (self.whole, self.image))
        return whole / part


def read(path: str | os.PathLike[str], *, mode: str | None = None, size: tuple[int, int] | None = None) -> Picture:
    """Read a picture file.

    Raises:
        OSError: It cannot be read.
        DecodeError, LimitError: It is no picture, or has too many pixels; says which file.
    """
    try:
        return of_sample(Sample(str(path), Path(path).read_bytes()), mode=mode, size=size)
    except Error as exc:
        raise exc.at(path=path) from exc


def of_sample(
    sample: Sample, *, mode: str | None = None, size: tuple[int, int] | None = None, most: int | None = None
) -> Picture:
    """Decode the picture of a sample: gray ones with one channel, others in RGB, of an animation the first frame.

    Args:
        sample: The picture, encoded or as an array.
        mode: Pillow's name of other channels.
        size: (height, width) at which an SVG is drawn; None takes its own.
        most: Pixels above which only the middle is measured; None measures all of it.

    Raises:
        DecodeError, LimitError, SourceError: It is no picture, or has too many pixels.
    """
    if sample.array is not None:
        whole = np.ascontiguousarray(sample.array)
        if not whole.size:
            raise SourceError(f"an array of shape {whole.shape} holds no picture")
        whole = whole[..., None] if whole.ndim == 2 else whole
        return Picture(sample.key, None, None, whole, None, _middle(whole, most))
    header, encoded = sample.header, bytes(sample.encoded or b"")
    channels = _channels(header, mode)
    whole = codecs.decode(encoded, channels=channels, frames="first", size=size)
    return Picture(sample.key, encoded, header, whole, channels, _middle(whole, most))


def notes_on(pictures: Sequence[Picture], *, count: int) -> list[str]:
    """Say what was left out of the arrays or done to the pictures, and what is to be known of their files."""
    headers = [(one, one.header) for one in pictures if one.header is not None]
    formats = {header.format for _, header in headers}
    notes = []
    for mode, channels in (("RGBA", 3), ("LA", 1)):
        alpha = [one for one, header in headers if one.channels == channels and header.color in ("rgba", "gray+alpha")]
        if alpha:
            notes.append(f"alpha left out of the array: --mode {mode} keeps it")
    if any(header.dtype == "uint16" and one.whole.dtype == np.uint8 for one, header in headers):
        notes.append("16 bits of each value became 8 in the array")
    frames = {header.frames for _, header in headers} - {None, 1}
    if frames:
        notes.append(f"the first of {max(filter(None, frames))} frames")
    if "jpeg" in formats:
        what = (
            "the file is a JPEG"
            if len(pictures) == 1
            else "the files are JPEGs"
            if len(formats) == 1
            else "some are JPEGs"
        )
        notes.append(f"{what} already: encoding as JPEG again loses once more")
    parts = [one for one in pictures if one.is_part]
    if parts:
        what = "the picture is" if count == 1 else f"{len(parts)} of {len(pictures)} pictures are"
        notes.append(f"{what} huge: the middle was measured, and its bytes and times scaled to the whole")
    if "svg" in formats:
        notes.append("an SVG holds no pixels: it comes back identical as long as the same renderer draws it")
    return notes


def _channels(header: codecs.Header, mode: str | None) -> Channels | None:
    if mode is not None:
        return MODES[mode]
    if header.format == "npy":
        return None
    return 1 if header.color in ("gray", "gray+alpha") else 3


def _middle(whole: NDArray[Any], most: int | None) -> NDArray[Any]:
    """Cut the middle out of a picture that has too many pixels, of the same aspect where that is possible."""
    if most is None or whole.ndim != 3 or _pixels_of(whole.shape) <= most:
        return whole
    height, width = whole.shape[:2]
    factor = math.sqrt(most / (height * width))
    rows, columns = max(1, int(height * factor)), max(1, int(width * factor))
    top, left = (height - rows) // 2, (width - columns) // 2
    return np.ascontiguousarray(whole[top : top + rows, left : left + columns])


def _pixels_of(shape: tuple[int, ...]) -> int:
    return shape[0] * shape[1] if len(shape) == 3 else math.prod(shape)
