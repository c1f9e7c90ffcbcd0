"""Records on their way: those of a whole batch are asked for side by side, some batches ahead.

From a store they are fetched by threads. From a disk the system fetches them; a record is read when its turn comes.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from filmroll.dataset import Dataset
from filmroll.errors import Error
from filmroll.sample import Sample

BATCHES = 4  # on their way, or being decoded
Read = Callable[[int], Sample]


class Fetching:
    """Reads the records of batches before they are wanted, where they are in a store.

    Args:
        roll: The records.

    Attributes:
        batches: How many batches should be begun ahead; None where records are on the disk.
    """

    def __init__(self, roll: Dataset) -> None:
        self._roll = roll
        self.batches = BATCHES if roll.shards.is_remote else None
        self._pool = ThreadPoolExecutor(BATCHES, thread_name_prefix="fetch") if self.batches else None

    def begin(self, numbers: NDArray[np.int64]) -> Read:
        """Begin to fetch the records of a batch; return what reads one of them, and waits until it is there."""
        if self._pool is None:
            self._roll.shards.will_need(numbers)
            return self._roll.picture
        return _Fetched(self._roll, self._pool.submit(self._fetch, numbers.tolist())).read

    def _fetch(self, numbers: list[int]) -> dict[int, Sample]:
        try:
            return dict(zip(numbers, self._roll.__getitems__(numbers), strict=True))
        except Error:  # each one is read again, and those that are damaged say so
            return {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


class _Fetched:
    """The records of one batch."""

    def __init__(self, roll: Dataset, samples: Future[dict[int, Sample]]) -> None:
        self._roll, self._samples = roll, samples

    def read(self, number: int) -> Sample:
        found = self._samples.result().get(number)
        return self._roll.picture(number) if found is None else found
