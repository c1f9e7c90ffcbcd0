"""Many Examples from NumPy columns, at once: the way back from `columns.parse`.

    0a nbytes  0a nbytes 0a nbytes name 12 nbytes 1a nbytes | 0a nbytes payload      further entries
    message    entry                    Feature   kind      | item, or several

An item is one value of a bytes_list, or all numbers of a list, packed. All lengths are counted first, the innermost
first; then all places are known, and the heads and payloads of one feature are put there for all records in one step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from filmroll.buffer import Buffer
from filmroll.errors import EncodeError
from filmroll.messages import feature, feature_map, ragged, wire
from filmroll.messages.column import BytesColumn, Column, NumberColumn
from filmroll.messages.example import FEATURES
from filmroll.messages.feature import BYTES_LIST, PACKED
from filmroll.messages.feature_map import ENTRY, NAME, VALUE
from filmroll.messages.heads import Heads, put_rows
from filmroll.messages.ragged import Int64Array, UInt8Array

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Bytes:
    """Say of an array that it is one bytes value of each record, not a list of numbers.

    Args:
        array: uint8 array of shape (n, ...), the bytes of a record in C order.
    """

    array: UInt8Array


Values = npt.NDArray[np.generic] | Bytes | Column | Sequence[object]


class Many(NamedTuple):
    """Messages one after another: message i is buffer[starts[i] : starts[i] + lengths[i]].

    Attributes:
        buffer: Read-only view of all bytes.
        starts, lengths: int64 arrays of shape (n,).
    """

    buffer: memoryview
    starts: Int64Array
    lengths: Int64Array


def serialize(features: Mapping[str, Values]) -> Many:
    """Serialize n Examples.

    Args:
        features: Name -> the values of all records, one of these:
            an integer, bool or floating array of shape (n,) or (n, ...): the numbers of a record in C order;
            `Bytes`, around a uint8 array of shape (n, ...): one bytes value for each record;
            a list of n bytes-likes or str, or of n numbers: one value for each record;
            a column of `parse`: what indexing it returns of each record, so also lists of varying length, and
            a feature with no kind where that is None.

    Returns:
        The messages, new: byte for byte those of `example.serialize` with each record's values, in the same order.

    Raises:
        EncodeError: The features differ in n, or there are none; a value has another type, or a number that int64
            or float32 cannot hold; a name is no text; a message, which is `record`, is longer than protobuf reads.
    """
    lists = {name: _lists(values, name=name) for name, values in features.items()}
    entries = [_Entries(name, each) for name, each in lists.items()]
    count = _common_count({name: len(each.counts) for name, each in lists.items()})
    nbytes = sum((each.nbytes for each in entries), np.zeros(count, np.int64))
    outer = Heads((bytes((FEATURES,)),), nbytes)
    lengths = nbytes + outer.nbytes
    _check(lengths)
    splits = ragged.splits(lengths)
    buffer = np.empty(splits[-1], np.uint8)
    outer.put(buffer, splits[:-1])
    places = splits[:-1] + outer.nbytes
    for each in entries:
        each.put(buffer, places)
        places += each.nbytes
    return Many(buffer.data.toreadonly(), splits[:-1], lengths)


def _common_count(counts: Mapping[str, int]) -> int:
    if not counts:
        raise EncodeError("no feature says how many messages there are")
    (first, count), *others = counts.items()
    for name, other in others:
        if other != count:
            raise EncodeError(f"feature {name!r}: values of {other} records, feature {first!r} has {count}")
    return count


def _check(lengths: Int64Array) -> None:
    too_long = lengths > wire.MAX_MESSAGE_NBYTES
    if too_long.any():
        row = int(np.argmax(too_long))
        limit = wire.MAX_MESSAGE_NBYTES
        raise EncodeError(f"the message has {lengths[row]} bytes, protobuf reads {limit} at most", record=row)


class _Payloads(NamedTuple):
    """What the items hold: spans of a buffer; or buffers of their own, which start at 0."""

    source: UInt8Array | list[Buffer]
    starts: Int64Array
    lengths: Int64Array


class _Lists(NamedTuple):
    """The lists of one feature.

    Attributes:
        kind: Tag of the list.
        counts: Items in each record.
        payloads: Of all items, record by record.
        missing: Which records have a feature with no kind; None: not one.
    """

    kind: int
    counts: Int64Array
    payloads: _Payloads
    missing: BoolArray | None = None


def _lists(values: Values, *, name: str) -> _Lists:
    if isinstance(values, Column):
        return _lists_of_column(values, name=name)
    if isinstance(values, Bytes):
        return _lists_of_array(values.array, name=name)
    if isinstance(values, np.ndarray) and values.ndim:
        width = values[:1].size if len(values) else 0
        return _numbers(values, ragged.splits(np.full(len(values), width)), name=name)
    if isinstance(values, list | tuple):
        return _lists_of_list(values, name=name)
    raise EncodeError(
        f"feature {name!r}: {type(values).__name__} is no array of shape (n, ...), Bytes, list nor column of n values"
    )


def _lists_of_column(column: Column, *, name: str) -> _Lists:
    missing = ~column.present & (column.counts == 0)
    if isinstance(column, BytesColumn):
        lists = _Lists(BYTES_LIST, column.counts, _Payloads(column.buffer, column.starts, column.lengths))
    else:
        values = column.values if isinstance(column, NumberColumn) else np.empty(0, np.int64)
        lists = _numbers(values, column.row_splits, name=name)
    return lists._replace(missing=missing) if missing.any() else lists


def _lists_of_array(array: UInt8Array, *, name: str) -> _Lists:
    if not isinstance(array, np.ndarray) or array.dtype != np.uint8 or not array.ndim:
        raise EncodeError(f"feature {name!r}: Bytes must be around a uint8 array of shape (n, ...)")
    count = len(array)
    lengths = np.full(count, array[:1].size)
    payloads = _Payloads(array.reshape(-1), ragged.splits(lengths)[:-1], lengths)
    return _Lists(BYTES_LIST, np.ones(count, np.int64), payloads)


def _lists_of_list(values: Sequence[object], *, name: str) -> _Lists:
    head, *pieces = feature.serialize(values, name=name)
    if head[0] != BYTES_LIST:
        return _packed(head[0], pieces[-1], np.arange(len(values) + 1))
    data = pieces[1::2]  # in front of each stands its length
    count = len(data)
    lengths = np.fromiter(map(len, data), np.int64, count)
    return _Lists(BYTES_LIST, np.ones(count, np.int64), _Payloads(data, np.zeros_like(lengths), lengths))


def _numbers(values: npt.NDArray[np.generic], row_splits: Int64Array, *, name: str) -> _Lists:
    head, *pieces = feature.serialize(values, name=name)
    return _packed(head[0], pieces[-1] if pieces else b"", row_splits)


def _packed(kind: int, packed: Buffer, row_splits: Int64Array) -> _Lists:
    """Divide a packed list into those of the records; one without a number has no item."""
    encoded = np.frombuffer(packed, np.uint8)
    splits = row_splits - row_splits[0]
    if kind == feature.FLOAT_LIST:
        splits = 4 * splits
    elif len(encoded) != splits[-1]:  # not all varints are of one byte
        splits = np.append(0, np.flatnonzero(encoded < 0x80) + 1)[splits]
    starts, lengths = splits[:-1], np.diff(splits)
    filled = lengths > 0
    return _Lists(kind, filled.astype(np.int64), _Payloads(encoded, starts[filled], lengths[filled]))


class _Entries:
    """The entries of one feature, one of each record.

    Attributes:
        nbytes: Their lengths.
    """

    def __init__(self, name: object, lists: _Lists) -> None:
        self._lists = lists
        self._items = Heads((bytes((PACKED,)),), lists.payloads.lengths)
        self._item_nbytes = self._items.nbytes + lists.payloads.lengths
        named = b"".join(wire.delimited(NAME, [feature_map.encode_name(name)])) + bytes((VALUE,))
        contents = _sums(self._item_nbytes, lists.counts)
        self._heads = Heads((bytes((ENTRY,)), named, bytes((lists.kind,))), contents)
        self._without_kind = Heads((bytes((ENTRY,)), named), np.zeros(1, np.int64))
        self.nbytes = self._heads.nbytes + contents
        if lists.missing is not None:
            self.nbytes[lists.missing] = self._without_kind.nbytes

    def put(self, buffer: UInt8Array, places: Int64Array) -> None:
        """Write them into the buffer."""
        missing = self._lists.missing
        if missing is None:
            self._heads.put(buffer, places)
        else:
            self._heads.put(buffer, places, rows=np.flatnonzero(~missing))
            self._without_kind.put(buffer, places[missing])
        counts = self._lists.counts
        items = places + self._heads.nbytes
        if not _all_ones(counts):
            items = _places_in_turn(items, counts, self._item_nbytes)
        self._items.put(buffer, items)
        _put_payloads(buffer, items + self._items.nbytes, self._lists.payloads)


def _all_ones(counts: Int64Array) -> bool:
    """Tell whether every record has one."""
    return bool((counts == 1).all())


def _sums(nbytes: Int64Array, counts: Int64Array) -> Int64Array:
    """Sum up each record's items."""
    if _all_ones(counts):
        return nbytes
    return np.diff(ragged.splits(nbytes)[ragged.splits(counts)])


def _places_in_turn(firsts: Int64Array, counts: Int64Array, nbytes: Int64Array) -> Int64Array:
    """Return where each item stands, if each record's stand one after another."""
    before = ragged.splits(nbytes)
    return np.repeat(firsts - before[ragged.splits(counts)[:-1]], counts) + before[:-1]


def _put_payloads(buffer: UInt8Array, places: Int64Array, payloads: _Payloads) -> None:
    source, starts, lengths = payloads
    if not len(lengths):
        return
    if isinstance(source, list):
        _put_singly(buffer, places, lengths, source)
    elif (lengths == lengths[0]).all():
        put_rows(buffer, places, _rows(source, starts, int(lengths[0])))
    elif lengths.sum() <= ragged.JOINED_NBYTES * len(lengths):
        buffer[ragged.positions(places, lengths)] = source[ragged.positions(starts, lengths)]
    else:
        view = source.data
        spans = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
        _put_singly(buffer, places, lengths, [view[start:stop] for start, stop in spans])


def _put_singly(buffer: UInt8Array, places: Int64Array, lengths: Int64Array, values: list[Buffer]) -> None:
    view = buffer.data
    for start, stop, value in zip(places.tolist(), (places + lengths).tolist(), values, strict=True):
        view[start:stop] = value


def _rows(source: UInt8Array, starts: Int64Array, length: int) -> UInt8Array:
    """Return spans of one length, copied unless they stand one after another."""
    if (np.diff(starts) == length).all():
        first = int(starts[0])
        return source[first : first + length * len(starts)].reshape(len(starts), length)
    return ragged.windows(source, starts, length)
