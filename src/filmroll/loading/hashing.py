"""Numbers that look random and depend on nothing but their place: the same on every machine, thread and rank.

    mix(x) is SplitMix64's finalizer. A draw is mix applied to seed, epoch, record and draw number in turn, so any
    draw of any record is had at once, in any order, with no state to keep or to restore.

Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014 (constants of the finalizer).
"""

import numpy as np
from numpy.typing import NDArray

UInt64Array = NDArray[np.uint64]
GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio, odd
FIRST, SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
MASK = 2**64 - 1


def mix(values: UInt64Array) -> UInt64Array:
    """Scramble 64-bit numbers, one to one."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * FIRST
        values = (values ^ (values >> np.uint64(27))) * SECOND
        return values ^ (values >> np.uint64(31))


def key_of(*parts: int) -> np.uint64:
    """Make one key of a seed, an epoch, ..., any whole numbers."""
    key = np.zeros(1, np.uint64)
    for part in parts:
        with np.errstate(over="ignore"):
            key = mix((key + GOLDEN) ^ np.uint64(int(part) & MASK))
    return np.uint64(key[0])


def uniform(key: np.uint64, records: NDArray[np.int64], *, draws: int) -> NDArray[np.float64]:
    """Draw numbers in [0, 1) for some records.

    Args:
        key: Of the seed and the epoch.
        records: Numbers of the records, shape (n,).
        draws: How many numbers each record needs.

    Returns:
        (n, draws) float64; a record's row depends on the key and its number alone.
    """
    with np.errstate(over="ignore"):
        rows = mix(records.astype(np.uint64) * GOLDEN ^ key)[:, np.newaxis]
        bits = mix(rows + np.arange(1, draws + 1, dtype=np.uint64) * GOLDEN)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
