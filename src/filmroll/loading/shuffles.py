"""How strongly an epoch is shuffled: what is mixed with what, and so what is read at a time.

global   any record at any position                                      random reads over all shards
blocks   shards in random order, in lanes side by side, mixed nearby     as many shards at a time as there are lanes
window   records in their order, each within a window or two             one place of one shard

    blocks, 2 lanes:    shards 4 1 3 | 0 5 2    lane 0 reads 4, 1, 3 from front to back, lane 1 reads 0, 5, 2
    positions           0 2 4 6 ...    1 3 5 7 ...        with as many ranks as lanes each rank has shards of its own

All three are permutations of the records that depend on seed, epoch and position alone: none has a state, and any
part of the order is had at once.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from filmroll.loading import hashing
from filmroll.loading.permutation import shuffle

Int64Array = NDArray[np.int64]
Strength = Literal["global", "blocks", "window"]
STRENGTHS: tuple[Strength, ...] = get_args(Strength)
WINDOW = 16384  # records that are mixed with each other; of powers of four the order is had soonest
LANES = 16
_SHARDS, _LANE, _EVEN, _ODD = range(4)  # keys of shuffles that must not be alike


@dataclass(frozen=True, slots=True)
class Shuffle:
    """One of the ways to shuffle.

    Attributes:
        strength: "global", "blocks" or "window".
        counts: Records of each shard, for blocks.
        window: Records that are mixed with each other, in all lanes together.
        lanes: Shards that are read side by side, for blocks.
    """

    strength: Strength = "global"
    counts: tuple[int, ...] = ()
    window: int = WINDOW
    lanes: int = LANES
    _kept: dict[tuple[int, int], tuple[Int64Array, Int64Array]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.strength not in STRENGTHS:
            raise ValueError(f"shuffle={self.strength!r}: give True or False, or one of {', '.join(STRENGTHS)}")
        if self.window < 1 or self.lanes < 1:
            raise ValueError(f"a window of {self.window} records and {self.lanes} lanes: give numbers above 0")

    def numbers(self, positions: Int64Array, records: int, *, seed: int, epoch: int = 0) -> Int64Array:
        """Return the record at each position of the epoch.

        Args:
            positions: Positions, each in range(records).
            records: Number of records.
            seed: The seed.
            epoch: Number of the epoch.

        Returns:
            (n,) int64, record numbers.
        """
        if self.strength == "global":
            return shuffle(positions, records, seed=seed, epoch=epoch)
        if self.strength == "window":
            return self._near(positions, records, seed=seed, epoch=epoch)
        return self._in_shards(self._in_lanes(positions, records, seed=seed, epoch=epoch), seed=seed, epoch=epoch)

    def _near(self, positions: Int64Array, records: int, *, seed: int, epoch: int) -> Int64Array:
        """Mix windows, and then those between them, so that no edge is the same for both."""
        half = self.window // 2
        mixed = _mixed(positions + half, records + half, half, self.window, (seed, epoch, _ODD)) - half
        return _mixed(mixed, records, 0, self.window, (seed, epoch, _EVEN))

    def _in_lanes(self, positions: Int64Array, records: int, *, seed: int, epoch: int) -> Int64Array:
        """Deal the positions to the lanes, and mix each lane in windows."""
        lanes = positions % self.lanes
        inside = positions // self.lanes
        lengths = (records - np.arange(self.lanes) + self.lanes - 1) // self.lanes
        starts = np.cumsum(lengths) - lengths
        window = -(-self.window // self.lanes)
        found = np.empty_like(positions)
        for lane in np.flatnonzero(np.bincount(lanes)).tolist():
            rows = lanes == lane
            mixed = _mixed(inside[rows], int(lengths[lane]), 0, window, (seed, epoch, _LANE, lane))
            found[rows] = mixed + starts[lane]
        return found

    def _in_shards(self, places: Int64Array, *, seed: int, epoch: int) -> Int64Array:
        """Return the records at places of the shards in their random order."""
        if (seed, epoch) not in self._kept:  # of a million shards it takes a second
            self._kept.clear()
            self._kept[seed, epoch] = self._shards(int(hashing.key_of(seed, epoch, _SHARDS)))
        ends, moves = self._kept[seed, epoch]
        found: Int64Array = places + moves[np.searchsorted(ends, places, side="right")]
        return found

    def _shards(self, seed: int) -> tuple[Int64Array, Int64Array]:
        """Return where each shard ends in a random order of them, and how far its records are from their numbers."""
        counts = np.array(self.counts, np.int64)
        order = shuffle(np.arange(len(counts)), len(counts), seed=seed)
        ends = np.cumsum(counts[order])
        firsts = np.cumsum(counts) - counts
        return ends, firsts[order] - (ends - counts[order])


def _mixed(places: Int64Array, records: int, first: int, window: int, key: tuple[int, ...]) -> Int64Array:
    """Mix the places from `first` to `records` within windows, of which the last, and the first, may be smaller."""
    windows = places // window
    found = np.empty_like(places)
    for number in np.unique(windows).tolist():
        rows = windows == number
        start, stop = max(first, number * window), min(records, (number + 1) * window)
        seed = int(hashing.key_of(*key, number))
        found[rows] = start + shuffle(places[rows] - start, stop - start, seed=seed)
    return found
