"""What stands in front of many payloads, each wrapped in fields within fields: tags, lengths, a name.

    0a nbytes 0a 05 l a b e l 12 nbytes 1a nbytes | payload
    front     front              length front length

Heads of one length differ in nothing but the lengths in them, which are a few columns of a matrix: as the payload
grows, no length in front of it becomes shorter.
"""

from collections.abc import Sequence

import numpy as np

from filmroll.messages import wire
from filmroll.messages.ragged import Int64Array, UInt8Array


class Heads:
    """Heads of payloads.

    Args:
        fronts: The bytes in front of each length, the outermost first: a tag, and before it whatever else the
            field around begins with.
        payloads: Length of each payload.

    Attributes:
        nbytes: Length of each head; of shape (1,) if all payloads are of one length, for all heads are equal then.
    """

    def __init__(self, fronts: Sequence[bytes], payloads: Int64Array) -> None:
        if (payloads == payloads[:1]).all():
            payloads = payloads[:1]
        self._fronts = fronts
        self._lengths: list[Int64Array] = []
        nbytes = payloads
        for front in reversed(fronts):
            self._lengths.insert(0, nbytes)
            nbytes = nbytes + len(front) + _varint_nbytes(nbytes)
        self.nbytes = nbytes - payloads

    def put(self, buffer: UInt8Array, places: Int64Array, *, rows: Int64Array | None = None) -> None:
        """Write heads into a buffer.

        Args:
            buffer: Where to.
            places: Where the head of each row begins.
            rows: Which to write; None: all.
        """
        if len(self.nbytes) <= 1:
            chosen = places if rows is None else places[rows]
            if len(chosen):
                put_rows(buffer, chosen, self._only())
            return
        nbytes = self.nbytes if rows is None else self.nbytes[rows]
        for length in np.unique(nbytes).tolist():
            same = np.flatnonzero(nbytes == length)
            chosen = same if rows is None else rows[same]
            put_rows(buffer, places[chosen], self._matrix(chosen))

    def _only(self) -> UInt8Array:
        pairs = zip(self._fronts, self._lengths, strict=True)
        return np.frombuffer(b"".join(front + wire.varint(int(length[0])) for front, length in pairs), np.uint8)[None]

    def _matrix(self, rows: Int64Array) -> UInt8Array:
        """Return heads that are of one length."""
        blocks: list[UInt8Array] = []
        for front, lengths in zip(self._fronts, self._lengths, strict=True):
            blocks += (np.tile(np.frombuffer(front, np.uint8), (len(rows), 1)), _varints(lengths[rows]))
        return np.concatenate(blocks, axis=1)


def _varint_nbytes(values: Int64Array) -> Int64Array:
    nbytes = np.ones_like(values)
    largest = int(values.max(initial=0))
    for index in range(1, -(-largest.bit_length() // 7)):
        nbytes += values >= 1 << (7 * index)
    return nbytes


def _varints(values: Int64Array) -> UInt8Array:
    """Write varints that are of as many bytes as the first of them, which are the columns."""
    last = -(-int(values[0]).bit_length() // 7) - 1
    columns = [(values >> 7 * index & 0x7F | 0x80).astype(np.uint8) for index in range(last)]
    return np.stack([*columns, (values >> 7 * max(last, 0)).astype(np.uint8)], axis=1)


def put_rows(buffer: UInt8Array, places: Int64Array, rows: UInt8Array) -> None:
    """Write rows of bytes into a buffer, which has room for them.

    Args:
        buffer: Where to.
        places: Where each row begins.
        rows: uint8 array of shape (len(places), nbytes), C-contiguous; or (1, nbytes), the same at all places.
    """
    length = rows.shape[1]
    if not length or not len(places):
        return
    # Each item is one row's place and overlaps the next, so NumPy copies row by row, not byte by byte.
    overlapping = np.ndarray((len(buffer) - length + 1,), f"V{length}", buffer, strides=(1,))
    overlapping[places] = rows.view(f"V{length}")[:, 0]
