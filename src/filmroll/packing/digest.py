"""What a shard is made from, in a few bytes: where they differ, something has changed since.

files   name, size and time of change, as `make` goes by them        arrays   a checksum of every byte
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from filmroll.boxes import Boxes
from filmroll.records import storage
from filmroll.records.checksum import crc32c
from filmroll.sources.files import Files
from filmroll.sources.item import File, Item
from filmroll.sources.rows import Rows

DIGEST_NBYTES = 16


def of_items(items: Iterable[Item]) -> str:
    """Digest some items in their order: all that is known of them, with size and time of their files when listed.

    Returns:
        32 hexadecimal digits.
    """
    if isinstance(items, Files) and items.is_plain:
        return blake2b(b"".join(items.content()), digest_size=DIGEST_NBYTES).hexdigest()
    digest = blake2b(digest_size=DIGEST_NBYTES)
    lines = []
    for item in items:
        lines.append(f"{item.key}\0{item.label}\0{item.text}\0{item.nbytes}\n")
        if isinstance(item, File):
            lines.append(f"{item.changed_ns}\n")
            if not (item.boxes is None and item.mask is None and not item.features):
                digest.update(_known(item))
    digest.update(_encode("".join(lines)))
    return digest.hexdigest()


def of_numbers(numbers: Iterable[int]) -> str:
    """Digest the numbers of some `Rows`, whose pixels `of_rows` digests."""
    return blake2b(np.fromiter(numbers, np.int64).tobytes(), digest_size=DIGEST_NBYTES).hexdigest()


def of_rows(rows: Rows) -> list[int]:
    """Return checksums of the pixels, the names, the labels and the other features of pictures in one array."""
    arrays = [rows.images, rows.labels, *(rows.features[name] for name in sorted(rows.features))]
    found = [array for array in arrays if array is not None]
    names = np.frombuffer(_encode("\0".join(rows.keys)), np.uint8)
    return [_checksum(array) for array in (*found, names)]


def of_files(paths: Iterable[Path]) -> str:
    """Digest names, sizes and times of record files; an LMDB environment is a folder."""
    digest = blake2b(digest_size=DIGEST_NBYTES)
    for path in paths:
        digest.update(_encode(f"{path.name}\0{_state(storage.data_file_of(path))}\n"))
    return digest.hexdigest()


def _state(path: Path) -> str:
    try:
        status = storage.now(path).stat()
    except OSError:
        return "absent"
    return f"{status.st_size} {status.st_mtime_ns}"


def _known(item: File) -> bytes:
    parts: list[Any] = [item.in_pixels, item.mask and f"{item.mask}\0{_state(item.mask)}"]
    if item.boxes is not None:
        parts += _of_boxes(item.boxes)
    features: Mapping[str, Any] = item.features or {}
    parts += [part for name in sorted(features) for part in (name, features[name])]
    return b"\0".join(map(_bytes, parts))


def _of_boxes(boxes: Boxes) -> list[Any]:
    return [boxes.corners, boxes.labels, boxes.texts, [bytes(mask) for mask in boxes.masks or ()]]


def _bytes(value: Any) -> bytes:
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return b"%s %r " % (value.dtype.str.encode(), value.shape) + value.tobytes()
    return _encode(repr(value))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _checksum(array: np.ndarray[Any, Any]) -> int:
    return crc32c(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
