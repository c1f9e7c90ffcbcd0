"""The values of one feature over many records: dense where every record has as many, ragged where not.

    row_splits   0     2 2   3        record i has the values row_splits[i] to row_splits[i + 1]
    values       28 28       7        NumberColumn: the numbers themselves
    starts       12 61       97       BytesColumn: where each value lies in `buffer`, which is not copied
    lengths       9  4       8

TensorFlow calls this a RaggedTensor, of values and row_splits.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from filmroll.errors import ParseError, UnsupportedError
from filmroll.messages import ragged
from filmroll.messages.feature import Value
from filmroll.messages.pieces import Type
from filmroll.messages.ragged import Int64Array, UInt8Array

BoolArray = npt.NDArray[np.bool_]
Shape = tuple[int | None, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Column:
    """One feature of many records. As it stands, one that no record gives a kind: all rows are None.

    Index or iterate it for what `example.parse` returns of a record. A record without the feature, or with one
    of no kind, is None, or the default where there is one; an empty list has the type of the column.

    Attributes:
        name: Name of the feature.
        shape: Shape of one record's values: () one, (k,) always k, (None,) a varying number; or as asked for.
        row_splits: int64 array of shape (records + 1,): the values of record i are row_splits[i] to [i + 1].
        present: bool array of shape (records,): the record itself has the feature, of some kind.
        type: "bytes", "float32", "int64", or None where no record says.
    """

    name: str
    shape: Shape
    row_splits: Int64Array
    present: BoolArray

    @property
    def type(self) -> Type | None:
        """Return the type of the values."""
        return None

    @property
    def counts(self) -> Int64Array:
        """Return the number of values in each record."""
        return np.diff(self.row_splits)

    def __len__(self) -> int:
        return len(self.present)

    def __iter__(self) -> Iterator[Value]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, index: int) -> Value:
        """Return the values of one record.

        Raises:
            IndexError: There is no such record.
        """
        row = range(len(self))[index]
        start, stop = self.row_splits[row : row + 2].tolist()
        return self._values(start, stop) if self.present[row] or start < stop else None

    def _values(self, start: int, stop: int) -> Value:
        return None

    def dense(self) -> npt.NDArray[Any]:
        """Return one array of all records.

        Raises:
            ParseError: The records differ in the number of values, or none has the feature.
        """
        raise ParseError(f"feature {self.name!r}: no record has it")

    def _dense_shape(self) -> tuple[int, ...]:
        counts = self.counts
        differs = counts != counts[:1]
        if differs.any():
            row = int(np.argmax(differs))
            raise ParseError(
                f"feature {self.name!r}: {counts[row]} values, record 0 has {counts[0]}; use row_splits", record=row
            )
        fixed = tuple(side for side in self.shape if side is not None)
        if len(fixed) == len(self.shape):
            return (len(self), *fixed)
        count = int(counts[0]) if len(self) else 0
        return (len(self), count // math.prod(fixed), *fixed)

    def __repr__(self) -> str:
        kind = type(self).__name__
        return f"{kind}({self.name!r}, {len(self)} records, type={self.type}, shape={self.shape})"


@dataclass(frozen=True, eq=False, repr=False)
class NumberColumn(Column):
    """A feature of numbers.

    Attributes:
        values: float32 or int64 array of shape (row_splits[-1],), all records' values one after another.
    """

    values: npt.NDArray[Any]

    @property
    def type(self) -> Type:
        """Return the type of the values."""
        return "float32" if self.values.dtype == np.float32 else "int64"

    def _values(self, start: int, stop: int) -> Value:
        return self.values[start:stop]

    def dense(self) -> npt.NDArray[Any]:
        """Return one array of all records, a view of `values`.

        Returns:
            float32 or int64 array of shape (records, *shape).

        Raises:
            ParseError: The records differ in the number of values.
        """
        return self.values.reshape(self._dense_shape())


@dataclass(frozen=True, eq=False, repr=False)
class BytesColumn(Column):
    """A feature of bytes; the values stay where they are.

    Attributes:
        buffer: Read-only uint8 array of shape (nbytes,): what was parsed, whole.
        starts, lengths: int64 arrays of shape (row_splits[-1],): where each value lies in the buffer.
    """

    buffer: UInt8Array
    starts: Int64Array
    lengths: Int64Array

    @property
    def type(self) -> Type:
        """Return the type of the values."""
        return "bytes"

    @cached_property
    def _view(self) -> memoryview:
        return self.buffer.data

    def _values(self, start: int, stop: int) -> Value:
        places = zip(self.starts[start:stop].tolist(), self.lengths[start:stop].tolist(), strict=True)
        return [self._view[first : first + length] for first, length in places]

    def dense(self, dtype: npt.DTypeLike = np.uint8, *, copy: bool = True) -> npt.NDArray[Any]:
        """Return the values, which must all have the same length, as one array.

        Args:
            dtype: What the bytes are, byte order included: "<u2", ">f4", bool, "<c8", ...
            copy: False takes a view where the values lie at even distances, as those of records all alike do.

        Returns:
            Array of shape (records, *shape, length // itemsize): new and C-contiguous, or a read-only view of the
            buffer.

        Raises:
            ParseError: The records differ in the number of values, or the values in length; or a length is no
                multiple of the item size.
            UnsupportedError: `dtype` is not of plain bytes.
        """
        shape = self._dense_shape()
        item = np.dtype(dtype)
        if item.hasobject or not item.itemsize:
            raise UnsupportedError(f"feature {self.name!r}: bytes cannot be items of {item}")
        length = self._length_of_all()
        if length % item.itemsize:
            raise ParseError(
                f"feature {self.name!r}: {length} bytes are not a multiple of {item.itemsize}, the size of {item}",
                record=self._record_of(0),
            )
        values = None if copy else ragged.spaced(self.buffer, self.starts, length)
        if values is None:
            values = ragged.windows(self.buffer, self.starts, length)
        return values.view(item).reshape(*shape, length // item.itemsize)

    def _length_of_all(self) -> int:
        if not len(self.lengths):
            return 0
        first = int(self.lengths[0])
        differs = self.lengths != first
        if differs.any():
            value = int(np.argmax(differs))
            raise ParseError(
                f"feature {self.name!r}: a value has {self.lengths[value]} bytes, the first has {first}; "
                "index the column, or use starts and lengths",
                record=self._record_of(value),
            )
        return first

    def _record_of(self, value: int) -> int:
        return int(np.searchsorted(self.row_splits, value, side="right")) - 1
