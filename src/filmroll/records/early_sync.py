"""Bytes on their way to the disk while more are written: the wait at the end of a large file is for its tail only."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import BinaryIO, Self

STEP_NBYTES = 1 << 23


class EarlySync:
    """Flushes a file to disk in a thread of its own, every few megabytes; the end waits for it, and for its error.

    Args:
        file: The file that is being written; it must stay open until the block ends.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._pool: ThreadPoolExecutor | None = None
        self._last: Future[None] | None = None
        self._flushed_nbytes = 0

    def reached(self, nbytes: int) -> None:
        """Begin to flush, if that is worth while and no flush is under way.

        Raises:
            OSError: The flush before failed: the disk did not take what was written.
        """
        if nbytes - self._flushed_nbytes < STEP_NBYTES or (self._last is not None and not self._last.done()):
            return
        if self._last is not None:
            self._last.result()
        self._begin()
        self._flushed_nbytes = nbytes

    def complete(self) -> None:
        """Begin to flush the last bytes; there is time to do something else until the block ends."""
        if self._pool is not None:  # a small file is flushed as fast without a thread
            self._file.flush()
            self._begin()

    def _begin(self) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="to-disk")
        self._last = self._pool.submit(_wait_for, self._last, self._file.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        if error is None and self._last is not None:
            self._last.result()


def _wait_for(before: Future[None] | None, handle: int) -> None:
    """Flush a file, after the flush before, whose error counts as well."""
    if before is not None:
        before.result()
    os.fsync(handle)
