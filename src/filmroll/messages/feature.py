"""What one tf.train.Feature says: the three lists, and a feature with none of them.

    Feature   = 0x0a nbytes BytesList | 0x12 nbytes FloatList | 0x1a nbytes Int64List      one of, or nothing
    BytesList = (0x0a nbytes data)*
    FloatList = 0x0a nbytes float32*          packed, or (0x0d float32)* from writers of old
    Int64List = 0x0a nbytes varint*           packed, or (0x08 varint)*

If a feature holds several lists, protobuf merges: the last kind counts, and lists of that kind are joined.

Source: tensorflow/core/example/feature.proto.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from filmroll.buffer import Buffer
from filmroll.errors import EncodeError, ParseError
from filmroll.messages import varints, wire

Float32Array = npt.NDArray[np.float32]
Int64Array = npt.NDArray[np.int64]
Value = list[memoryview] | Float32Array | Int64Array | None
"""A bytes_list, a float_list, an int64_list, or a feature with no kind."""

Features = dict[str, Value]

BYTES_LIST, FLOAT_LIST, INT64_LIST = 0x0A, 0x12, 0x1A  # fields 1, 2, 3, length-delimited
PACKED = 0x0A  # field 1, length-delimited; also one value of a BytesList
UNPACKED_FLOAT, UNPACKED_INT64 = 0x0D, 0x08  # field 1 as fixed32, as varint
BYTES_TYPES = (bytes, bytearray, memoryview, str)
INTEGER_TYPES = (int, np.integer, np.bool_)
FLOATING_TYPES = (float, np.floating)
MAX_INT64 = 2**63 - 1

Scalar = TypeVar("Scalar", bound=np.generic)


def parse(message: memoryview, spans: wire.Spans) -> Value:
    """Parse the Feature whose bytes are at `spans`.

    Returns:
        A list of views of the message; or a new float32 or int64 array of shape (count,); or None.

    Raises:
        ParseError, TruncatedError: The bytes are no Feature.
    """
    if len(spans) != 1:
        return _parse_merging(message, spans)
    # The usual feature: one list, of one packed part or one bytes value.
    start, end = spans[0]
    kind, start = wire.sole_field(message, start, end)
    if kind in _DECODE:
        tag, start = wire.sole_field(message, start, end)
        if tag == PACKED:
            return _DECODE[kind](message, start, end)
    return _parse_merging(message, spans)


def _parse_merging(message: memoryview, spans: wire.Spans) -> Value:
    kind = 0
    parts: list[wire.Span] = []
    for tag, start, stop in wire.fields(message, spans):
        if tag not in _PARSE:
            continue
        if tag != kind:
            _finish(message, kind, parts)  # the list is dropped, but must be well-formed
            kind, parts = tag, []
        parts.append((start, stop))
    return _finish(message, kind, parts)


def _finish(message: memoryview, kind: int, parts: list[wire.Span]) -> Value:
    return _PARSE[kind](message, parts) if kind else None


def _parse_bytes_list(message: memoryview, spans: wire.Spans) -> Value:
    return [message[start:stop] for tag, start, stop in wire.fields(message, spans) if tag == PACKED]


def _parse_float_list(message: memoryview, spans: wire.Spans) -> Value:
    return _parse_numbers(message, spans, _floats, unpacked=UNPACKED_FLOAT)


def _parse_int64_list(message: memoryview, spans: wire.Spans) -> Value:
    return _parse_numbers(message, spans, varints.decode, unpacked=UNPACKED_INT64)


_PARSE: dict[int, Callable[[memoryview, wire.Spans], Value]] = {
    BYTES_LIST: _parse_bytes_list,
    FLOAT_LIST: _parse_float_list,
    INT64_LIST: _parse_int64_list,
}


def _parse_numbers(
    message: memoryview,
    spans: wire.Spans,
    decode: Callable[[memoryview, int, int], npt.NDArray[Scalar]],
    *,
    unpacked: int,
) -> npt.NDArray[Scalar]:
    arrays = [
        decode(message, start, stop) for tag, start, stop in wire.fields(message, spans) if tag in (PACKED, unpacked)
    ]
    return arrays[0] if len(arrays) == 1 else np.concatenate([decode(message, 0, 0), *arrays])


def _floats(message: memoryview, start: int, stop: int) -> Float32Array:
    if (stop - start) % 4:
        raise ParseError(f"a packed float list has {stop - start} bytes, no multiple of 4", offset=start)
    # A copy: a view would be aligned and writable, or not, by the accident of its place in the message.
    return np.frombuffer(message[start:stop], "<f4").astype(np.float32)


def _view(message: memoryview, start: int, stop: int) -> Value:
    return [message[start:stop]]


_DECODE: dict[int, Callable[[memoryview, int, int], Value]] = {
    BYTES_LIST: _view,
    FLOAT_LIST: _floats,
    INT64_LIST: varints.decode,
}


def serialize(value: object, *, name: str) -> list[Buffer]:
    """Serialize one Feature; the data of a bytes_list is not copied.

    Args:
        value: bytes-like, str or a list of them; int, float, bool or a list of them; an integer, bool or
            floating array of any shape, flattened in C order; or None, a feature with no kind. An empty list
            becomes an empty bytes_list.
        name: Name of the feature, for errors.

    Raises:
        EncodeError: `value` has another type, mixes types, or holds a number that its list cannot hold.
    """
    if value is None:
        return []
    if isinstance(value, BYTES_TYPES):
        return _serialize_bytes([value], name=name)
    if isinstance(value, np.ndarray | np.generic):
        return _serialize_array(np.asarray(value), name=name)
    if isinstance(value, int | float):
        return _serialize_list([value], name=name)
    if isinstance(value, list | tuple):
        return _serialize_list(value, name=name)
    raise EncodeError(f"feature {name!r}: {_type_name(value)} is neither bytes, text, numbers nor an array")


def _serialize_list(values: Sequence[object], *, name: str) -> list[Buffer]:
    types = set(map(type, values))
    if all(issubclass(each, BYTES_TYPES) for each in types):
        return _serialize_bytes(values, name=name)
    if all(issubclass(each, INTEGER_TYPES) for each in types):
        return _serialize_integers(_array(values, int, np.int64, name=name))
    if all(issubclass(each, INTEGER_TYPES + FLOATING_TYPES) for each in types):
        return _serialize_floats(_array(values, float, np.float64, name=name), name=name)
    found = ", ".join(sorted(each.__name__ for each in types))
    raise EncodeError(f"feature {name!r}: a list must be all bytes or text, or all numbers; found {found}")


def _array(
    values: Sequence[object], convert: Callable[[Any], float], dtype: type[Scalar], *, name: str
) -> npt.NDArray[Scalar]:
    try:
        # NumPy would wrap its own large scalars silently; Python's numbers it checks.
        return np.array([convert(value) for value in values], dtype)
    except OverflowError as exc:
        raise EncodeError(f"feature {name!r}: a number does not fit {np.dtype(dtype)}") from exc


def _serialize_bytes(values: Sequence[object], *, name: str) -> list[Buffer]:
    pieces: list[Buffer] = []
    for value in values:
        data = _bytes(value, name=name)
        pieces += (b"\x0a" + wire.varint(len(data)), data)
    return wire.delimited(BYTES_LIST, pieces)


def _bytes(value: object, *, name: str) -> Buffer:
    try:
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, memoryview):
            return wire.whole(value)
    except ValueError as exc:
        raise EncodeError(f"feature {name!r}: {exc}") from exc
    return cast("bytes | bytearray", value)


def _serialize_array(array: npt.NDArray[np.generic], *, name: str) -> list[Buffer]:
    flat = array.ravel()
    if array.dtype.kind == "u" and flat.size and int(flat.max()) > MAX_INT64:
        raise EncodeError(f"feature {name!r}: {flat.max()} does not fit int64, whose maximum is 2**63 - 1")
    if array.dtype.kind in "biu":
        return _serialize_integers(flat.astype(np.int64))
    if array.dtype.kind == "f":
        return _serialize_floats(flat, name=name)
    raise EncodeError(f"feature {name!r}: an array of {array.dtype} is neither integers, bools nor floats")


def _serialize_integers(values: Int64Array) -> list[Buffer]:
    packed = varints.encode(values)
    return wire.delimited(INT64_LIST, wire.delimited(PACKED, [packed]) if packed else [])


def _serialize_floats(values: npt.NDArray[np.generic], *, name: str) -> list[Buffer]:
    with np.errstate(over="ignore"):
        narrow = values.astype("<f4")
    if narrow.size and np.any(np.isinf(narrow) & np.isfinite(values)):
        raise EncodeError(f"feature {name!r}: a number is beyond float32, whose maximum is 3.4e38")
    packed = narrow.tobytes()
    return wire.delimited(FLOAT_LIST, wire.delimited(PACKED, [packed]) if packed else [])


def _type_name(value: object) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
