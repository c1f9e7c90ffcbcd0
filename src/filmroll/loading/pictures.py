"""Batches of pictures: decoded, cut and resized by threads or processes, a few batches ahead.

numbers ──> threads, or processes: rows ──> {"image", "label", "record"}
"""

from collections import deque
from collections.abc import Generator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.dataset import Dataset
from filmroll.errors import UnsupportedError
from filmroll.loading.loader import Batch, Loader
from filmroll.loading.order import Order, require_whole
from filmroll.loading.pixels import Recipe
from filmroll.loading.processes import Pending as PendingOfProcesses
from filmroll.loading.processes import Processes
from filmroll.loading.rows import Maker, Rows
from filmroll.loading.threads import Pending, Threads

Images = NDArray[Any] | list[NDArray[Any]]


class PictureLoader(Loader):
    """Batches of pictures, decoded by threads or by processes.

    Raises:
        UnsupportedError: It should be both.
    """

    def __init__(
        self,
        roll: Dataset,
        batch_size: int,
        *,
        recipe: Recipe,
        order: Order,
        seed: int = 0,
        threads: int | None = None,
        processes: int | None = None,
        drop_last: bool = False,
    ) -> None:
        super().__init__(batch_size, order=order, drop_last=drop_last)
        require_whole(
            seed=seed, **{name: n for name, n in (("threads", threads), ("processes", processes)) if n is not None}
        )
        self._roll, self._recipe = roll, recipe
        maker = Maker(roll, recipe, seed)
        self._shape = maker.shape
        if processes is not None and threads is not None:
            raise UnsupportedError(f"threads={threads} and processes={processes}: pictures are decoded by one of them")
        self._engine = Threads(maker, threads) if processes is None else Processes(maker, processes, batch_size)

    def _contents(self) -> str:
        if self._shape is not None:
            return f"pictures {self._shape} uint8"
        return "pictures padded to the largest" if self._recipe.pad else "pictures, each of its own size"

    def _batches(self, order: Order, position: int) -> Generator[tuple[int, Batch], None, None]:
        steps = self._steps(order, position)
        waiting: deque[tuple[int, NDArray[np.int64], Pending | PendingOfProcesses]] = deque()
        with self._engine.opened() as engine:
            try:
                for after, numbers in islice(steps, engine.ahead):
                    waiting.append((after, numbers, engine.begin(numbers, order.epoch)))
                while waiting:
                    present, pictured, pending = waiting.popleft()
                    for after, numbers in islice(steps, 1):
                        waiting.append((after, numbers, engine.begin(numbers, order.epoch)))
                    yield present, self._batch(pictured, *pending.take())
            finally:
                for _, _, pending in waiting:
                    pending.cancel()

    def _batch(self, numbers: NDArray[np.int64], rows: Rows, images: Images | None) -> Batch:
        for place, error in rows.errors.items():
            if self._roll.on_error == "raise":
                raise error
            self.skipped[int(numbers[place])] = error
            self._roll.notice.once(error)
        sound = np.array([place not in rows.errors for place in range(len(numbers))], bool)
        if images is None:
            images = _stacked([image for image in rows.images if image is not None])
        elif not sound.all():
            images = images[sound]
        return (_padded(list(images)) if self._recipe.pad else {"image": images}) | {
            "label": np.array(rows.labels, np.int64)[sound],
            "record": numbers[sound],
        }


def _stacked(images: list[NDArray[Any]]) -> Images:
    return np.stack(images) if len({(image.shape, image.dtype) for image in images}) == 1 else images


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
