"""The dialect of raw arrays: the bytes of the array, its shape and its dtype.

    image_bytes  bytes   array.tobytes(), C order     image_shape  int64   e.g. 600, 400, 3
    image_dtype  bytes   b"uint8", b"<f4", ...        label  int64   from 0       text, filename  bytes

Files of others often lack the dtype; the number of bytes for each value then tells it: 1 is uint8, 2 uint16,
4 float32, 8 float64.

Source: the article "Images and TFRecords", and TensorFlow's tf.io.decode_raw, which reads it.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.dialects import fields
from filmroll.errors import ParseError, UnsupportedError
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "array"
OWN = ("image_bytes", "image_shape", "image_dtype", "label", "text", "filename")
DTYPE_OF_ITEMSIZE = {1: "uint8", 2: "uint16", 4: "float32", 8: "float64"}


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an encoded picture is decoded.

    Raises:
        DecodeError: The encoded picture cannot be decoded.
        UnsupportedError: The array holds something else than numbers.
    """
    image = np.ascontiguousarray(sample.image)
    if image.dtype.kind not in "biufc":
        raise UnsupportedError(f"an array of {image.dtype} cannot be stored as raw bytes, only numbers can")
    features: dict[str, Any] = {
        "image_bytes": image.data.cast("B") if image.size else b"",
        "image_shape": list(sample.image.shape) or np.zeros(0, np.int64),
        "image_dtype": image.dtype.name if image.dtype.isnative else image.dtype.str,
        "filename": fields.to_bytes(sample.key),
    }
    if sample.label is not None:
        features["label"] = sample.label
    if sample.text is not None:
        features["text"] = fields.to_bytes(sample.text)
    return features | sample.features


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names; the array is a view of the record, not a copy.

    Raises:
        ParseError: A feature is absent, or bytes, shape and dtype do not agree.
    """
    shape = fields.integers(features, "image_shape")
    if shape is None:
        raise ParseError(f"no feature 'image_shape'; there are: {fields.listed(features)}")
    return Sample(
        key=fields.text(features, "filename") or "",
        array=to_array(
            fields.one_bytes(features, "image_bytes"),
            shape=[int(n) for n in shape],
            dtype=fields.text(features, "image_dtype"),
        ),
        label=fields.integer(features, "label"),
        text=fields.text(features, "text"),
        features=fields.others(features, OWN),
    )


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
