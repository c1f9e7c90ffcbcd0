"""What is too much for memory, on disk while it is needed: bytes by their offset, texts in order.

Spool      appended once, read anywhere, in a file without a name that goes with the process
in_order   texts of any number sorted: runs that fit into memory, then merged
"""

import heapq
import json
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from threading import Lock
from typing import IO

HELD_NBYTES = 1 << 22  # in memory, before the first byte goes to disk and between writes
RUN_TEXTS = 1 << 17


class Spool:
    """Bytes that are appended and then read, in memory as long as they are few.

    Args:
        held_nbytes: How many.
        held: Bytes that are there already, which stay in memory until others are appended.

    Raises:
        OSError: The disk for temporary files (TMPDIR says which) is full.
    """

    def __init__(self, *, held_nbytes: int = HELD_NBYTES, held: bytes = b"") -> None:
        self._most, self._held, self._on_disk = held_nbytes, bytearray(held), 0
        self._lock = Lock()  # of the position in the file
        self._file: IO[bytes] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes appended."""
        return self._on_disk + len(self._held)

    def append(self, data: bytes) -> int:
        """Append bytes, which are read by the same offset and length, and return the offset."""
        offset = self.nbytes
        self._held += data
        if len(self._held) >= self._most:
            self._to_disk()
        return offset

    def _to_disk(self) -> None:
        try:
            file = self._file or self._opened()
            file.seek(self._on_disk)
            left = memoryview(self._held)
            while left:
                left = left[file.write(left) :]
        except OSError as exc:
            exc.filename = exc.filename or tempfile.gettempdir()
            raise
        self._on_disk += len(self._held)
        self._held = bytearray()

    def _opened(self) -> IO[bytes]:
        self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        return self._file

    def read(self, offset: int, nbytes: int) -> bytes:
        """Return what was appended as one piece."""
        if offset >= self._on_disk or self._file is None:
            start = offset - self._on_disk
            return bytes(self._held[start : start + nbytes])
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), nbytes, offset)
        with self._lock:  # Windows
            self._file.seek(offset)
            return self._file.read(nbytes)


def in_order(texts: Iterable[str], *, run_texts: int = RUN_TEXTS) -> Iterator[str]:
    """Yield texts sorted, as `sorted` would, with no more of them in memory than a run has.

    Args:
        texts: In any order.
        run_texts: How many are sorted in memory.
    """
    left = iter(texts)
    first = sorted(islice(left, run_texts))
    if len(first) < run_texts:
        yield from first
        return
    with ExitStack() as files:
        runs: list[Iterable[str]] = []
        run = first
        while run:
            file = files.enter_context(tempfile.TemporaryFile("w+", encoding="ascii"))
            file.writelines(f"{json.dumps(text)}\n" for text in run)
            file.seek(0)
            runs.append(map(json.loads, file))
            run = sorted(islice(left, run_texts))
        yield from heapq.merge(*runs)
