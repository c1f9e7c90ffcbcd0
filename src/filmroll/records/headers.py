"""Where in any bytes a record could begin: every offset is looked at, many at once.

    offset  0        4            8
            length   0 0 0 0      masked crc of the eight bytes before

No record is longer than 2**31 - 1 bytes, so four of its first eight bytes are zero: that leaves few offsets of pictures
to look at closer. Long stretches of zeros hold no header, for the checksum of a length of 0 is not 0.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from filmroll.records.framing import HEADER, OVERHEAD_NBYTES, Int64Array, crcs_of_lengths

CHUNK_NBYTES = 1 << 20  # few enough that the arrays between stay in the cache


def search(array: npt.NDArray[np.uint8], start: int, stop: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield the offset and the length of each header whose checksum holds, with its record inside the bytes.

    Args:
        array: A whole file, uint8 of shape (nbytes,).
        start: The first offset to look at.
        stop: The offset before which to stop; None is the end.
    """
    last = len(array) - OVERHEAD_NBYTES + 1
    last = last if stop is None else min(stop, last)
    for first in range(start, last, CHUNK_NBYTES):
        count = min(CHUNK_NBYTES, last - first)
        offsets, lengths = _headers(array[first : first + count + HEADER.size])
        offsets += first
        fits = offsets + lengths <= len(array) - OVERHEAD_NBYTES
        yield from zip(offsets[fits].tolist(), lengths[fits].tolist(), strict=True)


def _headers(part: npt.NDArray[np.uint8]) -> tuple[Int64Array, Int64Array]:
    zero = part == 0
    two = zero[:-1] & zero[1:]
    four = two[:-2] & two[2:]  # that and the next three bytes
    possible = four[4:-5] & ~(four[:-9] & four[8:-1])
    offsets = np.flatnonzero(possible)
    words = np.ndarray((len(part) - 3,), "<u4", part, strides=(1,))
    lengths = words[offsets].astype(np.int64)
    sound = crcs_of_lengths(lengths) == words[offsets + 8]
    return offsets[sound], lengths[sound]
