"""What the rows of a Parquet table say, as features: structs are opened, lists laid flat.

    label   int64                           -> "label"          int64 (1,)
    image   struct {bytes, path}            -> "image/bytes", "image/path"        one value of bytes each
    tags    list<string>                    -> "tags"           a list of bytes
    bbox    list<list<double>>              -> "bbox"           float64, all numbers in a row
                                               "bbox/lengths"   int64, how many each inner list has
                                               "bbox/lengths_2" of the lists one level further in, and so on

A null is an absent feature. Integers and bools become int64 and float16 float32; uint64 and float64 stay what they
are, for neither int64 nor float32 holds them all; text is its UTF-8 bytes, a decimal its digits; a date or time is the
whole number that is stored, without its unit. A null inside a list of numbers makes that row float64, with NaN in its
place; inside a list of bytes it is empty; an inner list that is null is empty.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from filmroll.errors import UnsupportedError

SMALL_NBYTES = 4096  # shorter values are copied: a view of them would keep the whole row group in memory
Value = list[memoryview] | NDArray[Any]


class Leaf(NamedTuple):
    """One column without structs, of all rows of a batch.

    Attributes:
        name: Path of the column.
        valid: Which rows have it, bool of shape (rows,).
        offsets: Of each level of lists, int64 of shape (items of the level above + 1,).
        take: Returns the values from one position to another of the innermost level.
    """

    name: str
    valid: NDArray[np.bool_]
    offsets: Sequence[NDArray[np.int64]]
    take: Callable[[int, int], Value]

    def cells(self, row: int) -> Iterator[tuple[str, Value]]:
        """Yield name and value of the feature of one row, and of the lengths that it needs."""
        if not self.valid[row]:
            return
        start, stop = row, row + 1
        for level, offsets in enumerate(self.offsets):
            if level:
                name = f"{self.name}/lengths" + ("" if level == 1 else f"_{level}")
                yield name, np.diff(offsets[start : stop + 1])
            start, stop = int(offsets[start]), int(offsets[stop])
        yield self.name, self.take(start, stop)


def leaves(batch: pa.RecordBatch) -> list[Leaf]:
    """Open the structs of a batch.

    Raises:
        UnsupportedError: A column has a type without a place among features, such as a map or a union.
    """
    every = np.ones(batch.num_rows, np.bool_)
    named = zip(batch.schema.names, batch.columns, strict=True)
    return [leaf for name, column in named for leaf in _open(name, column, every, ())]


def _open(
    name: str, array: pa.Array, valid: NDArray[np.bool_], offsets: tuple[NDArray[np.int64], ...]
) -> Iterator[Leaf]:
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_dictionary(array.type) and not _is_bytes(array.type.value_type):
        array = array.dictionary_decode()
    if not offsets:
        valid = _to_numpy(array.is_valid())  # where a struct is null, what is flattened out of it is too
    if pa.types.is_struct(array.type):
        for field, child in zip(array.type, array.flatten(), strict=True):
            yield from _open(f"{name}/{field.name}", child, valid, offsets)
    elif _is_list(array.type):
        lengths = _to_numpy(pc.fill_null(pc.list_value_length(array), 0)).astype(np.int64)
        yield from _open(name, array.flatten(), valid, (*offsets, np.append(0, np.cumsum(lengths))))
    elif pa.types.is_null(array.type):
        yield Leaf(name, valid, offsets, lambda start, stop: [memoryview(b"")] * (stop - start))
    else:
        yield Leaf(name, valid, offsets, _taker(name, array))


def _is_list(kind: pa.DataType) -> bool:
    checks = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(check(kind) for check in checks)


def _taker(name: str, array: pa.Array) -> Callable[[int, int], Value]:
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _repeated_taker(array)
    if pa.types.is_decimal(kind):
        array = array.cast(pa.string())
    try:
        if _is_bytes(array.type):
            return _bytes_taker(array.cast(pa.large_binary()))
        return _number_taker(array, _number_type(kind))
    except (pa.ArrowNotImplementedError, KeyError) as exc:
        raise UnsupportedError(f"column {name!r} is {kind}, which has no place among features") from exc


def _is_bytes(kind: pa.DataType) -> bool:
    checks = ("binary", "large_binary", "fixed_size_binary", "string", "large_string")
    return any(getattr(pa.types, f"is_{check}")(kind) for check in checks) or str(kind) in (
        "string_view",
        "binary_view",
    )


def _bytes_taker(array: pa.Array) -> Callable[[int, int], Value]:
    _, places, data = array.buffers()
    bounds = np.frombuffer(places, np.int64)[array.offset : array.offset + len(array) + 1].tolist() if places else [0]
    view = memoryview(data if data is not None else b"").cast("B").toreadonly()

    def take(start: int, stop: int) -> Value:
        views = [view[bounds[at] : bounds[at + 1]] for at in range(start, stop)]
        return [memoryview(bytes(each)) if len(each) < SMALL_NBYTES else each for each in views]

    return take


def _repeated_taker(array: pa.DictionaryArray) -> Callable[[int, int], Value]:
    """Take values from the dictionary where they are: decoded, a short file could repeat a long one without end."""
    values = _bytes_taker(array.dictionary.cast(pa.large_binary()))
    indices = _to_numpy(pc.fill_null(array.indices.cast(pa.int64()), -1)).tolist()

    def take(start: int, stop: int) -> Value:
        return [values(at, at + 1)[0] if at >= 0 else memoryview(b"") for at in indices[start:stop]]

    return take


def _number_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_floating(kind):
        return pa.float64() if pa.types.is_float64(kind) else pa.float32()
    if pa.types.is_uint64(kind):
        return pa.uint64()
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_temporal(kind):
        return pa.int64()
    raise KeyError(str(kind))


def _number_taker(array: pa.Array, kind: pa.DataType) -> Callable[[int, int], Value]:
    if pa.types.is_date32(array.type) or pa.types.is_time32(array.type):
        array = array.cast(pa.int32())
    present = _to_numpy(array.is_valid())
    zero = pa.scalar(0).cast(kind)
    numbers = _to_numpy(pc.fill_null(array.cast(kind), zero))

    def take(start: int, stop: int) -> Value:
        if present[start:stop].all():
            return numbers[start:stop].copy()
        return np.where(present[start:stop], numbers[start:stop].astype(np.float64), np.nan)

    return take


def _to_numpy(array: pa.Array) -> NDArray[Any]:
    found: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return found
