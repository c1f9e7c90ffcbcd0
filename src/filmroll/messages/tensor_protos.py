"""What a Caffe2 TensorProtos says: a few tensors, the first a picture, the second its label.

    TensorProtos = (0x0a nbytes TensorProto)*
    TensorProto  = (0x08 varint)* dims                 (0x2a nbytes data) byte_data     (0x3a nbytes data) name
                   (0x10 varint)  data_type            (0x32 nbytes data)* string_data
                   0x1a nbytes float_data, 0x22 nbytes int32_data, 0x52 nbytes int64_data: packed, or one by one

Features are numbered by tensor: "0/dims", "0/data_type", "0/string_data", "1/int32_data", ...

Source: pytorch/caffe2/proto/caffe2.proto (messages TensorProtos and TensorProto).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from filmroll.buffer import Buffer
from filmroll.errors import FormatError, ParseError
from filmroll.messages import varints, wire
from filmroll.messages.feature import Features

PROTO = 0x0A  # field 1, length-delimited
FLOAT, INT32, BYTE, STRING = 1, 2, 3, 4  # values of data_type
CONTENTS = ("float_data", "int32_data", "byte_data", "string_data", "int64_data")


def parse(message: Buffer) -> Features:
    """Parse a TensorProtos.

    Args:
        message: One whole serialized TensorProtos.

    Returns:
        "number/field" -> value, for the fields that are there: `dims`, `data_type`, `int32_data` and `int64_data` new
        int64 arrays (count,); `float_data` a new float32 array; `byte_data` and `name` lists of one read-only view of
        `message`, `string_data` of one or several. Fields of other names, such as `double_data`, are left out.

    Raises:
        ParseError, TruncatedError: The bytes are no TensorProtos; `offset` is the place in the message.
        TypeError: `message` is no buffer.
    """
    view = wire.whole(message)
    return {
        f"{number}/{name}": value
        for number, span in enumerate(wire.find(view, PROTO))
        for name, value in _parse_one(view, span).items()
    }


def recognise(message: Buffer) -> bool:
    """Tell whether some bytes are a TensorProtos: they parse as one, and every tensor has a type and a content."""
    try:
        view = wire.whole(message)
        tensors = [_parse_one(view, span) for span in wire.find(view, PROTO)]
    except FormatError:
        return False
    return bool(tensors) and all("data_type" in one and not one.keys().isdisjoint(CONTENTS) for one in tensors)


def _parse_one(message: memoryview, span: wire.Span) -> Features:
    features: Features = {}
    for tag, start, stop in wire.fields(message, (span,)):
        if tag in _NUMBERS:
            name, decode = _NUMBERS[tag]
            numbers: Any = decode(message, start, stop)
            before: Any = features.get(name)
            features[name] = numbers if before is None or name == "data_type" else np.concatenate((before, numbers))
        elif tag in _BYTES:
            name = _BYTES[tag]
            values: Any = features.get(name, []) if name == "string_data" else []
            features[name] = [*values, message[start:stop]]
    return features


def _floats(message: memoryview, start: int, stop: int) -> np.ndarray[Any, Any]:
    if (stop - start) % 4:
        raise ParseError(f"a packed float list has {stop - start} bytes, no multiple of 4", offset=start)
    return np.frombuffer(message[start:stop], "<f4").astype(np.float32)


def _int32s(message: memoryview, start: int, stop: int) -> np.ndarray[Any, Any]:
    # As protobuf: a negative one is of 64 bits, of which the low 32 count.
    return varints.decode(message, start, stop).astype(np.int32).astype(np.int64)


_Decode = Callable[[memoryview, int, int], "np.ndarray[Any, Any]"]
_NUMBERS: dict[int, tuple[str, _Decode]] = {
    **dict.fromkeys((0x08, 0x0A), ("dims", varints.decode)),
    0x10: ("data_type", _int32s),
    **dict.fromkeys((0x1A, 0x1D), ("float_data", _floats)),
    **dict.fromkeys((0x20, 0x22), ("int32_data", _int32s)),
    **dict.fromkeys((0x50, 0x52), ("int64_data", varints.decode)),
}
_BYTES = {0x2A: "byte_data", 0x32: "string_data", 0x3A: "name"}
