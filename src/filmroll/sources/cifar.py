"""CIFAR-10 and CIFAR-100: batches of pictures of 32 x 32, as they are published, binary or pickled.

    data_batch_1.bin   rows of 3073 bytes: label | 1024 red | 1024 green | 1024 blue        batches.meta.txt  names
    train.bin          rows of 3074 bytes: coarse label | fine label | red, green, blue     fine_label_names.txt
    data_batch_1       a pickled dict: data uint8 (n, 3072), labels, filenames              batches.meta
    train              a pickled dict: data, fine_labels, coarse_labels, filenames          meta

Pickles are read as data by `pickled`, which runs nothing. Source: Alex Krizhevsky, "The CIFAR-10 and CIFAR-100
datasets", section on dataset layout.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import Error, FormatError, LimitError, ParseError, SourceError
from filmroll.sources import pickled, splits
from filmroll.sources.item import Listing
from filmroll.sources.pickled_arrays import Array
from filmroll.sources.rows import Row, Rows, running_keys

UInt8Array = NDArray[np.uint8]
Int64Array = NDArray[np.int64]

SIDE = 32
PICTURE_NBYTES = 3 * SIDE * SIDE
ROW_NBYTES = {10: 1 + PICTURE_NBYTES, 100: 2 + PICTURE_NBYTES}
BATCH = re.compile(r"(?P<train>data_batch(_\d+)?|train)(\.bin)?|(?P<test>test_batch|test)(\.bin)?")
PICKLE = b"\x80"  # PROTO, with which pickles of protocol 2 and later begin
MAX_NBYTES = pickled.MAX_NBYTES
NAMES = ("batches.meta", "meta", "batches.meta.txt", "fine_label_names.txt")


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What one file holds.

    Attributes:
        images: uint8 (n, height, width, 3); or a list of such pictures where they differ in size.
        labels: int64 (n,), from 0.
        coarse_labels: int64 (n,), the superclasses of CIFAR-100, or None.
        filenames: Names of the pictures, or None.
    """

    images: UInt8Array | list[UInt8Array]
    labels: Int64Array
    coarse_labels: Int64Array | None = None
    filenames: list[str] | None = None

    def __post_init__(self) -> None:
        """Check that the parts agree.

        Raises:
            ParseError: They differ in number.
        """
        for name in ("labels", "coarse_labels", "filenames"):
            part = getattr(self, name)
            if part is not None and len(part) != len(self.images):
                raise ParseError(f"{len(part)} {name} for {len(self.images)} pictures; expected one for each")


def read(
    source: str | os.PathLike[str], *, split: str | None = None, label_names: Sequence[str] | None = None
) -> Listing:
    """Read CIFAR-10 or CIFAR-100.

    Args:
        source: Folder of batches, or one batch; the names of the classes lie beside it.
        split: "train", "test", "all"; None where there is only one.
        label_names: Names of the classes by label; None takes those beside the batches.

    Returns:
        Pictures (32, 32, 3), RGB; keys are the names of their files, where the batches have them, or "00000000" and
        so on. CIFAR-100's superclass is the feature "coarse_label".

    Raises:
        SourceError: There is no batch, or several splits and none is named.
        UnsupportedError: A pickle asks for something that batches do not need: nothing of it was run.
        FormatError: A batch is cut short or contradicts itself; `offset` says where.
        LimitError: A file is larger than any of CIFAR's.
        OSError: A file cannot be read.
    """
    source = Path(source)
    paths = splits.choose(find(source), split=split, path=source) if source.is_dir() else [source]
    folder = source if source.is_dir() else source.parent
    names = read_names(folder) if label_names is None else list(label_names)
    batches = [read_batch(path) for path in paths]
    for path, batch in zip(paths, batches, strict=True):
        _check(batch, names, path)
    items = _together(source, batches, names)
    if not len(items):
        raise SourceError("no picture in it: nothing to pack", path=source)
    has_coarse = batches[0].coarse_labels is not None
    parts = frozenset({"label", "features"} if has_coarse else {"label"})
    return Listing(source, items, label_names=names, parts=parts)


def find(folder: Path) -> dict[str, list[Path]]:
    """Return the batches in a folder by split; binary ones where there are no pickled ones."""
    matches = [(match, path) for path in sorted(folder.iterdir()) if (match := BATCH.fullmatch(path.name))]
    batches = [(match, path) for match, path in matches if is_batch(path)]
    if any(path.suffix != ".bin" for _, path in batches):
        batches = [(match, path) for match, path in batches if path.suffix != ".bin"]
    found: dict[str, list[Path]] = {}
    for split in ("train", "test"):
        paths = [path for match, path in batches if match[split]]
        if paths:
            found[split] = paths
    return found


def is_batch(path: Path) -> bool:
    """Tell from its name, and its first byte where that is no proof, whether a file is a batch."""
    if BATCH.fullmatch(path.name) is None or not path.is_file():
        return False
    if path.suffix == ".bin":
        return True
    with open(path, "rb") as file:
        return file.read(1) == PICKLE


def read_names(folder: Path) -> list[str]:
    """Return the names of the classes that lie beside the batches; none where there are none.

    Raises:
        FormatError, UnsupportedError: The file is no list of names.
    """
    path = next((folder / name for name in NAMES if (folder / name).is_file()), None)
    if path is None:
        return []
    if path.suffix == ".txt":
        try:
            lines = path.read_text("utf-8-sig").split("\n")
        except UnicodeDecodeError as exc:
            raise FormatError(f"not UTF-8: byte {exc.object[exc.start]:#04x}", path=path, offset=exc.start) from exc
        return [line.strip() for line in lines if line.strip()]
    document = _unpickled(path)
    names = document.get("label_names", document.get("fine_label_names"))
    if not isinstance(names, list):
        raise ParseError("holds no label_names", path=path)
    return [_text(name, path) for name in names]


def read_batch(path: Path) -> Batch:
    """Read one batch, binary or pickled.

    Raises:
        UnsupportedError: A pickle asks for something that batches do not need.
        FormatError: It is cut short or contradicts itself.
        LimitError: It is larger than any of CIFAR's.
        OSError: It cannot be read.
    """
    if path.suffix == ".bin":
        return _read_binary(path)
    document = _unpickled(path)
    try:
        return _read_pickled(document, path)
    except Error as exc:
        raise exc.at(path=path) from exc


def _read_binary(path: Path) -> Batch:
    data = _read(path)
    classes = 100 if path.name in ("train.bin", "test.bin") else 10
    if len(data) % ROW_NBYTES[classes] and len(data) % ROW_NBYTES[110 - classes] == 0:
        classes = 110 - classes
    nbytes = ROW_NBYTES[classes]
    if len(data) % nbytes:
        last = len(data) // nbytes
        message = f"ends inside row {last}, rows of CIFAR-{classes} have {nbytes} bytes"
        raise FormatError(message, path=path, record=last, offset=last * nbytes)
    rows = np.frombuffer(data, np.uint8).reshape(-1, nbytes)
    labels = rows[:, : nbytes - PICTURE_NBYTES].astype(np.int64)
    coarse = labels[:, 0] if classes == 100 else None
    return Batch(_pictures(rows[:, -PICTURE_NBYTES:]), labels[:, -1], coarse)


def _read_pickled(document: dict[str, Any], path: Path) -> Batch:
    data = document.get("data")
    labels = document.get("labels", document.get("fine_labels"))
    if not isinstance(data, Array) or not isinstance(labels, list):
        known = ", ".join(sorted(name for name in document if isinstance(name, str)))[:200] or "nothing"
        raise ParseError(f"no batch of CIFAR: expected 'data', an array, and 'labels', a list; found {known}")
    coarse = document.get("coarse_labels")
    names = document.get("filenames")
    return Batch(
        _images(data, document.get("image_sizes")),
        _whole(labels, "labels", most=2**31),
        None if coarse is None else _whole(coarse, "coarse_labels", most=2**31),
        None if not isinstance(names, list) else [_text(name, path) for name in names],
    )


def _images(data: Array, sizes: object) -> UInt8Array | list[UInt8Array]:
    """Take the pictures out of an array (n, 3072), or out of one of n rows, whose sizes may differ."""
    if data.numbers is not None and data.numbers.ndim == 2 and data.numbers.dtype == np.uint8:
        return _pictures(data.numbers)
    if data.objects is not None and len(data.shape) == 2:
        return _pictures(_whole(data.objects, "data", most=255).astype(np.uint8).reshape(data.shape))
    if data.objects is None or len(data.shape) != 1:
        raise ParseError(f"data of shape {data.shape}, expected uint8 (n, {PICTURE_NBYTES})")
    many = sizes if isinstance(sizes, list) and len(sizes) == len(data.objects) else [None] * len(data.objects)
    return _alike(
        [_picture(row, size, number) for number, (row, size) in enumerate(zip(data.objects, many, strict=True))]
    )


def _pictures(rows: UInt8Array) -> UInt8Array:
    """View rows of 3072 bytes, red, green and blue planes, as (n, 32, 32, 3)."""
    if rows.shape[1] != PICTURE_NBYTES:
        raise ParseError(f"rows of {rows.shape[1]} bytes; a picture of CIFAR has {PICTURE_NBYTES}")
    return rows.reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)


def _picture(row: object, size: object, number: int) -> UInt8Array:
    """View one row as (height, width, 3)."""
    pixels = row.numbers if isinstance(row, Array) else None
    if pixels is None or pixels.dtype != np.uint8:
        raise ParseError("a picture that is no array of uint8", record=number)
    height, width = _size(size)
    if pixels.size != 3 * height * width:
        raise ParseError(f"{pixels.size} values for a picture of {height}x{width}x3", record=number)
    return pixels.reshape(3, height, width).transpose(1, 2, 0)


def _size(size: Any) -> tuple[int, int]:
    """Return (height, width) as a batch gives it, 32 x 32 where it does not."""
    if not isinstance(size, tuple) or len(size) != 2 or not all(type(side) is int and side > 0 for side in size):
        return SIDE, SIDE
    return size


def _alike(pictures: list[UInt8Array]) -> UInt8Array | list[UInt8Array]:
    return np.stack(pictures) if len({picture.shape for picture in pictures}) == 1 else pictures


def _whole(values: object, name: str, *, most: int) -> Int64Array:
    """Turn a list into an array, after looking at every value: they may be anything."""
    if type(values) is not list:
        raise ParseError(f"{name!r} is no list")
    wrong = next((row for row, value in enumerate(values) if type(value) is not int or not 0 <= value <= most), None)
    if wrong is not None:
        raise ParseError(f"{name!r} holds something else than whole numbers from 0 to {most}", record=wrong)
    return np.array(values, np.int64)


def _text(value: object, path: Path) -> str:
    if isinstance(value, bytes):
        return value.decode("latin1")
    if not isinstance(value, str):
        raise ParseError(f"a name that is a {type(value).__name__}, expected a text", path=path)
    return value


def _check(batch: Batch, names: Sequence[str], path: Path) -> None:
    outside = np.flatnonzero(batch.labels >= len(names)) if names else np.zeros(0, np.int64)
    if len(outside):
        row = int(outside[0])
        message = f"label {batch.labels[row]} in picture {row}; there are {len(names)} classes, numbered from 0"
        raise ParseError(message, path=path, record=row)


def _together(source: Path, batches: Sequence[Batch], names: Sequence[str]) -> Rows | list[Row]:
    labels = np.concatenate([batch.labels for batch in batches])
    keys = _keys(batches, len(labels))
    coarse = [batch.coarse_labels for batch in batches if batch.coarse_labels is not None]
    features = {"coarse_label": np.concatenate(coarse)} if len(coarse) == len(batches) else {}
    arrays = [batch.images for batch in batches if isinstance(batch.images, np.ndarray)]
    if len(arrays) == len(batches) and len({images.shape[1:] for images in arrays}) == 1:
        images = np.concatenate(arrays) if len(arrays) > 1 else arrays[0]
        return Rows(source, images, keys, labels, names, features)
    pictures = [picture for batch in batches for picture in batch.images]
    texts = [names[label] if names else None for label in labels.tolist()]
    return [
        Row(source, key, picture, label, text, {name: int(values[number]) for name, values in features.items()})
        for number, (key, picture, label, text) in enumerate(zip(keys, pictures, labels.tolist(), texts, strict=True))
    ]


def _keys(batches: Sequence[Batch], count: int) -> list[str]:
    named = [name for batch in batches for name in batch.filenames or ()]
    return named if len(set(named)) == count and all(named) else running_keys(count)


def _unpickled(path: Path) -> dict[str, Any]:
    """Read a pickled dict; the texts of Python 2 and the bytes of Python 3 are the same names."""
    try:
        document = pickled.parse(_read(path))
    except Error as exc:
        raise exc.at(path=path) from exc
    if not isinstance(document, dict):
        raise ParseError(f"no batch of CIFAR but a pickled {type(document).__name__}", path=path)
    return {key.decode("latin1") if isinstance(key, bytes) else str(key): value for key, value in document.items()}


def _read(path: Path) -> bytes:
    nbytes = path.stat().st_size
    if nbytes > MAX_NBYTES:
        raise LimitError(f"has {nbytes} bytes, more than any file of CIFAR; the limit is {MAX_NBYTES}", path=path)
    return path.read_bytes()
