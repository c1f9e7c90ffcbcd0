"""One feature as one cell of a Parquet column: its type, and how deep its values lie in lists.

[b"a"], int64 (1,)            depth 0 or 1     one value is a plain column as long as every row has one
[b"a", b"b"], float32 (n,)    depth 1          a list
with NAME/lengths beside      depth 2          a list of lists: undoes what parquet_rows.py lays flat
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import EncodeError

Type = Literal["bytes", "float32", "float64", "int64", "uint64"]
DTYPES: dict[str, Type] = {"b": "int64", "i": "int64", "u": "int64", "f": "float32"}


class Cell(NamedTuple):
    """The value of one feature in one row.

    Attributes:
        type: Of its values.
        values: A list of buffers, or an array of shape (n,).
        lengths: Of inner lists, from the outermost inwards; empty for a plain list.
    """

    type: Type
    values: Any
    lengths: Sequence[NDArray[np.int64]] = ()

    @property
    def kind(self) -> str:
        """Return what cells of one column have in common: "int64", "float64:2" for lists of lists."""
        return self.type + (f":{len(self.lengths) + 1}" if self.lengths else "")

    @property
    def nbytes(self) -> int:
        """Return how many bytes its values are."""
        return self.values.nbytes if isinstance(self.values, np.ndarray) else sum(map(len, self.values))

    def is_text(self) -> bool:
        """Tell whether its bytes are all UTF-8."""
        try:
            for value in self.values:
                str(value, "utf-8")
        except UnicodeDecodeError:
            return False
        return True

    def nested(self) -> Any:
        """Return its values in lists of lists as `lengths` tells."""
        items = self.values
        for lengths in reversed(self.lengths):
            bounds = np.append(0, np.cumsum(lengths)).tolist()
            items = [items[start:stop] for start, stop in itertools.pairwise(bounds)]
        return items


def lengths_name(name: str, level: int) -> str:
    """Return what the lengths of inner lists are called, of level 1 outermost."""
    return f"{name}/lengths" + ("" if level == 1 else f"_{level}")


def cells_of(record: Mapping[str, Any]) -> dict[str, Cell]:
    """Return the cells of a record, without features that are None.

    Raises:
        EncodeError: A value is no list of bytes and no array of numbers.
    """
    cells = {name: _cell(name, value) for name, value in record.items() if value is not None}
    used: set[str] = set()
    nested = dict(cells)
    for name, cell in cells.items():
        levels = _levels(cells, name)
        if levels and name not in used:
            nested[name] = cell._replace(lengths=levels)
            used |= {lengths_name(name, level) for level in range(1, len(levels) + 1)}
    return {name: cell for name, cell in nested.items() if name not in used}


def _levels(cells: Mapping[str, Cell], name: str) -> list[NDArray[np.int64]]:
    """Return the lengths beside a feature if they add up, level by level."""
    levels: list[NDArray[np.int64]] = []
    while (cell := cells.get(lengths_name(name, len(levels) + 1))) is not None and cell.type == "int64":
        levels.append(cell.values)
    counts = [*map(len, levels[1:]), len(cells[name].values)]
    fitting = all(
        int(lengths.sum()) == count and not (lengths < 0).any()
        for lengths, count in zip(levels, counts, strict=False)  # without levels there is one count all the same
    )
    return levels if fitting else []


def _cell(name: str, value: Any) -> Cell:
    if isinstance(value, np.ndarray) and value.dtype.kind in DTYPES:
        exact = value.dtype.newbyteorder("=").name
        kind: Type = exact if exact in ("float64", "uint64") else DTYPES[value.dtype.kind]
        return Cell(kind, np.array(value.ravel(), kind))
    values = value if isinstance(value, list | tuple) else [value]
    if not all(isinstance(item, bytes | bytearray | memoryview) for item in values):
        raise EncodeError(f"column {name!r}: {type(value).__name__} is neither a list of bytes nor an array of numbers")
    return Cell("bytes", [_constant(item) for item in values])


def _constant(item: Any) -> bytes | memoryview:
    """Return bytes that do not change before they are written, which is later."""
    return item if isinstance(item, memoryview) and item.readonly and item.format == "B" else bytes(item)
