"""Rows made by threads of this process."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filmroll.loading.fetching import Fetching
from filmroll.loading.pixels import UInt8Array
from filmroll.loading.rows import Maker, Rows, joined

AHEAD = 2  # batches decoded beyond the one in use
CHUNK = 16  # pictures that a thread takes at a time at most: enough to outweigh the handing over


@dataclass(frozen=True, slots=True)
class Pending:
    """A batch that threads are at work on."""

    futures: list[Future[Rows]]
    images: UInt8Array | None

    def take(self) -> tuple[Rows, UInt8Array | None]:
        """Wait for the rows, and the array with their pictures if all are of one size."""
        return joined([future.result() for future in self.futures]), self.images

    def cancel(self) -> None:
        """Leave out what is not begun."""
        for future in self.futures:
            future.cancel()


class Running:
    """Threads, while an epoch lasts.

    Attributes:
        ahead: Batches to begin beyond the one in use.
    """

    def __init__(self, maker: Maker, threads: int, pool: ThreadPoolExecutor, fetching: Fetching) -> None:
        self._maker, self._threads, self._pool, self._fetching = maker, threads, pool, fetching
        self.ahead = fetching.batches or AHEAD

    def begin(self, numbers: NDArray[np.int64], epoch: int) -> Pending:
        """Hand over a batch."""
        shape = self._maker.shape
        images = None if shape is None else np.empty((len(numbers), *shape), np.uint8)
        read = self._fetching.begin(numbers)
        chunk = max(1, min(CHUNK, len(numbers) * AHEAD // (2 * self._threads)))  # there is some for every thread
        parts = [slice(start, start + chunk) for start in range(0, len(numbers), chunk)]
        futures = [
            self._pool.submit(
                self._maker.rows, numbers[part], epoch, read=read, images=None if images is None else images[part]
            )
            for part in parts
        ]
        return Pending(futures, images)


class Threads:
    """Threads that make rows, as many as there are processors where no number is given.

    Raises:
        ValueError: The number is not above 0.
    """

    def __init__(self, maker: Maker, threads: int | None) -> None:
        if threads is not None and threads < 1:
            raise ValueError(f"{threads} threads: give a number above 0, or None for as many as there are processors")
        self._maker, self._threads = maker, threads or os.cpu_count() or 1

    @contextmanager
    def opened(self) -> Iterator[Running]:
        """Start them, and wait for their end."""
        with (
            Fetching(self._maker.roll) as fetching,
            ThreadPoolExecutor(self._threads, thread_name_prefix="load") as pool,
        ):
            yield Running(self._maker, self._threads, pool, fetching)
