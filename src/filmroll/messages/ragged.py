"""How spans of a buffer, of equal or unequal lengths, are copied out of it all at once.

    buffer   ......aaa.....bb.....cccc..         starts, lengths: one each per span
    gather   aaabbcccc                           the spans, one after another

Positions are int64 and are trusted: whoever calls has checked them against the buffer.
"""

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]
UInt8Array = npt.NDArray[np.uint8]

JOINED_NBYTES = 16  # measured: longer spans are cheaper to join one by one than by an index for every byte


def gather(buffer: UInt8Array, starts: Int64Array, lengths: Int64Array) -> UInt8Array:
    """Copy spans of a buffer, one after another.

    Returns:
        New uint8 array of shape (sum of lengths,).
    """
    total = int(lengths.sum())
    if not total:
        return np.empty(0, np.uint8)
    length = int(lengths[0])
    if (lengths == length).all():
        return windows(buffer, starts, length).reshape(-1)
    if total <= JOINED_NBYTES * len(lengths):
        return buffer[positions(starts, lengths)]
    view = buffer.data
    spans = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
    return np.frombuffer(bytearray().join([view[start:stop] for start, stop in spans]), np.uint8)


def windows(buffer: UInt8Array, starts: Int64Array, length: int) -> UInt8Array:
    """Copy spans of one length.

    Returns:
        New C-contiguous uint8 array of shape (len(starts), length).
    """
    if not length or not len(starts):
        return np.empty((len(starts), length), np.uint8)
    # Each item is one span and overlaps the next, so NumPy copies span by span, not byte by byte.
    overlapping = np.ndarray((len(buffer) - length + 1,), f"V{length}", buffer, strides=(1,))
    return overlapping[starts].view(np.uint8).reshape(-1, length)


def spaced(buffer: UInt8Array, starts: Int64Array, length: int) -> UInt8Array | None:
    """View spans of one length that lie at even distances, none overlapping the next; None where they do not.

    Returns:
        View of shape (len(starts), length).
    """
    if len(starts) < 2 or not length:
        return None
    distance = int(starts[1] - starts[0])
    if distance < length or (starts[1:] - starts[:-1] != distance).any():
        return None
    view = np.ndarray((len(starts), length), np.uint8, buffer, int(starts[0]), (distance, 1))
    view.flags.writeable = False
    return view


def positions(starts: Int64Array, counts: Int64Array) -> Int64Array:
    """Count upwards from each start.

    Returns:
        int64 array of shape (sum of counts,): start, start + 1, ... of the first, then of the next.
    """
    if (counts == 1).all():
        return starts
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(int(counts.sum()))


def splits(counts: Int64Array) -> Int64Array:
    """Return where each row of so many values begins, and at last where the last one ends; shape (n + 1,)."""
    row_splits = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=row_splits[1:])
    return row_splits
