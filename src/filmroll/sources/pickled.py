"""Pickles of plain values and number arrays, read as data: nothing is imported, nothing is called.

    80 04                   protocol            5d 94          an empty list, remembered as 0
    7d | 58 n "labels" ...  a dict, a text      4b 07  ... 65  a number, ..., appended to the list
    63 module name          a global: three of NumPy's are known, every other one is refused

A pickle is a program for a machine with a stack. `pickle.load` lets that program import any name and call it, which
is how a data set runs `os.system`. This machine has the few instructions that lists, dicts, texts and arrays need;
the globals that NumPy writes are marks to it, which become an `Array` when their dtype, shape and bytes were checked.

Source: Lib/pickletools.py, which documents the instructions and divides the bytes into them.
"""

import pickletools
from collections.abc import Callable
from typing import Any, NamedTuple

from filmroll.errors import Error, LimitError, ParseError, UnsupportedError
from filmroll.sources.pickled_arrays import Array, Dtype

MAX_NBYTES = 1 << 29  # CIFAR-100's training pictures have 155 MB
MAX_OPCODES = 1 << 22  # a row of CIFAR takes 4, for its label and its name; an instruction makes one object at most
RECONSTRUCT = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
NDARRAY, DTYPE, ENCODE = "numpy ndarray", "numpy dtype", "_codecs encode"  # the last: bytes, from Python 3's protocol 2
UNNAMED = "something that is no text"
GLOBALS = frozenset({*RECONSTRUCT, NDARRAY, DTYPE, ENCODE})


class _Global(NamedTuple):
    name: str


class _Mark:
    """Where a list of arguments begins on the stack."""


MARK = _Mark()


def parse(data: bytes, *, max_opcodes: int = MAX_OPCODES) -> Any:
    """Read a pickle of dicts, lists, tuples, texts, bytes, numbers and NumPy arrays of numbers.

    Args:
        data: The whole pickle, protocol 0 to 5.
        max_opcodes: Refuse longer programs.

    Returns:
        The value; Python 2's texts are decoded as Latin-1, arrays are `Array`. It may share parts with itself, many
        times over: walk it only as deep as it is expected to be.

    Raises:
        UnsupportedError: It asks for a global or an instruction that plain values do not need; `offset` says where,
            and nothing was run.
        ParseError: It is no pickle, or contradicts itself.
        LimitError: It has more instructions than `max_opcodes`, or more bytes than CIFAR has.
    """
    if len(data) > MAX_NBYTES:
        raise LimitError(f"a pickle of {len(data)} bytes; the limit is {MAX_NBYTES}")
    machine = _Machine()
    offset = 0
    try:
        for number, (opcode, argument, position) in enumerate(pickletools.genops(data)):
            offset = position or 0
            if number >= max_opcodes:
                raise LimitError(f"more than {max_opcodes} instructions", offset=offset)
            machine.step(opcode.name, argument)
    except Error as exc:
        raise exc.at(offset=offset) from exc
    except (ValueError, IndexError, KeyError, TypeError) as exc:  # cut short, an empty stack, an unknown memo
        raise ParseError(f"no readable pickle: {_first_line(exc)}", offset=offset) from exc
    return machine.result


def _first_line(exc: Exception) -> str:
    return (str(exc).splitlines() or [""])[0][:200] or type(exc).__name__


class _Machine:
    """The stack, the memo, and what each instruction does to them."""

    def __init__(self) -> None:
        self.result: Any = None
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        """Do one instruction.

        Raises:
            UnsupportedError: It is none of those that plain values need.
        """
        if name in VALUES:
            self._stack.append(argument)
        elif name in MAKERS:
            self._stack.append(MAKERS[name]())
        elif name in PUTS:
            self._memo[len(self._memo) if argument is None else argument] = self._stack[-1]
        elif name in GETS:
            self._stack.append(self._memo[argument])
        elif name in INSTRUCTIONS:
            INSTRUCTIONS[name](self, argument)
        elif name not in SILENT:
            asked = f" for {argument[:200]!r}" if isinstance(argument, str) else ""
            raise UnsupportedError(f"the instruction {name}{asked} is not needed for plain values and arrays: refused")

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is MARK:
            raise ParseError("no readable pickle: a mark where a value was expected")
        return value

    def _pop_to_mark(self) -> list[Any]:
        place = len(self._stack) - 1
        while self._stack[place] is not MARK:
            place -= 1
            if place < 0:
                raise ParseError("no readable pickle: no mark on the stack")
        values = self._stack[place + 1 :]
        del self._stack[place:]
        return values

    def tuple_of(self, count: int | None) -> None:
        """Make a tuple of the uppermost values, all those above the mark where `count` is None."""
        values = self._pop_to_mark() if count is None else [self._pop() for _ in range(count)][::-1]
        self._stack.append(tuple(values))

    def extend(self, values: list[Any]) -> None:
        """Append values to the list below."""
        self._top(list).extend(values)

    def append(self, _: Any) -> None:
        """Append the uppermost value to the list below."""
        self.extend([self._pop()])

    def appends(self, _: Any) -> None:
        """Append all values above the mark to the list below."""
        self.extend(self._pop_to_mark())

    def set_item(self, _: Any) -> None:
        """Put the two uppermost values into the dict below, as key and value."""
        value, key = self._pop(), self._pop()
        self._update([key, value])

    def set_items(self, _: Any) -> None:
        """Put all values above the mark into the dict below, in pairs."""
        self._update(self._pop_to_mark())

    def make_list(self, _: Any) -> None:
        """Make a list of all values above the mark."""
        self._stack.append(self._pop_to_mark())

    def make_dict(self, _: Any) -> None:
        """Make a dict of all values above the mark."""
        pairs = self._pop_to_mark()
        self._stack.append({})
        self._update(pairs)

    def mark(self, _: Any) -> None:
        """Begin a list of arguments."""
        self._stack.append(MARK)

    def find(self, name: Any) -> None:
        """Mark the place of a global, one of NumPy's."""
        if name is None:
            below, above = self._pop(), self._pop()
            name = f"{above} {below}" if isinstance(above, str) and isinstance(below, str) else UNNAMED
        if name not in GLOBALS:
            asked = str(name)[:200].replace(" ", ".", 1) if name != UNNAMED else name
            raise UnsupportedError(f"the pickle asks for {asked!r}, which plain values and arrays do not need: refused")
        self._stack.append(_Global(name))

    def reduce(self, _: Any) -> None:
        """Begin an array or a dtype, or encode bytes: the three calls that are known by their marks."""
        arguments, function = self._pop(), self._pop()
        name = function.name if isinstance(function, _Global) else "(no global)"
        if not isinstance(arguments, tuple):
            raise ParseError("no readable pickle: arguments that are no tuple")
        if name in RECONSTRUCT and arguments and _is_global(arguments[0], NDARRAY):
            self._stack.append(Array())
        elif name == DTYPE and arguments and isinstance(arguments[0], str):
            self._stack.append(Dtype.named(arguments[0]))
        elif name == ENCODE and len(arguments) == 2 and isinstance(arguments[0], str) and arguments[1] == "latin1":
            self._stack.append(arguments[0].encode("latin1"))
        else:
            raise UnsupportedError(f"the pickle calls {name} in a way that plain values and arrays do not: refused")

    def build(self, _: Any) -> None:
        """Give an array or a dtype its state."""
        state = self._pop()
        target = self._stack[-1]
        if not isinstance(target, Array | Dtype) or not isinstance(state, tuple):
            raise UnsupportedError("the pickle gives a state to something else than an array or a dtype: refused")
        target.build(state)

    def stop(self, _: Any) -> None:
        """Keep the uppermost value as the result."""
        self.result = self._pop()

    def _top(self, kind: type[Any]) -> Any:
        target = self._stack[-1]
        if type(target) is not kind:
            raise ParseError(f"no readable pickle: a {type(target).__name__} where a {kind.__name__} was expected")
        return target

    def _update(self, pairs: list[Any]) -> None:
        target = self._top(dict)
        if len(pairs) % 2:
            raise ParseError("no readable pickle: a key without a value")
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            if type(key) not in (str, bytes, int):  # hashing a tuple walks all of it, however often it holds itself
                raise UnsupportedError(f"a key that is a {type(key).__name__}; only texts and numbers are read")
            target[key] = value


VALUES = frozenset({"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}) | frozenset(
    {"UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING"}
    | {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8"}
)
MAKERS: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
PUTS = frozenset({"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"})
GETS = frozenset({"GET", "BINGET", "LONG_BINGET"})
SILENT = frozenset({"PROTO", "FRAME"})
INSTRUCTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine.mark,
    "TUPLE": lambda machine, _: machine.tuple_of(None),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "LIST": _Machine.make_list,
    "DICT": _Machine.make_dict,
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "GLOBAL": _Machine.find,
    "STACK_GLOBAL": _Machine.find,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    "STOP": _Machine.stop,
}


def _is_global(value: object, name: str) -> bool:
    return isinstance(value, _Global) and value.name == name
