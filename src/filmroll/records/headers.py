"""Where in any bytes a record could begin: every offset is looked at, many at once.

    offset  0        4            8
            length   0 0 0 0      masked crc of the eight bytes before

No record is longer than 2**31 - 1 bytes, so four of its first eight bytes are zero: that leaves few offsets of pictures
to look at closer. Where four more zeros follow there is no header either, for the checksum of a length is not 0; but of
233,286,277 it is.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from filmroll.records.framing import HEADER, OVERHEAD_NBYTES, Int64Array, crcs_of_lengths

BYTE_OF_ZERO_CRC = 233_286_277 & 0xFF  # the first of the one length whose masked checksum is 0
FIRST_CHUNK_NBYTES = 1 << 12  # behind most damage the next header is near
CHUNK_NBYTES = 1 << 20  # few enough that the arrays between stay in the cache


def search(array: npt.NDArray[np.uint8], start: int, stop: int | None = None) -> Iterator[tuple[int, int]]:
    """Yield the offset and the length of each header whose checksum holds, with its record inside the bytes.

    Args:
        array: A whole file, uint8 of shape (nbytes,).
        start: The first offset to look at.
        stop: The offset before which to stop; None is the end.
    """
    for offsets, lengths in search_many(array, start, stop):
        yield from zip(offsets.tolist(), lengths.tolist(), strict=True)


def search_many(
    array: npt.NDArray[np.uint8], start: int, stop: int | None = None
) -> Iterator[tuple[Int64Array, Int64Array]]:
    """Yield what `search` does, chunk by chunk: offsets and lengths, int64 of shape (n,)."""
    last = len(array) - OVERHEAD_NBYTES + 1
    last = last if stop is None else min(stop, last)
    first, size = start, min(FIRST_CHUNK_NBYTES, CHUNK_NBYTES)
    while first < last:
        count = min(size, last - first)
        offsets, lengths = _headers(array[first : first + count + HEADER.size], len(array) - OVERHEAD_NBYTES - first)
        if len(offsets):
            yield offsets + first, lengths
        first, size = first + count, min(2 * size, CHUNK_NBYTES)


def _headers(part: npt.NDArray[np.uint8], left: int) -> tuple[Int64Array, Int64Array]:
    """Look at every offset of a part but the last twelve; no record with more than `left` bytes in all fits."""
    zero = part == 0
    two = zero[:-1] & zero[1:]
    four = two[:-2] & two[2:]  # that and the next three bytes
    possible = four[4:-5] & ~(four[8:-1] & (part[: -HEADER.size] != BYTE_OF_ZERO_CRC))
    offsets = np.flatnonzero(possible)
    words = np.ndarray((len(part) - 3,), "<u4", part, strides=(1,))
    lengths = words[offsets].astype(np.int64)
    fits = lengths <= left - offsets  # mostly not: that is quicker to see than a checksum
    offsets, lengths = offsets[fits], lengths[fits]
    sound = crcs_of_lengths(lengths) == words[offsets + 8]
    return offsets[sound], lengths[sound]
