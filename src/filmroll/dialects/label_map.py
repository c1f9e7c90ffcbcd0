"""Label maps of the TF Object Detection API: which class each id of a box stands for, in protobuf's text format.

    item {                          item {
      id: 1                           id: 2
      name: 'n02121808'               name: 'dog'
      display_name: 'cat'           }
    }

Ids count from 1, with gaps in COCO's; 0 is the background. Whatever else an item says is read over (keypoints, ...).

Source: tensorflow/models, object_detection/protos/string_int_label_map.proto and utils/label_map_util.py; the
specification of protobuf's text format.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from filmroll.errors import EncodeError, LimitError, ParseError

MAX_NBYTES = 2**23  # a map of ImageNet's 21,841 classes has 2 MB
MAX_ID = 2**20  # names are listed by id: a large one takes memory for all below it
MAX_DEPTH = 16
TOKEN = re.compile(
    r"""(?:[\s,;]|\#[^\n]*)*
    (?:(?P<open>[{<])|(?P<close>[}>])|(?P<colon>:)|(?P<list>\[)|(?P<list_end>\])
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<word>[-+.\w]+)|(?P<end>\Z)|(?P<other>.))""",
    re.VERBOSE,
)
WHOLE_NUMBER = re.compile(r"-?\d{1,10}")
ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
LETTERS = dict(zip("abfnrtv\\'\"?", b"\a\b\f\n\r\t\v\\'\"?", strict=True))
WRITTEN = str.maketrans({chr(n): f"\\{n:03o}" for n in range(32)} | {"\\": "\\\\", "'": "\\'", "\n": "\\n"})


@dataclass(frozen=True, slots=True)
class Item:
    """One class.

    Attributes:
        id: Its number in records, from 1.
        name: Its name, often a code such as that of a synset.
        display_name: Its name for people, or None.
    """

    id: int
    name: str
    display_name: str | None = None


class Token(NamedTuple):
    """A token: its kind, a group of TOKEN; its text as written; its line, from 1."""

    kind: str
    text: str
    line: int


Value = Token | list[tuple[Token, "Value"]]
"""A number, word or text; or the fields of a message, in order."""


def parse(data: bytes | str, *, max_nbytes: int = MAX_NBYTES) -> list[Item]:
    """Parse a label map.

    Args:
        data: What a .pbtxt file holds, UTF-8.
        max_nbytes: Refuse longer ones.

    Returns:
        Its items, in their order.

    Raises:
        ParseError: It is no label map, an item has no id or no name, or two have the same id; says in which line.
        LimitError: It is longer than `max_nbytes`, or has an id above 2**20.
    """
    if len(data) > max_nbytes:
        raise LimitError(f"a label map of {len(data)} bytes, above the limit of {max_nbytes}")
    tokens = _Tokens(_to_str(data))
    items = [_item(name, value) for name, value in _fields(tokens, "end", depth=0) if name.text == "item"]
    _check_ids(items)
    return items


def serialize(items: Iterable[Item]) -> str:
    """Write a label map, in the order given.

    Raises:
        EncodeError: An id is negative, too large or comes twice; or a name cannot be written as UTF-8.
    """
    items = list(items)
    try:
        _check_ids(items)
        text = "\n".join(map(_written, items))
        text.encode()
    except (ParseError, LimitError) as exc:
        raise EncodeError(exc.message) from exc
    except UnicodeEncodeError as exc:
        raise EncodeError(f"a name is no text that UTF-8 can hold: {exc.object[exc.start : exc.end]!r}") from exc
    return text


def of_names(names: Sequence[str]) -> list[Item]:
    """Number classes from 1; a name that is empty is a gap."""
    return [Item(number, name) for number, name in enumerate(names, start=1) if name]


def names(items: Iterable[Item]) -> list[str]:
    """List the names of classes by label, which counts from 0: those for people where there are any, "" in gaps."""
    by_id = {item.id: item.display_name or item.name for item in items if item.id}
    return [by_id.get(number, "") for number in range(1, max(by_id, default=0) + 1)]


class _Tokens:
    """The tokens of a text, one at a time, with the one that comes next in sight."""

    def __init__(self, text: str) -> None:
        self._rest = _tokens(text)
        self.next = next(self._rest)

    def take(self, kind: str, expected: str) -> Token:
        """Take the next token.

        Raises:
            ParseError: It is of another kind.
        """
        token = self.next
        if token.kind != kind:
            found = "the end" if token.kind == "end" else repr(token.text[:40])
            raise ParseError(f"line {token.line}: {found}, expected {expected}")
        self.next = next(self._rest, token)
        return token


def _tokens(text: str) -> Iterator[Token]:
    line = 1
    for found in TOKEN.finditer(text):
        kind = str(found.lastgroup)
        line += text.count("\n", found.start(), found.start(kind))
        yield Token(kind, found[kind], line)


def _fields(tokens: _Tokens, until: str, *, depth: int) -> Iterator[tuple[Token, Value]]:
    """Yield name and value of each field of a message, up to the token that ends it."""
    while tokens.next.kind != until:
        name = tokens.take("word", "the name of a field" if until == "end" else "the name of a field, or }")
        if tokens.next.kind == "colon":
            tokens.take("colon", ":")
        if tokens.next.kind != "list":
            yield name, _value(tokens, depth=depth)
            continue
        tokens.take("list", "[")
        while tokens.next.kind != "list_end":
            yield name, _value(tokens, depth=depth)
        tokens.take("list_end", "]")
    tokens.take(until, "}")


def _value(tokens: _Tokens, *, depth: int) -> Value:
    kind = tokens.next.kind
    if kind == "word":
        return tokens.take("word", "a value")
    if kind == "text":
        return _text(tokens)
    start = tokens.take("open", "a value")
    if depth >= MAX_DEPTH:
        raise LimitError(f"line {start.line}: messages in messages, more than {MAX_DEPTH} deep")
    return list(_fields(tokens, "close", depth=depth + 1))


def _text(tokens: _Tokens) -> Token:
    """Take a text; several in a row are one."""
    first = tokens.take("text", "a text")
    parts = [_unescaped(first)]
    while tokens.next.kind == "text":
        parts.append(_unescaped(tokens.take("text", "a text")))
    try:
        return Token("text", b"".join(parts).decode(), first.line)
    except UnicodeDecodeError as exc:
        raise ParseError(f"line {first.line}: the escapes of a name are no UTF-8: {exc.reason}") from exc


def _unescaped(token: Token) -> bytes:
    text, out, position = token.text[1:-1], bytearray(), 0
    for found in ESCAPE.finditer(text):
        out += text[position : found.start()].encode("utf-8", "surrogatepass")
        out += _escaped(found, token)
        position = found.end()
    return bytes(out + text[position:].encode("utf-8", "surrogatepass"))


def _escaped(found: re.Match[str], token: Token) -> bytes:
    octal, hexadecimal, short, long, letter = found.groups()
    try:
        if octal or hexadecimal:
            return bytes([int(octal, 8) if octal else int(hexadecimal, 16)])
        return chr(int(short or long, 16)).encode() if short or long else bytes([LETTERS[letter]])
    except (KeyError, ValueError, OverflowError) as exc:
        raise ParseError(f"line {token.line}: no escape of a text: {found[0]}") from exc


def _item(name: Token, value: Value) -> Item:
    if isinstance(value, Token):
        raise ParseError(f"line {name.line}: item is {value.text[:40]!r}, expected fields between braces")
    found = {field.text: part for field, part in value}
    number = found.get("id")
    if not isinstance(number, Token) or not WHOLE_NUMBER.fullmatch(number.text):
        raise ParseError(f"line {name.line}: an item without an id that is a whole number, from 1")
    texts = {field: _as_text(found[field], field) for field in ("name", "display_name") if field in found}
    if not texts:
        raise ParseError(f"line {name.line}: an item without a name")
    return Item(int(number.text), texts.get("name", texts.get("display_name", "")), texts.get("display_name"))


def _as_text(value: Value, field: str) -> str:
    if isinstance(value, Token) and value.kind == "text":
        return value.text
    line = f"line {value.line}: " if isinstance(value, Token) else ""
    raise ParseError(f"{line}the field {field} is no text in quotation marks")


def _check_ids(items: Sequence[Item]) -> None:
    seen: dict[int, str] = {}
    for item in items:
        if item.id < 0:
            raise ParseError(f"id {item.id} of {item.name!r}; ids are 1 or more, 0 is the background")
        if item.id > MAX_ID:
            raise LimitError(f"id {item.id} of {item.name!r}, above the limit of {MAX_ID}")
        if item.id in seen:
            raise ParseError(f"id {item.id} is {seen[item.id]!r} and {item.name!r}; each class has its own")
        seen[item.id] = item.name


def _written(item: Item) -> str:
    shown = "" if item.display_name is None else f"  display_name: {_quoted(item.display_name)}\n"
    return f"item {{\n  id: {item.id}\n  name: {_quoted(item.name)}\n{shown}}}\n"


def _quoted(text: str) -> str:
    return f"'{text.translate(WRITTEN)}'"


def _to_str(data: bytes | str) -> str:
    if isinstance(data, str):
        return data
    try:
        return bytes(data).decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ParseError(f"a label map is text in UTF-8, byte {exc.start} is not") from exc
