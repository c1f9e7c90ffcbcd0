"""What a Caffe BlobProto says: an array of floats, such as the mean of all pictures (`mean.binaryproto`).

    BlobProto = (0x08 varint) num     (0x10 varint) channels     (0x2a nbytes float32*) data, or (0x2d float32)*
                (0x18 varint) height  (0x20 varint) width        (0x3a nbytes BlobShape) shape
    BlobShape = 0x0a nbytes varint*   the sizes of the axes, or (0x08 varint)*

Older files have the four sizes, younger ones the shape; compute_image_mean writes the four sizes still.

Source: caffe/src/caffe/proto/caffe.proto (messages BlobProto and BlobShape).
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from filmroll.buffer import Buffer
from filmroll.errors import EncodeError, ParseError
from filmroll.messages import datum, varints, wire
from filmroll.messages.feature import Features, Float32Array, Int64Array

SIZES = {"num": 0x08, "channels": 0x10, "height": 0x18, "width": 0x20}  # fields 1 to 4, varints
SIZE_OF_TAG = {tag: name for name, tag in SIZES.items()}
DATA, FLOAT = 0x2A, 0x2D  # field 5, packed and as fixed32
SHAPE = 0x3A  # field 7, length-delimited
DIM, PACKED_DIMS = 0x08, 0x0A  # field 1 of a BlobShape
NAMES = (*SIZES, "data", "shape")


def parse(message: Buffer) -> Features:
    """Parse a BlobProto.

    Args:
        message: One whole serialized BlobProto.

    Returns:
        Name -> value, for the fields that are there: `data` a new float32 array (count,), `shape` a new int64 array
        (axes,), `num`, `channels`, `height`, `width` int64 arrays (1,). Others, such as `diff`, are left out.

    Raises:
        ParseError, TruncatedError: The bytes are no BlobProto; `offset` is the place in the message.
        TypeError: `message` is no buffer.
    """
    view = wire.whole(message)
    features: Features = {}
    floats: list[Float32Array] = []
    shapes: list[wire.Span] = []
    for tag, start, stop in wire.fields(view, ((0, len(view)),)):
        if tag in SIZE_OF_TAG:
            features[SIZE_OF_TAG[tag]] = varints.decode(view, start, stop).astype(np.int32).astype(np.int64)
        elif tag in (DATA, FLOAT):
            floats.append(_floats(view, start, stop))
        elif tag == SHAPE:
            shapes.append((start, stop))
    if floats:
        features["data"] = np.concatenate(floats)
    if shapes:
        features["shape"] = _dims(view, shapes)
    return features


def _floats(message: memoryview, start: int, stop: int) -> Float32Array:
    if (stop - start) % 4:
        raise ParseError(f"a packed float list has {stop - start} bytes, no multiple of 4", offset=start)
    return np.frombuffer(message[start:stop], "<f4").astype(np.float32)


def _dims(message: memoryview, shapes: list[wire.Span]) -> Int64Array:
    found = [
        varints.decode(message, start, stop)
        for tag, start, stop in wire.fields(message, shapes)
        if tag in (DIM, PACKED_DIMS)
    ]
    return np.concatenate([np.zeros(0, np.int64), *found])


def shape_of(features: Features) -> tuple[int, ...]:
    """Return the shape of a blob's array: its `shape`, or the four sizes of older files.

    Raises:
        ParseError: There is neither, or the values of `data` are not as many.
    """
    named: Any = features.get("shape")
    if features.keys() & SIZES:  # as Caffe: they go before the shape
        sizes: list[Any] = [features.get(name) for name in SIZES]
        named = [0 if size is None else int(size[0]) for size in sizes]
    if named is None:
        raise ParseError(f"a blob without shape; there are: {', '.join(features) or 'none'}")
    shape = tuple(int(side) for side in named)
    data: Any = features.get("data", ())
    if min(shape, default=1) < 0 or math.prod(shape) != len(data):
        raise ParseError(f"{len(data)} values in a blob of shape {shape}")
    return shape


def serialize(features: Mapping[str, object]) -> list[Buffer]:
    """Serialize a BlobProto, its fields in the order of their numbers.

    Args:
        features: Name -> value: `num`, `channels`, `height`, `width` whole numbers; `data` numbers; `shape` whole
            numbers, one for each axis. None is absent.

    Returns:
        Buffers whose concatenation is the message.

    Raises:
        EncodeError: There is no field of that name, or a value is of another type or does not fit it.
    """
    unknown = [name for name in features if name not in NAMES]
    if unknown:
        raise EncodeError(f"a BlobProto has no field {unknown[0]!r} here; it has: {', '.join(NAMES)}")
    pieces: list[Buffer] = []
    for name in NAMES:
        if features.get(name) is not None:
            pieces += _field(name, features[name])
    return wire.join_short(pieces)


def _field(name: str, value: object) -> list[Buffer]:
    if name == "data":
        return wire.delimited(DATA, [datum.to_float32(value, name=name).tobytes()])
    if name == "shape":
        dims = np.asarray(value)
        if dims.size and dims.dtype.kind not in "iu":
            raise EncodeError(f"field 'shape': {dims.dtype} are no whole numbers")
        return wire.delimited(SHAPE, wire.delimited(PACKED_DIMS, [varints.encode(dims.reshape(-1).astype(np.int64))]))
    size = datum.to_integer(value, name=name)
    if size not in datum.INT32:
        raise EncodeError(f"field {name!r}: {size} is not an int32")
    return [bytes((SIZES[name],)) + wire.varint(size & 0xFFFF_FFFF_FFFF_FFFF)]
