"""Features as people give them, brought into the values that parsing gives; for dialects that write no messages.

    b"x", "x", [b"x", "y"]   -> a list of bytes          3, [3, 4], True, an integer array  -> int64, shape (n,)
    1.5, [1, 2.5]            -> float32, shape (n,)       float64 and uint64 arrays          -> as they are, (n,)

The rules are those of messages, by way of messages; but float64 and uint64 arrays, which no Example can hold, stay
what they are where a tar or Parquet holds them exactly.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from filmroll.messages import example

EXACT = (np.float32, np.int64, np.float64, np.uint64)


def parsed(features: Mapping[str, Any]) -> dict[str, Any]:
    """Bring features into the values that parsing gives; those that are so already are not copied.

    Raises:
        EncodeError: A value is of no type that a feature can have; says which.
    """
    flat = {name: _flat(value) for name, value in features.items()}
    rest = {name: value for name, value in flat.items() if not _is_parsed(value)}
    made = example.parse(b"".join(example.serialize(rest))) if rest else {}
    return flat | made


def _flat(value: Any) -> Any:
    return value.ravel() if isinstance(value, np.ndarray) else value


def _is_parsed(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype in EXACT and value.dtype.isnative
    if isinstance(value, list):
        return bool(value) and all(isinstance(item, bytes | memoryview) for item in value)
    return value is None
