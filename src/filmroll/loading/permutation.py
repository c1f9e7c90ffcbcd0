"""A permutation of any number of things that is never stored: any part of it is had at once, in no memory.

A Feistel network over the smallest even number of bits that counts the things; numbers beyond the last are sent
through again until they fall inside (cycle walking).

Source: Black and Rogaway, "Ciphers with arbitrary finite domains", 2002.
"""

import numpy as np
from numpy.typing import NDArray

from filmroll.loading import hashing

Int64Array = NDArray[np.int64]
ROUNDS = 6


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
    half = (max(records - 1, 1).bit_length() + 1) // 2
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
