"""Which record comes at which position of an epoch: shuffled or not, split over ranks, resumed anywhere.

    position of the epoch:   0  1  2  3  4  5  6  7  8  9        a permutation of the records, never stored
    rank 0 of 2 takes        0     2     4     6     8           of every epoch each rank a disjoint part,
    rank 1 of 2 takes           1     3     5     7     9        all ranks together everything

After k steps of w ranks with batches of b the first k * w * b positions are used, whatever w and b were: one
number is the whole state, and holds for another number of ranks too. Workers of a rank take its batches in turn, as
torch's DataLoader asks for them: the batches used are the first ones here, too.
"""

import operator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from filmroll.loading.shuffles import Shuffle

Int64Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Order:
    """The order of the records in one epoch, for one rank.

    Attributes:
        records: Number of records.
        seed: Seed of the shuffle; None keeps the order of the records.
        epoch: Number of the epoch; each has an order of its own.
        rank, world_size: Which part, of how many.
        worker, workers: Which batches of that part: each so-many-th.
        shuffle: How strongly it is shuffled, where there is a seed.
    """

    records: int
    seed: int | None = None
    epoch: int = 0
    rank: int = 0
    world_size: int = 1
    worker: int = 0
    workers: int = 1
    shuffle: Shuffle = field(default_factory=Shuffle)

    def __post_init__(self) -> None:
        require_whole(epoch=self.epoch, rank=self.rank, world_size=self.world_size)
        require_whole(worker=self.worker, workers=self.workers)
        if self.records < 0:
            raise ValueError(f"{self.records} records")
        if not 0 <= self.rank < self.world_size:
            raise ValueError(f"rank {self.rank} of {self.world_size}: ranks are numbered from 0")
        if not 0 <= self.worker < self.workers:
            raise ValueError(f"worker {self.worker} of {self.workers}: workers are numbered from 0")

    def numbers(self, start: int, count: int) -> Int64Array:
        """Return the record numbers of this rank's next steps.

        Args:
            start: Position of the epoch at which the ranks stand, a number of records used by all of them.
            count: How many of this rank's records are wanted; fewer come at the end of the epoch.

        Returns:
            (count,) int64.
        """
        return self.between(start, min(self.records, start + count * self.world_size))

    def between(self, start: int, stop: int) -> Int64Array:
        """Return the record numbers of this rank from a position of the epoch up to another, (count,) int64."""
        return self._at(np.arange(start + self.rank, stop, self.world_size, dtype=np.int64))

    def again(self, start: int) -> Int64Array:
        """Return one of the epoch's first records, for a rank that has none where others have the last ones."""
        return self._at(np.array([(start + self.rank) % self.records], np.int64))

    def _at(self, positions: Int64Array) -> Int64Array:
        if self.seed is None:
            return positions
        return self.shuffle.numbers(positions, self.records, seed=self.seed, epoch=self.epoch)


def require_whole(**numbers: object) -> None:
    """Check options that are whole numbers, by their names; a fraction would be noticed much later.

    Raises:
        TypeError: One is none.
    """
    for name, number in numbers.items():
        try:
            operator.index(number)  # type: ignore[arg-type]
        except TypeError:
            raise TypeError(f"{name}={number!r}: give a whole number") from None
