"""The values of one feature that some of the records hold: what is found, before it is a column.

    rows     2  5  6           numbers of the records, ascending
    counts   1  3  0           values in each
    arrays   a  b b b          their values, one after another

Records are found in several goes, those of one layout together; `merge` puts the pieces in the records' order.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from filmroll.messages import ragged
from filmroll.messages.feature import BYTES_LIST, FLOAT_LIST, INT64_LIST
from filmroll.messages.ragged import Int64Array

Type = Literal["bytes", "float32", "int64"]
Arrays = tuple[npt.NDArray[Any], ...]

TYPES: dict[int, Type] = {BYTES_LIST: "bytes", FLOAT_LIST: "float32", INT64_LIST: "int64"}
EMPTY: dict[Type, Arrays] = {
    "bytes": (np.empty(0, np.int64), np.empty(0, np.int64)),
    "float32": (np.empty(0, np.float32),),
    "int64": (np.empty(0, np.int64),),
}


class Piece(NamedTuple):
    """Values of one type.

    `arrays` is (values,) of numbers; of bytes it is (starts, lengths), their places in the buffer.
    """

    type: Type
    rows: Int64Array
    counts: Int64Array
    arrays: Arrays

    def without(self, dropped: npt.NDArray[np.bool_]) -> Self:
        """Leave out the records that are marked in an array of shape (number of all records,)."""
        kept = ~dropped[self.rows]
        if kept.all():
            return self
        values = np.repeat(kept, self.counts)
        arrays = tuple(array[values] for array in self.arrays)
        return self._replace(rows=self.rows[kept], counts=self.counts[kept], arrays=arrays)

    @property
    def has_values(self) -> bool:
        """Tell whether any of the records has any values."""
        return len(self.arrays[0]) > 0

    def first_row(self) -> int:
        """Return the number of the first record that has any values."""
        return int(self.rows[np.argmax(self.counts > 0)])


def empty(kind: Type, rows: Int64Array) -> Piece:
    """Return the piece of records that have the feature, and no values."""
    return Piece(kind, rows, np.zeros(len(rows), np.int64), EMPTY[kind])


def merge(pieces: Sequence[Piece], *, type: Type, count: int) -> tuple[Int64Array, Arrays]:
    """Put the values in the order of the records.

    Args:
        pieces: No record may be in two of them; those that have values must be of one type.
        type: That type.
        count: Number of all records.

    Returns:
        Values in each record, of shape (count,); and their arrays, which may be those of a piece.
    """
    pieces = sorted((piece for piece in pieces if piece.has_values), key=lambda piece: int(piece.rows[0]))
    if len(pieces) == 1 and len(pieces[0].rows) == count:
        return pieces[0].counts, pieces[0].arrays
    if pieces and np.array_equal(np.concatenate([piece.rows for piece in pieces]), np.arange(count)):
        arrays = tuple(map(np.concatenate, zip(*(piece.arrays for piece in pieces), strict=True)))
        return np.concatenate([piece.counts for piece in pieces]), arrays
    counts = np.zeros(count, np.int64)
    for piece in pieces:
        counts[piece.rows] = piece.counts
    firsts = ragged.splits(counts)
    arrays = tuple(np.empty(firsts[-1], array.dtype) for array in EMPTY[type])
    for piece in pieces:
        places = ragged.positions(firsts[piece.rows], piece.counts)
        for array, values in zip(arrays, piece.arrays, strict=True):
            array[places] = values
    return counts, arrays
