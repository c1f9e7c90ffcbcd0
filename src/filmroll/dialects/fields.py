"""How a dialect takes one typed value out of features, with an error that names the feature."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from filmroll import codecs
from filmroll.errors import ParseError
from filmroll.messages import Features
from filmroll.sample import Sample


def to_bytes(text: str) -> bytes:
    """Encode a name as UTF-8; bytes of file names that are no UTF-8 come through unchanged."""
    return text.encode("utf-8", "surrogateescape")


def listed(features: Features) -> str:
    """List the names of the features, for an error."""
    return ", ".join(sorted(features)) or "none"


def one_bytes(features: Features, name: str) -> memoryview:
    """Return the one bytes value of a feature that must be there.

    Raises:
        ParseError: It is absent, of another type, or has not exactly one value.
    """
    value = features.get(name)
    if value is None:
        raise ParseError(f"no feature {name!r}; there are: {listed(features)}")
    if not isinstance(value, list) or len(value) != 1:
        found = f"{len(value)} values of {'bytes' if isinstance(value, list) else value.dtype}"
        raise ParseError(f"feature {name!r} has {found}, expected one of bytes")
    return value[0]


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
    return bytes(value[0]).decode("utf-8", "surrogateescape")


def integers(features: Features, name: str) -> np.ndarray | None:
    """Return the whole numbers of a feature, shape (n,) int64; None where it is absent.

    Raises:
        ParseError: The feature holds something else.
    """
    value = features.get(name)
    if value is None:
        return None
    if isinstance(value, list) or value.dtype != np.int64:
        found = "bytes" if isinstance(value, list) else value.dtype
        raise ParseError(f"feature {name!r} holds {found}, expected int64")
    return value


def integer(features: Features, name: str) -> int | None:
    """Return the first whole number of a feature; None where there is none.

    Raises:
        ParseError: The feature holds something else.
    """
    value = integers(features, name)
    return None if value is None or len(value) == 0 else int(value[0])


def others(features: Features, own: Collection[str]) -> dict[str, Any]:
    """Return the features that the dialect has no place of its own for."""
    return {name: value for name, value in features.items() if name not in own}


def encoded(sample: Sample) -> Sample:
    """Return the sample with an encoded picture: itself, or a copy with its array as PNG.

    Raises:
        EncodeError: The array does not fit into a PNG.
    """
    if sample.encoded is not None or sample.array is None:
        return sample
    return replace(sample, encoded=codecs.encode(sample.array, "png"), array=None)
