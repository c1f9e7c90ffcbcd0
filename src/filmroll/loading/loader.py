"""Batches of pictures for training: decoded, cut and resized by threads, a few batches ahead, in a fixed order.

    order.numbers ──> threads: record -> sample -> pixels ──> row of a batch allocated before ──> {"image", "label"}

What a batch holds depends on the seed, the epoch and the position alone: not on the number of threads, on the
number of ranks it was resumed with, or on what was read before.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from filmroll.dataset import Dataset
from filmroll.errors import Error
from filmroll.loading import hashing, windows
from filmroll.loading.order import Order
from filmroll.loading.pixels import Recipe, UInt8Array, pixels

Batch = dict[str, Any]
OnError = Literal["raise", "skip"]
AHEAD = 2  # batches decoded beyond the one in use
CHUNK = 4  # pictures a thread takes at a time: enough to outweigh the handing over
NO_LABEL = -1


@dataclass(frozen=True, slots=True)
class _Row:
    """One picture of a batch, or why there is none."""

    record: int
    label: int
    image: UInt8Array | None
    error: Error | None = None


class Loader:
    """Iterate over the batches of an epoch; the next iteration is the next epoch.

    Attributes:
        epoch: Number of the epoch that the next iteration begins or goes on with.
        skipped: Records left out since the loader was made, with the reason, where `on_error` is "skip".
    """

    def __init__(
        self,
        roll: Dataset,
        batch_size: int,
        *,
        recipe: Recipe,
        order: Order,
        threads: int | None = None,
        drop_last: bool = False,
        on_error: OnError = "raise",
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batches of {batch_size}: give a number above 0")
        self._roll, self._batch_size, self._recipe, self._order = roll, batch_size, recipe, order
        self._threads = threads or os.cpu_count() or 1
        self._drop_last, self._on_error = drop_last, on_error
        self._position = 0
        self.epoch = order.epoch
        self.skipped: dict[int, Error] = {}

    def __len__(self) -> int:
        """Return the number of batches of a whole epoch, for this rank."""
        count = self._order.count()
        return count // self._batch_size if self._drop_last else -(-count // self._batch_size)

    def state_dict(self) -> dict[str, int]:
        """Return where the training stands: epoch, and records of it that all ranks together have used."""
        return {"epoch": self.epoch, "position": self._position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where `state_dict` was taken, also with another number of ranks, threads or another batch size.

        Raises:
            ValueError: The state is not of a loader of these records.
        """
        epoch, position = state["epoch"], state["position"]
        if epoch < 0 or not 0 <= position <= self._order.records:
            raise ValueError(f"state {state} is not of a loader of {self._order.records} records")
        self.epoch, self._position = epoch, position

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches from the present position to the end of the epoch.

        Raises:
            Error: A record or picture is damaged, and `on_error` is "raise"; the error says which.
        """
        order = replace(self._order, epoch=self.epoch)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="load") as pool:
            waiting: deque[tuple[int, list[Future[list[_Row]]]]] = deque()
            steps = self._steps(order)
            try:
                for position, numbers in islice(steps, AHEAD):
                    waiting.append((position, self._submit(pool, order, numbers)))
                while waiting:
                    position, futures = waiting.popleft()
                    waiting.extend((after, self._submit(pool, order, numbers)) for after, numbers in islice(steps, 1))
                    batch = self._batch([row for future in futures for row in future.result()])
                    self._position = position
                    yield batch
            finally:
                for _, futures in waiting:
                    for future in futures:
                        future.cancel()
        self.epoch, self._position = self.epoch + 1, 0

    def _steps(self, order: Order) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield, batch by batch, the position after it and the records in it."""
        position = self._position
        while len(numbers := order.numbers(position, self._batch_size)):
            if self._drop_last and len(numbers) < self._batch_size:
                return
            position = min(order.records, position + self._batch_size * order.world_size)
            yield position, numbers

    def _submit(self, pool: ThreadPoolExecutor, order: Order, numbers: NDArray[np.int64]) -> list[Future[list[_Row]]]:
        draws = hashing.uniform(hashing.key_of(order.seed or 0, order.epoch), numbers, draws=windows.DRAWS)
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
            shard, record = self._roll.locate(number)
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
