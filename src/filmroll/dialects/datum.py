"""The dialect of Caffe's Datum: a picture file, or raw pixels channel by channel, and a label from 0.

    data        bytes   raw: (channels, height, width) uint8, of 3 channels BGR; or a picture file, if `encoded`
    float_data  float   in its place: the same of float32      channels, height, width   int64   of raw pixels
    label       int64   from 0                                 encoded   int64   0 or 1; always written

The picture's name is in the key of its record: `00000017_cats/7.jpg`. There is no place for anything else.

NVIDIA DALI reads raw pixels as (height, width, channels), against Caffe; so for DALI store picture files, the default.

Source: BVLC/caffe: caffe.proto, util/io.cpp, tools/convert_imageset.cpp, python/caffe/io.py.
"""

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.dialects import fields
from filmroll.errors import DecodeError, EncodeError, ParseError
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "datum"
MESSAGE = "datum"
HOLDS = frozenset({"label"})
SIZES = ("channels", "height", "width")
OWN = frozenset({*SIZES, "data", "float_data", "label", "encoded"})
NUMBER = re.compile(r"\d{8}_")


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an encoded picture stays as it is, an array is stored raw.

    Raises:
        DecodeError: There is no picture.
        EncodeError: The array is neither uint8 nor float32, or has neither two nor three axes.
    """
    label = {} if sample.label is None else {"label": sample.label}
    if sample.encoded:
        return {"data": sample.encoded, **label, "encoded": 1}
    if sample.array is None:
        raise DecodeError(f"sample {sample.key!r} holds no picture")
    array = sample.array
    if array.dtype not in (np.uint8, np.float32) or array.ndim not in (2, 3):
        raise EncodeError(
            f"a Datum stores uint8 or float32 (height, width, channels), the picture is {array.dtype} of shape"
            f" {array.shape}; convert it, or choose the dialect 'array'"
        )
    planes = np.ascontiguousarray(swapped(np.atleast_3d(array)).transpose(2, 0, 1))
    sizes = dict(zip(SIZES, planes.shape, strict=True))
    if array.dtype == np.float32:
        return {**sizes, **label, "float_data": planes.reshape(-1), "encoded": 0}
    return {**sizes, "data": planes.data.cast("B") if planes.size else b"", **label, "encoded": 0}


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample; `data` that cannot be raw pixels is a picture file, if it begins like one.

    Raises:
        ParseError: There is neither `data` nor `float_data`, their number is not that of the sizes, or a field has
            the wrong type.
    """
    sample = Sample(
        key=name_in_key(features),
        label=fields.integer(features, "label"),
        features=fields.others(features, OWN),
    )
    floats = fields.floats(features, "float_data")
    if floats is not None and not len(fields.first_bytes(features, "data")):
        sample.array = _to_array(floats, features)
        return sample
    data = fields.one_bytes(features, "data")
    if _is_encoded(data, features):
        sample.encoded = data
    elif data or _sizes(features):
        sample.array = _to_array(np.frombuffer(data, np.uint8), features)
    return sample


def sniff(features: Features) -> str | None:
    """Say why these features are a Datum's, or return None."""
    if not features.keys() <= OWN | {fields.RECORD_KEY}:
        return None
    if "float_data" in features and not fields.first_bytes(features, "data"):
        return "float_data holds the pixels, as a Datum of Caffe does"
    data = fields.first_bytes(features, "data")
    if _flag(features):
        return "encoded is set: data holds a picture file, as a Datum of Caffe does"
    if _fits(len(data), features):
        return "data has as many bytes as channels x height x width: the raw pixels of a Caffe Datum, in BGR"
    if _flag(features) is None and codecs.identify(data):
        return "encoded is not set, yet data begins like a picture file and fits no channels x height x width: a Datum"
    return None


def name_in_key(features: Features) -> str:
    """Return the name in the key of a record, without the number of 8 digits that Caffe puts in front."""
    return without_number(fields.text(features, fields.RECORD_KEY) or "")


def without_number(key: str) -> str:
    """Return the name in a key."""
    return NUMBER.sub("", key, count=1)


def swapped(array: NDArray[Any]) -> NDArray[Any]:
    """Turn RGB (height, width, 3) into BGR, or back; any other number of channels stays as it is."""
    return array[..., ::-1] if array.shape[2] == 3 else array


def _flag(features: Features) -> int | None:
    """Return what `encoded` says; None where it is absent or, in features of another kind, no number."""
    value = features.get("encoded")
    return int(value[0]) if isinstance(value, np.ndarray) and value.size else None


def _is_encoded(data: memoryview, features: Features) -> bool:
    flag = fields.integer(features, "encoded")
    if flag is not None:
        return bool(flag)
    return not _fits(len(data), features) and codecs.identify(data) is not None


def _sizes(features: Features) -> list[int] | None:
    """Return channels, height and width; None where one of them is absent."""
    sizes = [fields.integer(features, name) for name in SIZES]
    found = [size for size in sizes if size is not None]
    return found if len(found) == len(SIZES) else None


def _fits(count: int, features: Features) -> bool:
    sizes = _sizes(features)
    return sizes is not None and min(sizes) >= 0 and math.prod(sizes) == count


def _to_array(values: NDArray[Any], features: Features) -> NDArray[Any]:
    """Bring raw pixels from planes into (height, width, channels), RGB."""
    sizes = _sizes(features)
    if sizes is None or not _fits(len(values), features):
        given = "no channels, height and width" if sizes is None else "channels x height x width = {} x {} x {}"
        raise ParseError(f"{len(values)} values of raw pixels where there are {given.format(*sizes or ())}")
    return np.ascontiguousarray(swapped(values.reshape(sizes).transpose(1, 2, 0)))
