"""How a dialect takes one typed value out of features, with an error that names the feature."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from filmroll.boxes import Boxes
from filmroll.dialects import stored
from filmroll.errors import EncodeError, ParseError, UnsupportedError
from filmroll.messages import Features
from filmroll.sample import Sample

RECORD_KEY = "__key__"  # where the container itself names its records, as LMDB does
INT64 = np.dtype(np.int64)
FLOAT32 = np.dtype(np.float32)


def to_bytes(text: str) -> bytes:
    """Encode a name as UTF-8; bytes of file names that are no UTF-8 come through unchanged."""
    return text.encode("utf-8", "surrogateescape")


def to_text(data: memoryview) -> str:
    """Decode what `to_bytes` encoded."""
    return bytes(data).decode("utf-8", "surrogateescape")


def listed(features: Features) -> str:
    """List the names of the features, for an error."""
    return ", ".join(sorted(features)) or "none"


def absent(features: Features, name: str) -> ParseError:
    """Say that a feature is absent, or there without values; which ones are there, and which dialect would fit them."""
    if name in features and features[name] is None:
        return ParseError(f"feature {name!r} is there, without a value of any type")
    from filmroll import dialects  # it imports every dialect, and these import this module

    fitting = " and ".join(repr(one) for one in dialects.fitting([features]))
    advice = f"; the dialect {fitting} would fit" if fitting else ""
    return ParseError(f"no feature {name!r}; there are: {listed(features)}{advice}")


def one_bytes(features: Features, name: str) -> memoryview:
    """Return the one bytes value of a feature that must be there.

    Raises:
        ParseError: It is absent, of another type, or has not exactly one value.
    """
    value = features.get(name)
    if value is None:
        raise absent(features, name)
    if not isinstance(value, list) or len(value) != 1:
        found = f"{len(value)} values of {'bytes' if isinstance(value, list) else value.dtype}"
        raise ParseError(f"feature {name!r} has {found}, expected one of bytes")
    return value[0]


def first_bytes(features: Features, name: str) -> memoryview:
    """Return the one bytes value of a feature, no bytes where there is none: for a look at what it holds."""
    value = features.get(name)
    return value[0] if isinstance(value, list) and len(value) == 1 else memoryview(b"")


def many_bytes(features: Features, name: str) -> list[memoryview] | None:
    """Return all bytes values of a feature; None where it is absent.

    Raises:
        ParseError: The feature holds numbers.
    """
    value = features.get(name)
    if value is None or isinstance(value, list):
        return value
    raise ParseError(f"feature {name!r} holds {value.dtype}, expected bytes")


def text(features: Features, name: str) -> str | None:
    """Return the first bytes value of a feature as text; None where there is none.

    Raises:
        ParseError: The feature holds numbers.
    """
    value = features.get(name)
    if value is None or len(value) == 0:
        return None
    if not isinstance(value, list):
        raise ParseError(f"feature {name!r} holds {value.dtype}, expected text")
    return to_text(value[0])


def texts(features: Features, name: str) -> list[str] | None:
    """Return the values of a feature as texts; None where it is absent.

    Raises:
        ParseError: The feature holds numbers.
    """
    values = many_bytes(features, name)
    return None if values is None else [to_text(value) for value in values]


def key(features: Features, name: str) -> str:
    """Return the name of a picture: that feature, else the key that its container gives the record, else "".

    Raises:
        ParseError: The feature holds numbers.
    """
    return text(features, name) or text(features, RECORD_KEY) or ""


def integers(features: Features, name: str) -> NDArray[np.int64] | None:
    """Return the whole numbers of a feature, shape (n,) int64; None where it is absent.

    Raises:
        ParseError: The feature holds something else.
    """
    return cast("NDArray[np.int64] | None", _numbers(features, name, INT64))


def floats(features: Features, name: str) -> NDArray[np.float32] | None:
    """Return the floating numbers of a feature, shape (n,) float32; None where it is absent.

    Raises:
        ParseError: The feature holds something else.
    """
    return cast("NDArray[np.float32] | None", _numbers(features, name, FLOAT32))


def _numbers(features: Features, name: str, dtype: np.dtype[Any]) -> NDArray[Any] | None:
    value = features.get(name)
    if value is None:
        return None
    if isinstance(value, list) or value.dtype != dtype:
        found = "bytes" if isinstance(value, list) else value.dtype
        raise ParseError(f"feature {name!r} holds {found}, expected {dtype}")
    return value


def integer(features: Features, name: str) -> int | None:
    """Return the first whole number of a feature; None where there is none.

    Raises:
        ParseError: The feature holds something else.
    """
    value = integers(features, name)
    return None if value is None or len(value) == 0 else int(value[0])


def count(value: object) -> int:
    """Count the values of a feature, as it is read or as it is to be written."""
    if isinstance(value, list | tuple):
        return len(value)
    return int(value.size) if isinstance(value, np.ndarray) else int(value is not None)


def others(features: Features, own: Collection[str | None]) -> dict[str, Any]:
    """Return the features that the dialect has no place of its own for."""
    return {name: value for name, value in features.items() if name not in own and name != RECORD_KEY}


def joined(features: Mapping[str, Any], sample: Sample, *, own: Collection[str], dialect: str) -> dict[str, Any]:
    """Return a dialect's features together with a sample's others.

    Args:
        features: What the dialect has made of the parts of the sample.
        sample: Its `features` are the others.
        own: Names that the dialect would take for its own when it reads them.
        dialect: Its name, for the error.

    Raises:
        UnsupportedError: One of the others has a name that is the dialect's own.
    """
    for name in sample.features:
        if name in own or name in features or name == RECORD_KEY:
            raise UnsupportedError(
                f"feature {name!r} of sample {sample.key!r} has a name that the dialect {dialect!r} keeps for its own:"
                " rename it, or choose another dialect"
            )
    return {**features, **sample.features}


def encoded(sample: Sample) -> Sample:
    """Return the sample with an encoded picture: itself, or a copy with its array as PNG, or as NPY if PNG cannot.

    A uint8 array without an axis of channels gets one.

    Raises:
        DecodeError: The sample holds no picture, or one without a readable header.
        EncodeError: The array holds Python objects.
    """
    if sample.array is not None and not sample.encoded:
        array = np.atleast_3d(sample.array) if _is_gray(sample.array) else sample.array
        sample = replace(sample, encoded=stored.picture(replace(sample, encoded=None, array=array)), array=None)
    _ = sample.header  # there must be one
    return sample


def _is_gray(array: NDArray[Any]) -> bool:
    return array.ndim == 2 and array.dtype == np.uint8 and array.size > 0


def pixels(sample: Sample) -> NDArray[Any]:
    """Return the picture as an array in all its depth: 16 bits stay 16 bits.

    Raises:
        DecodeError, LimitError: The picture cannot be decoded.
    """
    if sample.array is None and sample.header.dtype == "uint16":
        return sample.decode(dtype="uint16")
    return sample.image


def uint8_pixels(sample: Sample, *, dialect: str) -> NDArray[np.uint8]:
    """Return the picture as uint8 (height, width, channels), for a dialect that stores nothing else.

    Raises:
        DecodeError, LimitError: The picture cannot be decoded.
        EncodeError: It has another dtype, or neither two nor three axes.
    """
    image = pixels(sample)
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise EncodeError(
            f"the dialect {dialect!r} stores uint8 (height, width, channels), the picture is {image.dtype} of shape"
            f" {image.shape}; the dialect 'array' stores it as it is"
        )
    return np.atleast_3d(image)


def raw_bytes(array: NDArray[Any]) -> memoryview | bytes:
    """Return the values of an array in C order; they are copied only where they are not stored so."""
    return np.ascontiguousarray(array).data.cast("B") if array.size else b""


def box_parts(boxes: Boxes, *, label: str, text: str, masks: str, label_base: int = 0) -> dict[str, Any]:
    """Name what boxes have besides corners, as far as they have it."""
    features: dict[str, Any] = {}
    if boxes.labels is not None:
        features[label] = boxes.labels + label_base
    if boxes.texts is not None:
        features[text] = [to_bytes(one) for one in boxes.texts]
    if boxes.masks is not None:
        features[masks] = list(boxes.masks)
    return features


def mask(features: Features, name: str) -> memoryview | None:
    """Return the one bytes value of a feature; None where it is absent, or there without a kind.

    Raises:
        ParseError: It has another type or number of values.
    """
    return one_bytes(features, name) if features.get(name) is not None else None
