"""The dialect of raw arrays: the bytes of the array, its shape and its dtype.

    image_bytes  bytes   array.tobytes(), C order     image_shape  int64   e.g. 600, 400, 3
    image_dtype  bytes   b"uint8", b"<f4", ...        label  int64   from 0       text, filename  bytes
    boxes and mask   see objects.py

Files of others often lack the dtype; the number of bytes for each value then tells it: 1 is uint8, 2 uint16,
4 float32, 8 float64.

Source: the article "Images and TFRecords", and TensorFlow's tf.io.decode_raw, which reads it.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.dialects import fields, parts
from filmroll.errors import ParseError, UnsupportedError
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "array"
HOLDS = parts.HOLDS
PARTS = parts.Parts(
    NAME,
    key="filename",
    label="label",
    text="text",
    picture=frozenset({"image_bytes", "image_shape", "image_dtype"}),
)
DTYPE_OF_ITEMSIZE = {1: "uint8", 2: "uint16", 4: "float32", 8: "float64"}


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an encoded picture is decoded, 16 bits a channel stay 16 bits.

    Raises:
        DecodeError, LimitError: The encoded picture cannot be decoded.
        UnsupportedError: The array holds something else than numbers, or another feature has a name of the dialect's.
    """
    picture = fields.pixels(sample)
    image = np.ascontiguousarray(picture)
    if image.dtype.kind not in "biufc":
        raise UnsupportedError(f"an array of {image.dtype} cannot be stored as raw bytes, only numbers can")
    return PARTS.to_features(
        sample,
        {
            "image_bytes": fields.raw_bytes(image),
            "image_shape": list(picture.shape) or np.zeros(0, np.int64),
            "image_dtype": image.dtype.name if image.dtype.isnative else image.dtype.str,
            "filename": fields.to_bytes(sample.key),
        },
    )


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names; the array is a view of the record, not a copy.

    Raises:
        ParseError: A feature is absent, or bytes, shape and dtype do not agree.
        FormatError: The lists of boxes have different lengths.
    """
    shape = fields.integers(features, "image_shape")
    if shape is None:
        raise fields.absent(features, "image_shape")
    image = to_array(
        fields.one_bytes(features, "image_bytes"),
        shape=[int(n) for n in shape],
        dtype=fields.text(features, "image_dtype"),
    )
    return PARTS.to_sample(features, array=image)


def sniff(features: Features) -> str | None:
    """Say why these features are a raw array's, or return None."""
    if {"image_bytes", "image_shape"} <= features.keys():
        return "image_bytes beside image_shape is a raw array"
    return None


def to_array(data: memoryview, *, shape: list[int], dtype: str | None = None) -> NDArray[Any]:
    """View raw bytes as an array.

    Args:
        data: The bytes, C order.
        shape: Sizes of its axes.
        dtype: A NumPy name of numbers; None has the number of bytes a value tell it.

    Returns:
        Array of that shape, a read-only view where `data` is read-only.

    Raises:
        ParseError: The number of bytes is not that of the shape and dtype, or the dtype is not one of numbers.
    """
    count = math.prod(shape)
    if any(n < 0 for n in shape) or (dtype is None and (count == 0 or len(data) % count)):
        raise ParseError(f"{len(data)} bytes do not fit the shape {tuple(shape)}")
    found = _dtype(dtype if dtype is not None else DTYPE_OF_ITEMSIZE.get(len(data) // count, ""))
    if count * found.itemsize != len(data):
        raise ParseError(f"{len(data)} bytes where shape {tuple(shape)} of {found} takes {count * found.itemsize}")
    return np.frombuffer(data, found).reshape(shape)


def _dtype(name: str) -> np.dtype[Any]:
    try:
        dtype = np.dtype(name) if name else None
    except (TypeError, ValueError, SyntaxError):
        dtype = None
    if dtype is None or dtype.kind not in "biufc":
        raise ParseError(f"no dtype of numbers: {name!r}; write one into 'image_dtype', such as 'uint8'")
    return dtype
