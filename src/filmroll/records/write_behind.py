"""Bytes on their way to the disk while more are made: written some at a time, and flushed by the system meanwhile.

write  ──>  waiting  ──>  file  ──>  disk        no thread: handing the interpreter to and fro would cost as much
            until STEP_NBYTES   begun each FLUSH_NBYTES (Linux), so that the fsync at the end has little left
"""

import mmap
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from functools import cache
from types import TracebackType
from typing import BinaryIO, Self

from filmroll.buffer import Buffer

STEP_NBYTES = 1 << 21
LARGE_NBYTES = 1 << 18
FLUSH_NBYTES = 1 << 22
KEPT_NBYTES = 4 * STEP_NBYTES
MOST_BUFFERS = 1024  # of one call of the system, IOV_MAX of Linux and macOS
SYNC_FILE_RANGE_WRITE = 2  # of Linux: begin to write what is not yet on its way, and wait for nothing
ASIDE: ContextVar[Callable[[], AbstractContextManager[None]]] = ContextVar("aside", default=nullcontext)
"""What this thread enters while the system takes bytes: there it lets others go on that wait for it."""


class WriteBehind:
    """Writes a file from its beginning, a step at a time.

    Args:
        file: A new file, open until the block ends; nobody else writes to it.
    """

    def __init__(self, file: BinaryIO) -> None:
        _keep_freed_memory()
        self._handle = file.fileno()
        self._waiting: list[Buffer] = []
        self._waiting_nbytes = self._written_nbytes = self._flushed_nbytes = 0

    def write(self, data: Buffer) -> None:
        """Take bytes to write; those that could change are copied where they are few, else written at once.

        Raises:
            OSError: The disk did not take them, or those before.
        """
        self._waiting_nbytes += len(data)
        stays = _stays(data)
        is_due = self._waiting_nbytes >= STEP_NBYTES or (len(data) >= LARGE_NBYTES and not stays)
        self._waiting.append(data if stays or is_due else bytes(data))
        if is_due:
            self.flush()

    def flush(self) -> None:
        """Let all bytes be read in the file.

        Raises:
            OSError: The disk did not take them.
        """
        waiting, nbytes = self._waiting, self._waiting_nbytes
        self._waiting, self._waiting_nbytes = [], 0
        with ASIDE.get()():
            for start in range(0, len(waiting), MOST_BUFFERS):
                _write(self._handle, waiting[start : start + MOST_BUFFERS])
            self._written_nbytes += nbytes
            if self._written_nbytes - self._flushed_nbytes >= FLUSH_NBYTES:
                self._begin_flush()

    def complete(self) -> None:
        """Write the last bytes; there is time to do something else while the disk takes them.

        Raises:
            OSError: The disk did not take them.
        """
        self.flush()
        self._begin_flush()

    def _begin_flush(self) -> None:
        """Let the disk begin with what was written; whether that goes well is told by the fsync at the end."""
        begin, offset = _sync_file_range(), self._flushed_nbytes
        self._flushed_nbytes = self._written_nbytes
        if begin is not None:
            begin(self._handle, offset, self._written_nbytes - offset, SYNC_FILE_RANGE_WRITE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.flush()


@cache
def _keep_freed_memory() -> None:
    """Let glibc keep what a few steps take when it is freed: to take it anew, page by page, costs more than a CRC.

    How much it keeps goes by the largest block that was ever freed.

    Source: mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD.
    """
    bytes(KEPT_NBYTES)


@cache
def _sync_file_range() -> Callable[[int, int, int, int], int] | None:
    """Return the call of Linux that Python's `os` lacks; None elsewhere: the fsync at the end does it all there."""
    if sys.platform != "linux":
        return None
    import ctypes  # NumPy has it already

    call = getattr(ctypes.CDLL(None), "sync_file_range", None)
    if call is not None:
        call.argtypes = ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint
    return call


def _stays(data: Buffer) -> bool:
    """Tell whether bytes cannot change: what is neither text of Python nor a map for reading may."""
    return isinstance(data, bytes) or (
        isinstance(data, memoryview) and data.readonly and isinstance(data.obj, bytes | mmap.mmap)
    )


def _write(handle: int, buffers: Sequence[Buffer]) -> None:
    """Write buffers one behind another, in as few calls as the system takes."""
    if not hasattr(os, "writev"):  # Windows
        buffers = [b"".join(buffers)]
    left = list(_not_empty(buffers))
    while left:
        done = os.writev(handle, left) if hasattr(os, "writev") else os.write(handle, left[0])
        while left and done >= len(left[0]):
            done -= len(left.pop(0))
        if done:
            left[0] = memoryview(left[0])[done:]


def _not_empty(buffers: Sequence[Buffer]) -> Iterator[Buffer]:
    return (buffer for buffer in buffers if len(buffer))
