"""What a feature is expected to be, and what stands in for it where it is absent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from filmroll.messages.column import Shape
from filmroll.messages.pieces import TYPES, Type


@dataclass(frozen=True, eq=False)
class Spec:
    """Expect a feature of one type and shape in every record.

    Args:
        type: "bytes", "float32" or "int64".
        shape: Shape of one record's values, in C order: () one value; (k,), (h, w); or with None in front for
            any number of them: (None,), (None, 4).
        default: What a record without the feature gets: one value for all places, or as many as `shape` has,
            any number if it begins with None. Without one the feature is required, unless `shape` begins with
            None: then the record has no values.

    Raises:
        ValueError: The type is unknown; None stands elsewhere in the shape, or a side is less than 1; the
            default is of another type or number than the rest says.
    """

    type: Type
    shape: Shape = ()
    default: Any = None
    defaults: "Sequence[bytes] | npt.NDArray[Any] | None" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.type not in TYPES.values():
            raise ValueError(f"type {self.type!r} is none of {', '.join(TYPES.values())}")
        object.__setattr__(self, "shape", tuple(self.shape))
        if any(not isinstance(side, int) or side < 1 for side in self.shape[self.varies :]):
            raise ValueError(f"shape {self.shape} must be of sides of 1 or more, with None in front at most")
        object.__setattr__(self, "defaults", None if self.default is None else self._defaults())

    @property
    def varies(self) -> bool:
        """Tell whether records may differ in the number of values."""
        return self.shape[:1] == (None,)

    @property
    def count(self) -> int:
        """Return the number of values that a record must have, or a multiple of it where that varies."""
        return math.prod(side for side in self.shape if side is not None)

    def accepts(self, counts: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell which numbers of values the shape allows."""
        accepted: npt.NDArray[np.bool_] = counts % self.count == 0 if self.varies else counts == self.count
        return accepted

    def _defaults(self) -> "Sequence[bytes] | npt.NDArray[Any]":
        values = self._bytes() if self.type == "bytes" else self._numbers()
        if len(values) == 1 and not self.varies:
            return np.repeat(values, self.count) if isinstance(values, np.ndarray) else values * self.count
        if not self.accepts(np.array(len(values))):
            raise ValueError(f"the default has {len(values)} values, shape {self.shape} needs {self.count}")
        return values

    def _bytes(self) -> list[bytes]:
        given = self.default if isinstance(self.default, list | tuple) else [self.default]
        values = [each.encode() if isinstance(each, str) else each for each in given]
        if not all(isinstance(each, bytes | bytearray | memoryview) for each in values):
            raise ValueError(f"the default {self.default!r} is neither bytes nor text")
        return [bytes(each) for each in values]

    def _numbers(self) -> npt.NDArray[Any]:
        values = np.asarray(self.default).reshape(-1)
        if values.dtype.kind not in ("biuf" if self.type == "float32" else "biu") and values.size:
            raise ValueError(f"the default {self.default!r} is not of type {self.type}")
        with np.errstate(over="ignore"):
            converted = values.astype(self.type)
        kept = converted == values if self.type == "int64" else np.isfinite(converted) == np.isfinite(values)
        if not kept.all():
            raise ValueError(f"the default {self.default!r} does not fit {self.type}")
        return converted
