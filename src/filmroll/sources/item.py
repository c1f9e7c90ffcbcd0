"""What a source yields: items, one for each picture, in a listing.

Listing   root, label_names, ignored        File    a picture in a file of its own, not read yet
└─ items  File | Row, File | Row, ...       Row     a picture in an array (rows.py)
"""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import numpy as np

from filmroll import codecs
from filmroll.boxes import Boxes
from filmroll.errors import DecodeError
from filmroll.sample import Sample, class_name

READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0)  # which Windows asks for
STEP_NBYTES = 1 << 20  # of what has no size


class Item(Protocol):
    """One picture of a source, and what is known of it before it is read."""

    @property
    def path(self) -> Path:
        """Where it is: the file that a report names."""

    @property
    def key(self) -> str:
        """Name that tells it from the others; for files the path below the source, with "/"."""

    @property
    def nbytes(self) -> int:
        """Its size when the source was listed."""

    @property
    def label(self) -> int | None:
        """Number of its class, from 0; None where it is in none."""

    @property
    def text(self) -> str | None:
        """Name of its class, or its caption; None where there is none."""

    @property
    def place(self) -> str:
        """Where a table speaks of it, `boxes.csv: line 7`; empty where none does."""

    def read(self) -> Sample:
        """Return the picture, encoded or as an array, with all that is known of it.

        Raises:
            OSError: It cannot be read.
            DecodeError: What is known of it cannot be told without its size, and it has no readable header.
        """


@dataclass(slots=True)
class File:
    """A file that may be a picture; there is one for each picture, so it is made of as little as is needed.

    Attributes:
        where: Its path as text.
        key: Its path below the source folder, with "/".
        nbytes: Its size when the source was listed.
        label: Number of its class, from 0; None where it is in none.
        text: Name of its class, or its caption; None where there is none.
        boxes: Boxes around its objects, or None.
        in_pixels: The corners of the boxes are pixels, not shares of height and width.
        mask: A PNG file with the class of each pixel, or None.
        features: Whatever else is known, by feature name, or None.
        place: Where a table speaks of it; empty where none does.
        changed_ns: When it was changed last, when the source was listed: nanoseconds since 1970.
    """

    where: str
    key: str
    nbytes: int
    label: int | None = None
    text: str | None = None
    boxes: Boxes | None = None
    in_pixels: bool = False
    mask: Path | None = None
    features: Mapping[str, Any] | None = None
    place: str = ""
    changed_ns: int = 0

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.where)

    def read(self) -> Sample:
        """Return what the file holds, with what is known of it.

        Raises:
            OSError: It cannot be read.
            DecodeError: The boxes are in pixels and the picture has no readable header; or the mask cannot be read,
                is no PNG, or has another size; or a file changed while it was read.
        """
        sample = Sample(self.key, self._content(), None, self.label, self.text, features=dict(self.features or {}))
        if self.boxes is not None:
            sample.boxes = _shares(self.boxes, sample.header) if self.in_pixels else self.boxes
        if self.mask is not None:
            sample.mask = _read_mask(self.mask, sample.header)
        return sample

    def _content(self) -> bytes:
        return _read(self.where, known=(self.nbytes, self.changed_ns))


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source holds.

    Attributes:
        root: The source.
        items: Its pictures, in order.
        ignored: Keys of what is no picture, or not meant.
        label_names: Names of the classes; the label is the position. Empty where there are no classes, or no names.
        parts: What the pictures have besides key and pixels: "label", "text" (where it is not the label's name),
            "boxes", "mask", "features".
        remarks: What is out of the ordinary about all of it, a sentence each.
    """

    root: Path
    items: Sequence[Item] = ()
    ignored: list[str] = field(default_factory=list)
    label_names: list[str] = field(default_factory=list)
    parts: frozenset[str] = frozenset()
    remarks: list[str] = field(default_factory=list)


def is_path(name: object) -> bool:
    """Tell whether the system can be asked for a file of that name."""
    if not isinstance(name, str) or "\0" in name:
        return False
    try:
        os.fsencode(name)
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def file_at(root: Path, name: str, **known: Any) -> File:
    """Return a file by the name that a table gives it, whether it is there or not.

    Args:
        root: Folder that names start from.
        name: Path from there, or an absolute one; the key is what of it leads on from the root.
        known: What else is known, as in `File`; its size and time are found out where they are not.
    """
    path = root / name
    key = PurePosixPath(path.relative_to(root) if path.is_relative_to(root) else name)
    parts = [part for part in key.parts if part not in ("..", key.anchor)]
    if "nbytes" not in known:
        known["nbytes"], known["changed_ns"] = size_and_time(path)
    return File(str(path), "/".join(parts), **known)


def size_and_time(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Return bytes and time of change, in nanoseconds since 1970, of a file; 0 and 0 where it cannot be opened."""
    try:
        return _size_and_time(os.stat(path))
    except OSError:  # reading it will say so, in the report
        return 0, 0


def _size_and_time(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def parts_of(files: Sequence[File], *, label_names: Sequence[str]) -> frozenset[str]:
    """Tell what these files have besides key and pixels."""
    has = {
        "label": any(file.label is not None for file in files),
        "text": any(file.text not in (None, class_name(file.label, label_names)) for file in files),
        "boxes": any(file.boxes is not None for file in files),
        "mask": any(file.mask is not None for file in files),
        "features": any(file.features for file in files),
    }
    return frozenset(name for name, there in has.items() if there)


def _read(path: str | Path, *, known: tuple[int, int] | None = None) -> bytes:
    """Return what a file holds.

    Args:
        path: The file.
        known: Its bytes and time of change when it was listed: where they are so still, one look is enough.

    Raises:
        OSError: It cannot be read.
        DecodeError: It became another while it was read: the bytes would be of neither.
    """
    handle = os.open(path, READ_ONLY)  # a file object would cost as much as reading a photo does
    try:
        nbytes, changed_ns = known or _size_and_time(os.fstat(handle))
        content = _rest(handle, nbytes)
        after = os.fstat(handle)
    finally:
        os.close(handle)
    if (len(content), changed_ns) == _size_and_time(after) or not stat.S_ISREG(after.st_mode):
        return content
    if known is not None:  # it is another than when it was listed
        return _read(path)
    raise DecodeError(f"it changed while it was read: {len(content)} bytes were, {after.st_size} are there now")


def _rest(handle: int, nbytes: int) -> bytes:
    """Read a file to its end, in one go where it has so many bytes."""
    content = os.read(handle, nbytes + 1)
    if len(content) == nbytes:
        return content
    pieces = [content]
    while pieces[-1]:
        pieces.append(os.read(handle, STEP_NBYTES))
    return b"".join(pieces)


def _shares(boxes: Boxes, header: codecs.Header) -> Boxes:
    size = np.array([header.height, header.width, header.height, header.width], np.float64)
    return Boxes((boxes.corners / size).astype(np.float32), boxes.labels, boxes.texts, boxes.masks)


def _read_mask(path: Path, picture: codecs.Header) -> bytes:
    try:
        mask = _read(path)
    except OSError as exc:
        raise DecodeError(f"its mask {path}: {exc.strerror}") from exc
    header = codecs.read_header(mask)
    if header.format != "png":
        raise DecodeError(f"its mask {path} is {header.format.upper()}, expected PNG, which keeps every class")
    if (header.height, header.width) != (picture.height, picture.width):
        raise DecodeError(
            f"its mask {path} is {header.height}x{header.width}, the picture {picture.height}x{picture.width}"
        )
    return mask
