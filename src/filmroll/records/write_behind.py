"""Bytes on their way to the disk while more are made: a thread writes and flushes them, a few megabytes behind.

write  ──>  waiting  ──>  steps  ──>  file  ──>  disk        at most MOST_STEPS + 1 steps are held in memory
caller      until STEP_NBYTES         thread     each SYNC_NBYTES, so that the end waits for the last ones only
"""

import mmap
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import BinaryIO, Self

from filmroll.buffer import Buffer

STEP_NBYTES = 1 << 20
SYNC_NBYTES = 1 << 22
MOST_STEPS = 8  # so that one flush does not stop the caller
MOST_BUFFERS = 1024  # of one call of the system, IOV_MAX of Linux and macOS


class WriteBehind:
    """Writes a file from its beginning in a thread of its own; small files it writes without one.

    Args:
        file: A new file, open until the block ends; nobody else writes to it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._handle = file.fileno()
        self._pool: ThreadPoolExecutor | None = None
        self._steps: deque[Future[None]] = deque()
        self._waiting: list[Buffer] = []
        self._waiting_nbytes = self._unsynced_nbytes = 0

    def write(self, data: Buffer) -> None:
        """Take bytes to write; those that could change are copied.

        Raises:
            OSError: The disk did not take earlier ones.
        """
        self._waiting.append(data if _stays(data) else bytes(data))
        self._waiting_nbytes += len(data)
        if self._waiting_nbytes >= STEP_NBYTES:
            self._hand_over()

    def flush(self) -> None:
        """Wait until all bytes can be read in the file.

        Raises:
            OSError: The disk did not take them.
        """
        if self._pool is None:
            self._wrote(self._taken())
            return
        self._hand_over()
        self._wait(0)

    def complete(self) -> None:
        """Begin to flush the last bytes to disk; there is time to do something else until the block ends."""
        if self._pool is not None:  # a small file is flushed as fast without a thread
            self._hand_over(sync=True)

    def _hand_over(self, *, sync: bool = False) -> None:
        self._unsynced_nbytes += self._waiting_nbytes
        sync = sync or self._unsynced_nbytes >= SYNC_NBYTES
        if sync:
            self._unsynced_nbytes = 0
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="to-disk")
        self._wait(MOST_STEPS - 1)
        before = self._steps[-1] if self._steps else None
        self._steps.append(self._pool.submit(self._step, before, self._taken(), sync=sync))

    def _step(self, before: Future[None] | None, buffers: Sequence[Buffer], *, sync: bool) -> None:
        if before is not None:
            before.result()  # nothing is written behind a gap
        self._wrote(buffers)
        if sync:
            os.fsync(self._handle)

    def _taken(self) -> list[Buffer]:
        taken, self._waiting, self._waiting_nbytes = self._waiting, [], 0
        return taken

    def _wrote(self, buffers: Sequence[Buffer]) -> None:
        for start in range(0, len(buffers), MOST_BUFFERS):
            _write(self._handle, buffers[start : start + MOST_BUFFERS])

    def _wait(self, most: int) -> None:
        while len(self._steps) > most:
            self._steps[0].result()
            self._steps.popleft()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.flush()
        finally:
            if self._pool is not None:
                self._pool.shutdown(wait=True, cancel_futures=True)


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
