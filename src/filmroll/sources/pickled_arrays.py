"""Number arrays as a pickle describes them: their state is checked before NumPy makes anything of it.

    Dtype   (version, order, subarray, names, fields, size, alignment, flags)
    Array   (version, shape, dtype, is in Fortran order, bytes or list)

Source: the reduced form of arrays and dtypes in numpy/_core/src/multiarray/methods.c (array_reduce) and descriptor.c
(arraydescr_reduce).
"""

import math
import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import ParseError, UnsupportedError

MAX_NDIM = 8
MAX_SIDE = 1 << 40
NUMBERS = re.compile(r"[|<>=]?(b1|[iu][1248]|f[248]|O[48]?)")


@dataclass(slots=True, eq=False)
class Dtype:
    """The type of an array's values.

    Attributes:
        name: NumPy's name of it.
        order: Its byte order, as NumPy writes it.
    """

    name: str
    order: str = "|"

    @classmethod
    def named(cls, name: str) -> Self:
        """Begin a dtype.

        Raises:
            UnsupportedError: It is no dtype of numbers or objects.
        """
        if not NUMBERS.fullmatch(name):
            raise UnsupportedError(f"an array of dtype {name[:40]!r}; only whole and floating numbers are read")
        return cls(name)

    def build(self, state: tuple[Any, ...]) -> None:
        """Take the byte order out of the state.

        Raises:
            UnsupportedError: It is a structure.
        """
        if len(state) < 5 or state[1] not in ("|", "<", ">", "=") or any(part is not None for part in state[2:5]):
            raise UnsupportedError("an array of structures; only whole and floating numbers are read")
        self.order = state[1]


@dataclass(slots=True, eq=False)
class Array:
    """An array that a pickle describes.

    Attributes:
        shape: Its shape.
        numbers: The array, not writable; None where it holds objects.
        objects: Its elements in order, in place of `numbers`: numbers, or other Arrays, or anything else.
    """

    shape: tuple[int, ...] = ()
    numbers: NDArray[Any] | None = None
    objects: list[Any] | None = None

    def build(self, state: tuple[Any, ...]) -> None:
        """Take shape and values out of the state.

        Raises:
            ParseError: Its parts are of other types, or there are more or fewer values than the shape tells.
        """
        if len(state) != 5 or not isinstance(state[2], Dtype):
            raise ParseError("no readable pickle: an array's state is not (version, shape, dtype, order, values)")
        _, shape, dtype, is_fortran, values = state
        if (
            not isinstance(shape, tuple)
            or len(shape) > MAX_NDIM
            or not all(type(n) is int and 0 <= n < MAX_SIDE for n in shape)
        ):
            raise ParseError("no readable pickle: the shape of an array is no tuple of sizes")
        self.shape = shape
        if "O" in dtype.name:
            self.objects = _objects(values, shape)
        else:
            self.numbers = _numbers(values, shape, dtype, is_fortran=bool(is_fortran))


def _objects(values: Any, shape: tuple[int, ...]) -> list[Any]:
    if type(values) is not list or len(values) != math.prod(shape):
        raise ParseError(f"no readable pickle: an array of shape {shape} without a list of its elements")
    return values


def _numbers(values: Any, shape: tuple[int, ...], dtype: Dtype, *, is_fortran: bool) -> NDArray[Any]:
    if isinstance(values, str):
        values = values.encode("latin1")  # Python 2 has bytes as texts
    found = np.dtype(dtype.order.replace("|", "") + dtype.name.lstrip("|<>="))
    if not isinstance(values, bytes) or len(values) != math.prod(shape) * found.itemsize:
        raise ParseError(f"no readable pickle: the bytes of an array are not those of {shape} values of {found}")
    return np.frombuffer(values, found).reshape(shape, order="F" if is_fortran else "C")
