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
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from filmroll import atomic
from filmroll.errors import ParseError
from filmroll.records.framing import OVERHEAD_NBYTES
from filmroll.remote.path import RemotePath
from filmroll.remote.path import path_of as path_of_name
from filmroll.spool import Spool

Int64Array = npt.NDArray[np.int64]

SUFFIX = ".idx"
MAX_OFFSET = 2**62  # so that no sum of two overflows
CHUNK_LINES = 1 << 16
BLOCK_NBYTES = 1 << 18  # which stays in the processor's cache
_LINE = re.compile(rb"\s*[-+]?\d{1,19}[ \t]+[-+]?\d{1,19}\s*")
_WHAT_TO_DO = "delete the index to have the file scanned, or write it again"


def path_of(path: str | os.PathLike[str]) -> Path:
    """Return the path of the index beside a record file: its name plus ".idx"."""
    whole = path_of_name(path)
    return whole.with_name(whole.name + SUFFIX)


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
        OSError: There are very many records, and the disk for temporary files is full.
    """
    path = path_of_name(path)
    limit = MAX_OFFSET if file_nbytes is None else file_nbytes
    end = 0
    rows = Spool()  # of ten million records they would take 160 MB for as long as their file is open
    for text in _blocks(path):
        try:
            part = _parse(text)
            _check(part, begin=end, file_nbytes=limit)
        except ValueError as exc:
            raise _fault(path.read_bytes(), file_nbytes=limit).at(path=path) from exc
        if len(part):
            end = int(part[-1].sum())
            rows.append(part.data)
    return np.frombuffer(rows.whole(), np.int64).reshape(-1, 2)


def _blocks(path: Path) -> Iterator[bytes]:
    """Read whole lines, many at a time: all of a large index as text would take more memory than its numbers."""
    rest = b""
    with _opened(path) as file:
        while block := file.read(BLOCK_NBYTES):
            after = block.rfind(b"\n") + 1
            if after:
                yield rest + block[:after]
                rest = b""
            rest += block[after:]
    yield rest


def _opened(path: Path) -> BinaryIO:
    return io.BytesIO(path.read_bytes()) if isinstance(path, RemotePath) else open(path, "rb")


def _parse(text: bytes) -> Int64Array:
    """Parse lines.

    Raises:
        ValueError: They are no lines of two numbers.
    """
    without_digits = text.translate(None, b"0123456789")
    if without_digits == b" \n" * (len(without_digits) // 2):  # as all tools write them: in half the time
        numbers: Int64Array = np.fromstring(text, np.int64, sep=" ")
        if len(numbers) == len(without_digits):
            return numbers.reshape(-1, 2)
    if not text.strip():
        return np.empty((0, 2), np.int64)
    if without_digits.strip():  # such as the point of 16.5, which NumPy 1 cuts off
        raise ValueError("something else than whole numbers")
    rows: Int64Array = np.loadtxt(io.BytesIO(text), np.int64, comments=None, ndmin=2)
    if rows.shape[1] != 2:
        raise ValueError(f"{rows.shape[1]} numbers in a line")
    return rows


def _check(rows: Int64Array, *, begin: int, file_nbytes: int) -> None:
    """Check that records can be where the index says, behind those that end where these begin.

    Raises:
        ValueError: They cannot.
    """
    offsets, sizes = rows[:, 0], rows[:, 1]
    is_inside = (sizes >= OVERHEAD_NBYTES) & (offsets >= begin) & (offsets <= file_nbytes - sizes)
    if not (is_inside.all() and (offsets[1:] >= (offsets + sizes)[:-1]).all()):
        raise ValueError("records overlap, or lie outside the file")


def _fault(text: bytes, *, file_nbytes: int) -> ParseError:
    """Say which line is the first that is wrong, and in what."""
    end = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        reason = f"{line[:80]!r} is not 'offset size'"
        if _LINE.fullmatch(line) and max(map(int, line.split())) < 2**63:
            offset, size = map(int, line.split())
            if size < OVERHEAD_NBYTES:
                reason = f"a record has {OVERHEAD_NBYTES} bytes at least"
            elif not 0 <= offset <= file_nbytes - size:
                reason = f"the file has only {file_nbytes} bytes"
            elif offset < end:
                reason = "it begins before the record above ends"
            else:
                end = offset + size
                continue
        return ParseError(f"line {number}: {reason}; {_WHAT_TO_DO}")
    return ParseError(f"the lines are not 'offset size'; {_WHAT_TO_DO}")


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
