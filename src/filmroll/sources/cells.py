"""What the other columns of a table are: whole numbers, numbers or texts, one in a cell or a list of them.

width   640, 480      all whole numbers of int64   int64        A cell that is empty gives no feature; in a
score   1, 0.5        all numbers                  float32      column of texts an empty text is one.
id      007, x        anything else                bytes        007 is a name: as a number it would be another.
"""

import json
import math
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

WHOLE = re.compile(r"0|-?[1-9]\d{0,18}")
NUMBER = re.compile(r"[-+]?(\d+\.\d*|\.\d+|0|[1-9]\d*)([eE][-+]?\d+)?|[-+]?(nan|inf)", re.IGNORECASE)
INT64 = np.iinfo(np.int64)
FLOAT32_MAX = float(np.finfo(np.float32).max)


def to_features(cells: Sequence[Any]) -> list[Any]:
    """Turn the cells of one column into features, all of one type.

    Args:
        cells: Texts of a CSV file or values of JSON; None where there is none.

    Returns:
        A value for each that `example.serialize` takes; None where there is none.
    """
    singles = [single for cell in cells if cell is not None for single in _singles(cell)]
    filled = [single for single in singles if single != ""]
    if filled and all(is_whole(single) for single in filled):
        return [_converted(cell, int, np.int64) for cell in cells]
    if filled and all(_is_number(single) for single in filled):
        return [_converted(cell, float, np.float32) for cell in cells]
    return [_to_text(cell) for cell in cells]


def is_whole(value: object) -> bool:
    """Tell whether a cell is a whole number that int64 holds, as itself or as text without leading zeros."""
    if isinstance(value, str):
        return WHOLE.fullmatch(value) is not None and is_whole(int(value))
    return isinstance(value, int) and INT64.min <= value <= INT64.max


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return NUMBER.fullmatch(value) is not None
    return isinstance(value, float) or (isinstance(value, int) and abs(value) <= sys.float_info.max)


def _singles(cell: Any) -> Iterable[Any]:
    return cell if isinstance(cell, list) else (cell,)


def _converted(cell: Any, kind: type[int] | type[float], dtype: Any) -> Any:
    if cell is None or cell == "":
        return None
    if not isinstance(cell, list):
        return kind(cell)
    numbers = [kind(one) for one in cell]
    is_beyond = kind is float and any(FLOAT32_MAX < abs(one) < math.inf for one in numbers)
    return numbers if is_beyond else np.array(numbers, dtype)  # what is beyond is refused by name when it is written


def _to_text(cell: Any) -> Any:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, list) and all(isinstance(one, str) for one in cell):
        return cell
    return json.dumps(cell, ensure_ascii=False)
