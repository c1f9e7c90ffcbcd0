"""What a Caffe Datum says: one picture, raw or encoded, and its label.

    Datum = (0x08 varint)   channels     int32         (0x22 nbytes data)     raw pixels (CHW, BGR) or a picture file
            (0x10 varint)   height       int32         (0x28 varint)          label        int32
            (0x18 varint)   width        int32         (0x35 float32)*        float_data, or packed: 0x32 nbytes
            (0x38 varint)   encoded      bool

A scalar that comes twice keeps the last value; float_data is joined. `encoded` is always written: Caffe takes its
absence for false, NVIDIA DALI for true.

Source: caffe/src/caffe/proto/caffe.proto (message Datum).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from filmroll.buffer import Buffer
from filmroll.errors import EncodeError, ParseError
from filmroll.messages import feature, wire
from filmroll.messages.feature import Features

Float32Array = npt.NDArray[np.float32]
Int64Array = npt.NDArray[np.int64]

Field = tuple[int, int, int]
"""Tag, and where the payload starts and stops."""

INTEGERS = {0x08: "channels", 0x10: "height", 0x18: "width", 0x28: "label"}  # fields 1, 2, 3, 5, varints
DATA = 0x22  # field 4, length-delimited
FLOAT, PACKED_FLOATS = 0x35, 0x32  # field 6, as fixed32 and length-delimited
ENCODED = 0x38  # field 7, a varint
TAGS = {  # in the order of the fields' numbers
    "channels": 0x08,
    "height": 0x10,
    "width": 0x18,
    "data": DATA,
    "label": 0x28,
    "float_data": FLOAT,
    "encoded": ENCODED,
}
FLOAT_NBYTES = 1 + 4  # tag, value
INT32, BOOL = range(-(2**31), 2**31), range(2)


def parse(message: Buffer) -> Features:
    """Parse a Datum.

    Args:
        message: One whole serialized Datum.

    Returns:
        Name -> value, for the fields that are there: `data` a list of one read-only view of `message`, not copied;
        `float_data` a new float32 array (count,); the others int64 arrays (1,), `encoded` 0 or 1.

    Raises:
        ParseError, TruncatedError: The bytes are no Datum; `offset` is the place in the message.
        TypeError: `message` is no buffer.
    """
    view = wire.whole(message)
    features: Features = {}
    floats: list[Float32Array] = []
    for tag, start, stop in fields(view, 0, len(view)):
        if tag in INTEGERS:
            features[INTEGERS[tag]] = _one(_int32(view, start, stop))
        elif tag == DATA:
            features["data"] = [view[start:stop]]
        elif tag == ENCODED:
            features["encoded"] = _one(wire.read_varint(view, start, stop)[0] != 0)
        elif tag in (FLOAT, PACKED_FLOATS):
            floats.append(_floats(view, tag, start, stop))
            features["float_data"] = floats[0]
    if len(floats) > 1:
        features["float_data"] = np.concatenate(floats)
    return features


def fields(message: memoryview, start: int, end: int) -> Iterator[Field]:
    """Iterate over the fields as `wire.fields` does, but unpacked floats in a row come as one field.

    Yields:
        The tag, and where the payload starts and stops; that of floats includes the tags between them.

    Raises:
        TruncatedError, ParseError: A field is cut off or malformed.
    """
    while start < end:
        for tag, first, stop in wire.fields(message, ((start, end),)):
            start = stop
            if tag == FLOAT and stop < end and message[stop] == FLOAT:
                start = _end_of_floats(message, stop, end)
                yield tag, first, start
                break
            yield tag, first, stop


def _end_of_floats(message: memoryview, start: int, end: int) -> int:
    """Return where whole fields of one float each end; looks further the more there are, so that it stays linear."""
    tags = np.frombuffer(message, np.uint8, end - start, start)[::FLOAT_NBYTES][: (end - start) // FLOAT_NBYTES]
    count, step = 0, 64
    while True:
        same = tags[count : count + step] == FLOAT
        if len(same) < step or not same.all():
            found = len(same) if same.all() else int(np.argmin(same))
            return start + (count + found) * FLOAT_NBYTES
        count, step = count + step, 2 * step


def _floats(message: memoryview, tag: int, start: int, stop: int) -> Float32Array:
    if tag == FLOAT:
        count = (stop - start + 1) // FLOAT_NBYTES  # the first one's tag is not of the payload
        return np.ndarray((count,), "<f4", message, start, (FLOAT_NBYTES,)).astype(np.float32)
    if (stop - start) % 4:
        raise ParseError(f"a packed float list has {stop - start} bytes, no multiple of 4", offset=start)
    return np.frombuffer(message[start:stop], "<f4").astype(np.float32)


def _int32(message: memoryview, start: int, stop: int) -> int:
    value = message[start] if stop - start == 1 else wire.read_varint(message, start, stop)[0]
    value &= 0xFFFF_FFFF  # as protobuf: a negative one is of 64 bits, of which the low 32 count
    return value - (value >> 31 << 32)


def _one(value: int) -> Int64Array:
    array = np.empty(1, np.int64)
    array[0] = value
    return array


def serialize(features: Mapping[str, object]) -> list[Buffer]:
    """Serialize a Datum, its fields in the order of their numbers.

    Args:
        features: Name -> value: `channels`, `height`, `width`, `label` a whole number, or a list or array of one;
            `data` bytes-like, or a list of one; `float_data` numbers; `encoded` a bool, or a list or array of one,
            False where it is absent. None is absent, too.

    Returns:
        Buffers whose concatenation is the message. Large `data` is among them as given, not copied: do not change it
        before the message is written.

    Raises:
        EncodeError: There is no field of that name, or a value is of another type or does not fit it; or the message
            is longer than the 2 GiB that protobuf can read.
    """
    unknown = [name for name in features if name not in TAGS]
    if unknown:
        raise EncodeError(f"a Datum has no field {unknown[0]!r}; it has: {', '.join(TAGS)}")
    given = {"encoded": False} | {name: value for name, value in features.items() if value is not None}
    return wire.join_short([piece for name in TAGS if name in given for piece in _field(name, given[name])])


def _field(name: str, value: object) -> list[Buffer]:
    if name == "data":
        return wire.delimited(DATA, [_data(value)])
    if name == "float_data":
        return [interleaved(to_float32(value)).data.cast("B").toreadonly()]
    return [integer_field(name, to_integer(value, name=name))]


def integer_field(name: str, value: int) -> bytes:
    """Serialize a field of a whole number, or `encoded`.

    Raises:
        EncodeError: The number does not fit it.
    """
    if value not in (BOOL if name == "encoded" else INT32):
        raise EncodeError(f"field {name!r}: {value} is not {'0 or 1' if name == 'encoded' else 'an int32'}")
    return bytes((TAGS[name],)) + wire.varint(value & 0xFFFF_FFFF_FFFF_FFFF)


def interleaved(values: Float32Array) -> npt.NDArray[np.uint8]:
    """Put a tag in front of each float of the last axis: uint8 of shape (..., 5 * count)."""
    fields = np.empty((*values.shape, FLOAT_NBYTES), np.uint8)
    fields[..., 0] = FLOAT
    fields[..., 1:] = values.astype("<f4")[..., None].view(np.uint8)
    return fields.reshape(*values.shape[:-1], FLOAT_NBYTES * values.shape[-1])


def _data(value: object) -> Buffer:
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, memoryview) and not value.c_contiguous:
        raise EncodeError("field 'data': a view with gaps; expected contiguous bytes")
    if not isinstance(value, bytes | bytearray | memoryview):
        raise EncodeError(f"field 'data': expected one value of bytes, found {type(value).__name__}")
    return wire.whole(value) if isinstance(value, memoryview) else value


def to_float32(value: object, *, name: str = "float_data") -> Float32Array:
    """Return the numbers of a field as float32, flat.

    Raises:
        EncodeError: They are no numbers, or beyond float32.
    """
    try:
        array = np.asarray(value)
    except ValueError as exc:
        raise EncodeError(f"field {name!r}: {exc}") from exc
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    # It checks that all are numbers, and none is beyond float32.
    packed = feature.serialize(array, name=name)[-1] if array.size else b""
    return np.frombuffer(packed, "<f4")


def to_integer(value: object, *, name: str) -> int:
    """Return the one whole number of a field.

    Raises:
        EncodeError: It is none, or not one.
    """
    only: Any = value
    if isinstance(value, list | tuple | np.ndarray):
        if np.size(value) != 1:
            raise EncodeError(f"field {name!r}: {np.size(value)} values, expected one")
        only = np.ravel(value)[0]
    if not isinstance(only, feature.INTEGER_TYPES):
        raise EncodeError(f"field {name!r}: expected a whole number, found {type(only).__name__}")
    return int(only)
