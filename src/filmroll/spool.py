"""What is too much for memory: bytes that are appended, then read by their offset, or mapped as a whole.

Few stay in memory; of many the first byte on are in a file without a name, under `TMPDIR`, that goes with the process.
"""

import errno
import mmap
import os
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from filmroll.buffer import Buffer

HELD_NBYTES = 1 << 22  # in memory, before the first byte goes to disk and between writes
FULL = (errno.ENOSPC, errno.EDQUOT)


class Spool:
    """Bytes that are appended and then read, in memory as long as they are few.

    Args:
        held_nbytes: How many.
        held: Bytes that are there already, which stay in memory until others are appended.

    Raises:
        OSError: The disk for temporary files is full, as `asking_for_room` says it.
    """

    def __init__(self, *, held_nbytes: int = HELD_NBYTES, held: bytes = b"") -> None:
        self._most, self._held, self._on_disk = held_nbytes, bytearray(held), 0
        self._lock = Lock()  # of the position in the file
        self._file: IO[bytes] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes appended."""
        return self._on_disk + len(self._held)

    def append(self, data: "Buffer") -> int:
        """Append bytes, which are read by the same offset and length, and return the offset."""
        offset = self.nbytes
        self._held += data
        if len(self._held) >= self._most:
            self._to_disk()
        return offset

    def _to_disk(self) -> IO[bytes]:
        with asking_for_room():
            file = self._file or self._opened()
            file.seek(self._on_disk)
            left = memoryview(self._held)
            while left:
                left = left[file.write(left) :]
        self._on_disk += len(self._held)
        self._held = bytearray()
        return file

    def _opened(self) -> IO[bytes]:
        self._file = tempfile.TemporaryFile(prefix="filmroll-", buffering=0)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        return self._file

    def read(self, offset: int, nbytes: int) -> bytes:
        """Return so many bytes from an offset on, fewer where they end."""
        start = offset - self._on_disk
        if start >= 0 or self._file is None:
            return bytes(self._held[start : start + nbytes])
        on_disk = self._read(self._file, offset, min(nbytes, -start))
        return on_disk + self._held[: start + nbytes] if start + nbytes > 0 else on_disk

    def _read(self, file: IO[bytes], offset: int, nbytes: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(file.fileno(), nbytes, offset)
        with self._lock:  # Windows
            file.seek(offset)
            return file.read(nbytes)

    def whole(self) -> memoryview:
        """Return all bytes, to read and to change, after which none may be appended; those on disk are mapped."""
        if self._file is None:
            return memoryview(self._held)
        return memoryview(mmap.mmap(self._to_disk().fileno(), 0))


@contextmanager
def asking_for_room() -> Iterator[None]:
    """Say of a disk that is full that it is the one for temporary files, and what to do.

    Raises:
        OSError: It is full; its file is the folder for temporary files.
    """
    try:
        yield
    except OSError as exc:
        if exc.errno not in FULL:
            raise
        what = f"{os.strerror(exc.errno)} for temporary files; make some, or set TMPDIR to a folder that has it"
        raise OSError(exc.errno, what, tempfile.gettempdir()) from exc
