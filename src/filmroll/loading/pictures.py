"""Batches of pictures: decoded, cut and resized by threads, a few batches ahead.

numbers ──> threads: record -> sample -> pixels ──> {"image", "label", "record"}
"""

import os
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from filmroll.dataset import Dataset
from filmroll.errors import Error
from filmroll.loading import hashing, windows
from filmroll.loading.loader import NO_LABEL, Batch, Loader, OnError
from filmroll.loading.order import Order
from filmroll.loading.pixels import Recipe, UInt8Array, pixels

AHEAD = 2  # batches decoded beyond the one in use
CHUNK = 4  # pictures a thread takes at a time: enough to outweigh the handing over


@dataclass(frozen=True, slots=True)
class _Row:
    """One picture of a batch, or why there is none."""

    record: int
    label: int
    image: UInt8Array | None
    error: Error | None = None


class PictureLoader(Loader):
    """Batches of pictures, decoded by threads."""

    def __init__(
        self,
        roll: Dataset,
        batch_size: int,
        *,
        recipe: Recipe,
        order: Order,
        seed: int = 0,
        threads: int | None = None,
        drop_last: bool = False,
        on_error: OnError = "raise",
    ) -> None:
        super().__init__(batch_size, order=order, drop_last=drop_last)
        self._roll, self._recipe, self._seed, self._on_error = roll, recipe, seed, on_error
        self._threads = threads or os.cpu_count() or 1

    def _batches(self, order: Order, position: int) -> Generator[tuple[int, Batch], None, None]:
        steps = self._steps(order, position)
        waiting: deque[tuple[int, list[Future[list[_Row]]]]] = deque()
        with ThreadPoolExecutor(self._threads, thread_name_prefix="load") as pool:
            try:
                for after, numbers in islice(steps, AHEAD):
                    waiting.append((after, self._submit(pool, order, numbers)))
                while waiting:
                    position, futures = waiting.popleft()
                    for after, numbers in islice(steps, 1):
                        waiting.append((after, self._submit(pool, order, numbers)))
                    yield position, self._batch([row for future in futures for row in future.result()])
            finally:
                for _, futures in waiting:
                    for future in futures:
                        future.cancel()

    def _submit(self, pool: ThreadPoolExecutor, order: Order, numbers: NDArray[np.int64]) -> list[Future[list[_Row]]]:
        draws = hashing.uniform(hashing.key_of(self._seed, order.epoch), numbers, draws=windows.DRAWS)
        parts = [slice(start, start + CHUNK) for start in range(0, len(numbers), CHUNK)]
        return [pool.submit(self._rows, numbers[part], draws[part]) for part in parts]

    def _rows(self, numbers: NDArray[np.int64], draws: NDArray[np.float64]) -> list[_Row]:
        return [self._row(number, row) for number, row in zip(numbers.tolist(), draws, strict=True)]

    def _row(self, number: int, draws: NDArray[np.float64]) -> _Row:
        try:
            sample = self._roll[number]
            label = NO_LABEL if sample.label is None else sample.label
            return _Row(number, label, pixels(sample, self._recipe, draws))
        except Error as exc:
            shard, record = self._roll.shards.locate(number)
            return _Row(number, NO_LABEL, None, exc.at(path=self._roll.paths[shard], record=record))

    def _batch(self, rows: list[_Row]) -> Batch:
        sound = []
        for row in rows:
            if row.error is None:
                sound.append(row)
            elif self._on_error == "raise":
                raise row.error
            else:
                self.skipped[row.record] = row.error
        images = [row.image for row in sound if row.image is not None]
        same = len({image.shape for image in images}) <= 1
        return {
            "image": np.stack(images) if images and same else images,
            "label": np.array([row.label for row in sound], np.int64),
            "record": np.array([row.record for row in sound], np.int64),
        }
