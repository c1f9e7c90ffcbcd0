"""Where the records of a file are, from a text file beside it.

    photos.tfrecord.idx     one line a record: offset, a space, size in bytes
    0 118402                size includes the 16 bytes of framing
    118402 97316

NVIDIA DALI and vahidk's tfrecord read and write the same lines.

Source: https://github.com/NVIDIA/DALI/blob/main/tools/tfrecord2idx.
"""

import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from filmroll import atomic
from filmroll.errors import ParseError
from filmroll.records.framing import OVERHEAD_NBYTES

Int64Array = npt.NDArray[np.int64]

SUFFIX = ".idx"
MAX_OFFSET = 2**62  # so that no sum of two overflows
CHUNK_LINES = 1 << 16
_LINE = re.compile(rb"\s*\d{1,19}[ \t]+\d{1,19}\s*")
_WHAT_TO_DO = "delete the index to have the file scanned, or write it again"


def path_of(path: str | os.PathLike[str]) -> Path:
    """Return the path of the index beside a record file: its name plus ".idx"."""
    return Path(os.fspath(path) + SUFFIX)


def read(path: str | os.PathLike[str], *, file_nbytes: int | None = None) -> Int64Array:
    """Read an index.

    Args:
        path: The index itself, not the file it belongs to.
        file_nbytes: Size of that file, to check that every record is inside.

    Returns:
        int64 array of shape (count, 2): offset and size of each record, framing included, in bytes. Records may
        be left out, but stand in the order of the file.

    Raises:
        ParseError: A line is not two numbers, a size is below 16, or a record begins before the one above it
            ends, or ends behind the end of the file; the message has the number of the line.
        FileNotFoundError, IsADirectoryError: There is no such file.
    """
    text = Path(path).read_bytes()
    try:
        index = _parse(text)
        _check(index, text, file_nbytes=MAX_OFFSET if file_nbytes is None else file_nbytes)
    except ParseError as exc:
        raise exc.at(path=path) from None
    return index


def _parse(text: bytes) -> Int64Array:
    if not text.strip():
        return np.empty((0, 2), np.int64)
    try:
        index = np.loadtxt(io.BytesIO(text), np.int64, comments=None, ndmin=2)
    except ValueError as exc:
        raise _bad_line(text) from exc
    if index.shape[1] != 2:
        raise _bad_line(text)
    return index


def _bad_line(text: bytes) -> ParseError:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and (not _LINE.fullmatch(line) or max(map(int, line.split())) >= 2**63):
            return ParseError(f"line {number}: {line[:80]!r} is not 'offset size'; {_WHAT_TO_DO}")
    return ParseError(f"the lines are not 'offset size'; {_WHAT_TO_DO}")


def _check(index: Int64Array, text: bytes, *, file_nbytes: int) -> None:
    offsets, sizes = index[:, 0], index[:, 1]
    _refuse(sizes < OVERHEAD_NBYTES, text, f"a record has {OVERHEAD_NBYTES} bytes at least")
    _refuse((offsets < 0) | (offsets > file_nbytes - sizes), text, f"the file has only {file_nbytes} bytes")
    _refuse(np.append(False, offsets[1:] < (offsets + sizes)[:-1]), text, "it begins before the record above ends")


def _refuse(bad: npt.NDArray[np.bool_], text: bytes, reason: str) -> None:
    if bad.any():
        lines = [number for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
        raise ParseError(f"line {lines[int(np.argmax(bad))]}: {reason}; {_WHAT_TO_DO}")


def write(path: str | os.PathLike[str], offsets_sizes: npt.ArrayLike) -> None:
    """Write an index, whole or not at all.

    Args:
        path: The index itself.
        offsets_sizes: Integers of shape (count, 2): offset and size of each record, framing included.

    Raises:
        OSError: The file cannot be written; what stood there before still does.
    """
    with writing(path, offsets_sizes):
        pass


@contextmanager
def writing(path: str | os.PathLike[str], offsets_sizes: npt.ArrayLike) -> Iterator[None]:
    """Write an index that has its name when the block ends well, and leaves nothing behind when not.

    Args:
        path, offsets_sizes: As for `write`.

    Raises:
        OSError: The file cannot be written; what stood there before still does.
    """
    rows = np.asarray(offsets_sizes, np.int64).reshape(-1, 2)
    with atomic.writing(path) as file:
        for first in range(0, len(rows), CHUNK_LINES):
            chunk = rows[first : first + CHUNK_LINES]
            file.write(b"%d %d\n" * len(chunk) % tuple(chunk.ravel().tolist()))
        yield
