"""The checksum of any part of a buffer, without going through a long part again and again.

    crc(B) = crc(A B) ^ shift(crc(A), len(B))        of the buffer up to every 64 KiB the checksum is kept

Damaged or hostile bytes may hold a record header at every twentieth byte, each with a gigabyte to check behind it.
"""

import numpy as np
import numpy.typing as npt

from filmroll.records import checksum
from filmroll.records.combined import shift

BLOCK_NBYTES = 1 << 16


class PrefixCrcs:
    """Computes the CRC-32C of parts of a buffer, each at the cost of two blocks at most.

    Args:
        array: The buffer, uint8 of shape (nbytes,); what comes before the first part asked for is not read.
    """

    def __init__(self, array: npt.NDArray[np.uint8]) -> None:
        self._array = array
        self._first: int | None = None
        self._crcs = [0]

    def crc(self, start: int, stop: int) -> int:
        """Return the CRC-32C of the bytes from `start` to `stop`."""
        if stop - start <= 4 * BLOCK_NBYTES:
            return checksum.crc32c(self._array[start:stop])
        first, last = -(-start // BLOCK_NBYTES), stop // BLOCK_NBYTES
        before = self._prefix(first) ^ checksum.crc32c(self._array[start : first * BLOCK_NBYTES])
        joined = self._prefix(last) ^ _shift(before, (last - first) * BLOCK_NBYTES)
        return checksum.crc32c(self._array[last * BLOCK_NBYTES : stop], joined)

    def _prefix(self, block: int) -> int:
        if self._first is None or block < self._first:
            self._first, self._crcs = block, [0]
        for number in range(self._first + len(self._crcs) - 1, block):
            part = self._array[number * BLOCK_NBYTES : (number + 1) * BLOCK_NBYTES]
            self._crcs.append(checksum.crc32c(part, self._crcs[-1]))
        return self._crcs[block - self._first]


def _shift(crc: int, nbytes: int) -> int:
    return int(shift(np.array([crc], np.int64), nbytes)[0])
