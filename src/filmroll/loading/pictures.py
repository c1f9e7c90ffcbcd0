"""Batches of pictures: decoded, cut and resized by threads, a few batches ahead.

numbers ──> threads: record -> sample -> pixels ──> {"image", "label", "record"}
"""

import os
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.dataset import Dataset
from filmroll.errors import Error, UnsupportedError
from filmroll.loading import hashing, windows
from filmroll.loading.fetching import Fetching, Read
from filmroll.loading.loader import NO_LABEL, Batch, Loader
from filmroll.loading.order import Order
from filmroll.loading.pixels import Recipe, UInt8Array, pixels

AHEAD = 2  # batches decoded beyond the one in use
CHUNK = 16  # pictures that a thread takes at a time at most: enough to outweigh the handing over


@dataclass(frozen=True, slots=True)
class _Row:
    """One picture of a batch, or why there is none.

    `image` is a part of the batch's own array where all pictures are to be of one size.
    """

    record: int
    label: int
    image: UInt8Array | None
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class _Pending:
    """A batch that threads are at work on, and the position after it."""

    position: int
    images: UInt8Array | None
    futures: list[Future[list[_Row]]]


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
    ) -> None:
        super().__init__(batch_size, order=order, drop_last=drop_last)
        self._roll, self._recipe, self._seed = roll, recipe, seed
        self._threads = threads or os.cpu_count() or 1

    def _batches(self, order: Order, position: int) -> Generator[tuple[int, Batch], None, None]:
        steps = self._steps(order, position)
        waiting: deque[_Pending] = deque()
        fetching = Fetching(self._roll)
        with fetching, ThreadPoolExecutor(self._threads, thread_name_prefix="load") as pool:
            try:
                for after, numbers in islice(steps, fetching.batches or AHEAD):
                    waiting.append(self._submit(pool, order, after, numbers, fetching.begin(numbers)))
                while waiting:
                    pending = waiting.popleft()
                    for after, numbers in islice(steps, 1):
                        waiting.append(self._submit(pool, order, after, numbers, fetching.begin(numbers)))
                    rows = [row for future in pending.futures for row in future.result()]
                    yield pending.position, self._batch(rows, pending.images)
            finally:
                for pending in waiting:
                    for future in pending.futures:
                        future.cancel()

    def _submit(
        self, pool: ThreadPoolExecutor, order: Order, after: int, numbers: NDArray[np.int64], read: Read
    ) -> _Pending:
        size, channels = self._recipe.size, self._recipe.channels
        images = None if size is None else np.empty((len(numbers), *size, channels), np.uint8)
        draws = hashing.uniform(hashing.key_of(self._seed, order.epoch), numbers, draws=windows.DRAWS)
        chunk = max(1, min(CHUNK, len(numbers) * AHEAD // (2 * self._threads)))  # there is some for every thread
        parts = [slice(start, start + chunk) for start in range(0, len(numbers), chunk)]
        futures = [
            pool.submit(self._rows, numbers[part], draws[part], None if images is None else images[part], read)
            for part in parts
        ]
        return _Pending(after, images, futures)

    def _rows(
        self, numbers: NDArray[np.int64], draws: NDArray[np.float64], images: UInt8Array | None, read: Read
    ) -> list[_Row]:
        outs = [None] * len(numbers) if images is None else images
        return [self._row(*each, read) for each in zip(numbers.tolist(), draws, outs, strict=True)]

    def _row(self, number: int, draws: NDArray[np.float64], out: UInt8Array | None, read: Read) -> _Row:
        try:
            sample = read(number)
            label = NO_LABEL if sample.label is None else sample.label
            return _Row(number, label, pixels(sample, self._recipe, draws, out=out))
        except Error as exc:
            shard, record = self._roll.shards.locate(number)
            return _Row(number, NO_LABEL, None, exc.at(path=self._roll.paths[shard], record=record))

    def _batch(self, rows: list[_Row], whole: UInt8Array | None) -> Batch:
        sound = []
        for row in rows:
            if row.error is None:
                sound.append(row)
            elif self._roll.on_error == "raise":
                raise row.error
            else:
                self.skipped[row.record] = row.error
                self._roll.notice.once(row.error)
        images = [row.image for row in sound if row.image is not None]
        is_whole = whole is not None and len(images) == len(rows)
        loaded = _padded(images) if self._recipe.pad else {"image": whole if is_whole else _stacked(images)}
        return loaded | {
            "label": np.array([row.label for row in sound], np.int64),
            "record": np.array([row.record for row in sound], np.int64),
        }


def _stacked(images: list[UInt8Array]) -> UInt8Array | list[UInt8Array]:
    same = len({image.shape for image in images}) <= 1
    return np.stack(images) if images and same else images


def _padded(images: list[NDArray[Any]]) -> Batch:
    """Put pictures into one array, as large as the largest, zero where they are not; and say how large they are.

    Raises:
        UnsupportedError: They differ in type or channels: no array holds them.
    """
    kinds = {(image.dtype, *image.shape[2:]) for image in images}
    if len(kinds) > 1 or any(image.ndim != 3 for image in images):
        raise UnsupportedError(
            "pictures of different types or channels are not padded; ask for channels, or leave out pad"
        )
    sizes = np.array([image.shape[:2] for image in images], np.int64).reshape(-1, 2)
    if not images:
        return {"image": np.empty((0, 0, 0, 0), np.uint8), "size": sizes}
    padded = np.zeros((len(images), *sizes.max(axis=0).tolist(), images[0].shape[2]), images[0].dtype)
    for whole, image in zip(padded, images, strict=True):
        whole[: image.shape[0], : image.shape[1]] = image
    return {"image": padded, "size": sizes}
