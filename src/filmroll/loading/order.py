"""Which record comes at which position of an epoch: shuffled or not, split over ranks, resumed anywhere.

    position of the epoch:   0  1  2  3  4  5  6  7  8  9        a permutation of the records, never stored
    rank 0 of 2 takes        0     2     4     6     8           of every epoch each rank a disjoint part,
    rank 1 of 2 takes           1     3     5     7     9        all ranks together everything

After k steps of w ranks with batches of b the first k * w * b positions are used, whatever w and b were: one
number is the whole state, and holds for another number of ranks too.

The shuffle is a Feistel network over the smallest even number of bits that counts the records; numbers beyond the
last record are sent through again until they fall inside (cycle walking). It takes no memory, and any part of the
order is had at once.

Source: Black and Rogaway, "Ciphers with arbitrary finite domains", 2002.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filmroll.loading import hashing

Int64Array = NDArray[np.int64]
ROUNDS = 6


@dataclass(frozen=True, slots=True)
class Order:
    """The order of the records in one epoch, for one rank.

    Attributes:
        records: Number of records.
        seed: Seed of the shuffle; None keeps the order of the records.
        epoch: Number of the epoch; each has an order of its own.
        rank, world_size: Which part, of how many.
    """

    records: int
    seed: int | None = None
    epoch: int = 0
    rank: int = 0
    world_size: int = 1

    def __post_init__(self) -> None:
        if self.records < 0:
            raise ValueError(f"{self.records} records")
        if not 0 <= self.rank < self.world_size:
            raise ValueError(f"rank {self.rank} of {self.world_size}: ranks are numbered from 0")

    def count(self, start: int = 0) -> int:
        """Return how many records this rank has from a position of the epoch on."""
        return len(range(start + self.rank, self.records, self.world_size))

    def numbers(self, start: int, count: int) -> Int64Array:
        """Return the record numbers of this rank's next steps.

        Args:
            start: Position of the epoch at which the ranks stand, a number of records used by all of them.
            count: How many of this rank's records are wanted; fewer come at the end of the epoch.

        Returns:
            (count,) int64.
        """
        first = start + self.rank
        stop = min(self.records, first + count * self.world_size)
        positions = np.arange(first, stop, self.world_size, dtype=np.int64)
        return positions if self.seed is None else shuffle(positions, self.records, seed=self.seed, epoch=self.epoch)


def shuffle(positions: Int64Array, records: int, *, seed: int, epoch: int = 0) -> Int64Array:
    """Return the record at each position of the shuffled epoch: a permutation of range(records), never stored.

    Args:
        positions: Positions, each in range(records).
        records: Number of records.
        seed: The seed.
        epoch: Number of the epoch.

    Returns:
        (n,) int64, record numbers.
    """
    half = max(1, (max(records - 1, 1).bit_length() + 1) // 2)
    keys = [hashing.key_of(seed, epoch, number) for number in range(ROUNDS)]
    found = _feistel(positions.astype(np.uint64), half, keys)
    outside = np.flatnonzero(found >= records)
    while len(outside):
        found[outside] = _feistel(found[outside], half, keys)
        outside = outside[found[outside] >= records]
    return found.astype(np.int64)


def _feistel(values: NDArray[np.uint64], half: int, keys: list[np.uint64]) -> NDArray[np.uint64]:
    """Permute range(4**half): each round swaps the halves and adds a scrambled one to the other."""
    bits, mask = np.uint64(half), np.uint64(2**half - 1)
    left, right = values >> bits, values & mask
    for key in keys:
        left, right = right, left ^ (hashing.mix(right ^ key) & mask)
    return (left << bits) | right
