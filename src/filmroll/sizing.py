"""What one picture costs: as an array, as NPY, as JPEG, PNG and WebP, and whether it comes back identical."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.errors import Error
from filmroll.sources.file import MODES

JPEG_QUALITIES = (75, 95)
Mode = Literal["L", "LA", "RGB", "RGBA"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to store the picture.

    Attributes:
        name: "raw array", "NPY", "JPEG, quality 75", ...
        nbytes: Bytes that it takes.
        share: `nbytes` over the bytes of the raw array.
        identical: Whether every value of the array comes back.
    """

    name: str
    nbytes: int
    share: float
    identical: bool


@dataclass(frozen=True, slots=True)
class Sizes:
    """The costs of one picture.

    Attributes:
        path: The picture's file.
        header: What the file says of itself.
        shape, dtype: The array's.
        candidates: The ways to store it.
        notes: What was left out or done to the picture.
    """

    path: str
    header: codecs.Header
    shape: tuple[int, ...]
    dtype: str
    candidates: list[Candidate]
    notes: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return the table as plain JSON values."""
        rows = [
            {"name": one.name, "nbytes": one.nbytes, "share": one.share, "identical": one.identical}
            for one in self.candidates
        ]
        return {
            "path": self.path,
            "format": self.header.format,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "candidates": rows,
            "notes": self.notes,
        }


def sizes(path: str | os.PathLike[str], *, mode: Mode | None = None, size: tuple[int, int] | None = None) -> Sizes:
    """Measure what the same picture costs in each form.

    Args:
        path: A picture file of any format that filmroll decodes; of an animation the first frame counts.
        mode: Channels of the array that is stored, by Pillow's names; None is "L" for grey pictures, else "RGB":
            what people train on. NPY keeps its own.
        size: (height, width) at which an SVG is drawn; None takes its own.

    Returns:
        The table: the file as it is first, then the array and its encodings.

    Raises:
        FileNotFoundError: There is no such file.
        DecodeError: It is no picture.
        LimitError: It has more than 2**28 pixels.
    """
    data = Path(path).read_bytes()
    try:
        header = codecs.read_header(data)
        channels = _channels(header, mode)
        image = codecs.decode(data, channels=channels, frames="first", size=size)
    except Error as exc:
        raise exc.at(path=path) from exc
    rows = [
        Candidate(f"the file as it is ({header.format.upper()})", len(data), len(data) / image.nbytes, True),
        Candidate("raw array", image.nbytes, 1.0, True),
    ]
    rows += [_candidate(name, image, format, how) for name, format, how in _ways(image)]
    return Sizes(str(path), header, image.shape, image.dtype.name, rows, _notes(header, image, channels))


def _channels(header: codecs.Header, mode: Mode | None) -> Literal[1, 2, 3, 4] | None:
    if mode is not None:
        return MODES[mode]
    if header.format == "npy":
        return None
    return 1 if header.color in ("gray", "gray+alpha") else 3


def _ways(image: NDArray[Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """List the encodings that can hold this array."""
    ways: list[tuple[str, str, dict[str, Any]]] = [("NPY", "npy", {})]
    if image.ndim != 3 or image.dtype not in (np.uint8, np.uint16) or image.shape[2] not in (1, 2, 3, 4):
        return ways
    if image.dtype == np.uint8 and image.shape[2] in (1, 3):
        ways += [(f"JPEG, quality {quality}", "jpeg", {"quality": quality}) for quality in JPEG_QUALITIES]
    ways.append(("PNG", "png", {}))
    if image.dtype == np.uint8 and image.shape[2] in (3, 4):
        ways.append(("WebP, quality 80", "webp", {"quality": 80}))
        ways.append(("WebP, lossless", "webp", {"lossless": True, "quality": 100}))
    return ways


def _candidate(name: str, image: NDArray[Any], format: str, how: dict[str, Any]) -> Candidate:
    data = codecs.encode(image, format, **how)
    channels = None if format == "npy" else image.shape[2]
    back = codecs.decode(data, channels=channels, dtype=None if format == "npy" else image.dtype.name)
    return Candidate(name, len(data), len(data) / image.nbytes, np.array_equal(back, image))


def _notes(header: codecs.Header, image: NDArray[Any], channels: int | None) -> list[str]:
    notes = []
    if header.color in ("rgba", "gray+alpha") and channels in (1, 3):
        notes.append(f"alpha left out of the array: --mode {'RGBA' if channels == 3 else 'LA'} keeps it")
    if header.frames not in (None, 1):
        notes.append(f"the first of {header.frames} frames")
    if header.format == "jpeg":
        notes.append("the file is a JPEG already: encoding it as JPEG again loses once more")
    if header.format == "svg":
        notes.append("an SVG holds no pixels: it comes back identical as long as the same renderer draws it")
    return notes
