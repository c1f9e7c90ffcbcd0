"""The features of many arrays at once, as columns: MNIST's 60,000 records are written in chunks of thousands.

    Rows of (28, 28, 1)  ─ mnist  ─ height, width, depth: the same in all   image_raw: (n, 784)   label: (n,)
                         ─ array  ─ image_shape, image_dtype: the same      image_bytes: (n, 784)  label: (n,)

What the dialect says of the first row is said of all: only the pixels, the name, the label and its text differ, and
the other features. A test holds that the records are those of `to_features`, byte for byte.
"""

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from filmroll.dialects import datum
from filmroll.messages import datum_columns
from filmroll.messages.many import Bytes, Many, Values
from filmroll.sources.rows import Rows

PIXELS = {"array": "image_bytes", "mnist": "image_raw"}


def are_known(dialect: ModuleType) -> bool:
    """Tell whether a dialect stores arrays as they are: others encode each of them."""
    return dialect.NAME in PIXELS or dialect.NAME == datum.NAME


def to_columns(rows: Rows, *, dialect: ModuleType, first: Mapping[str, Any]) -> dict[str, Values]:
    """Return the features of all rows, one column for each feature.

    Args:
        rows: Pictures of one shape.
        dialect: One of those that are known.
        first: What `dialect.to_features` says of the first row.
    """
    count = len(rows)
    own: dict[str, Values] = {
        PIXELS[dialect.NAME]: Bytes(np.ascontiguousarray(rows.images).view(np.uint8).reshape(count, -1)),
        dialect.PARTS.key: _texts([key.encode("utf-8", "surrogateescape") for key in rows.keys]),
        **rows.features,
    }
    if rows.labels is not None:
        own[dialect.PARTS.label] = rows.labels + dialect.PARTS.label_base
        names = [name.encode("utf-8", "surrogateescape") for name in rows.label_names]
        own[dialect.PARTS.text] = _texts([names[label] for label in rows.labels.tolist()] if names else [])
    return {name: own[name] if name in own else _repeated(value, count) for name, value in first.items()}


def to_datums(rows: Rows) -> Many:
    """Return the Datums of all rows: planes, of three channels in the order blue, green, red.

    Raises:
        EncodeError: A Datum cannot hold arrays of their type or size.
    """
    images = rows.images[..., ::-1] if rows.images.shape[3] == 3 else rows.images
    return datum_columns.serialize(np.ascontiguousarray(images.transpose(0, 3, 1, 2)), labels=rows.labels)


def _texts(values: Sequence[bytes]) -> Values:
    """Put texts of one length side by side in an array, which is faster to copy than a list."""
    if not values or len(set(map(len, values))) > 1 or not values[0]:
        return values
    return Bytes(np.frombuffer(b"".join(values), np.uint8).reshape(len(values), -1))


def _repeated(value: Any, count: int) -> Values:
    if isinstance(value, bytes | str):
        encoded = value.encode() if isinstance(value, str) else value
        return _texts([encoded] * count)
    numbers = np.atleast_1d(np.asarray(value))
    return np.broadcast_to(numbers, (count, *numbers.shape))
