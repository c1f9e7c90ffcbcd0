"""What the map from names to values says that Features and FeatureLists share.

    Features     = (0x0a nbytes entry)*      entry = 0x0a nbytes name, 0x12 nbytes Feature
    FeatureLists = (0x0a nbytes entry)*      entry = 0x0a nbytes name, 0x12 nbytes FeatureList

A name that comes twice keeps the last value. An entry without a name has the name "";
one without a value has an empty value.

Source: tensorflow/core/example/feature.proto; https://protobuf.dev/programming-guides/proto3/#maps.
"""

from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import TypeVar

from filmroll.buffer import Buffer
from filmroll.errors import EncodeError, ParseError
from filmroll.messages import wire

ENTRY = 0x0A  # field 1, length-delimited
NAME, VALUE = 0x0A, 0x12  # fields 1 and 2, length-delimited

Parsed = TypeVar("Parsed")


def parse(
    message: memoryview,
    spans: wire.Spans,
    parse_value: Callable[[memoryview, wire.Spans], Parsed],
    *,
    wanted: Collection[str] | None = None,
) -> dict[str, Parsed]:
    """Parse the map whose bytes are at `spans`, in the order of the message.

    Args:
        message: What holds it.
        spans: Where in it.
        parse_value: Parses one value.
        wanted: Names whose values alone are parsed; None are all.

    Raises:
        ParseError, TruncatedError: The bytes are no such map, or a name is no UTF-8.
    """
    features: dict[str, Parsed] = {}
    lengths = None if wanted is None else _lengths(frozenset(wanted))
    for tag, start, stop in wire.fields(message, spans):
        if tag != ENTRY:
            continue
        length, value = _parse_usual_entry(message, start, stop)
        if not value:
            name, parts = _parse_any_entry(message, (start, stop))
        elif lengths is None or length in lengths:
            name, parts = _parse_name(message, start + 2, start + 2 + length), ((value, stop),)
        else:
            continue
        if wanted is None or name in wanted:
            features[name] = parse_value(message, parts)
    return features


@lru_cache(maxsize=64)
def _lengths(names: frozenset[str]) -> frozenset[int]:
    """Return how many bytes the names have: what has another number is none of them."""
    return frozenset(len(name.encode("utf-8", "surrogatepass")) for name in names)


def _parse_usual_entry(message: memoryview, start: int, end: int) -> tuple[int, int]:
    """Return the length of a short name, and where the one value behind it starts that reaches the end; else 0, 0."""
    if end - start < 2 or message[start] != NAME or (length := message[start + 1]) >= 0x80:
        return 0, 0
    tag, value = wire.sole_field(message, start + 2 + length, end)
    return (length, value) if tag == VALUE else (0, 0)


def _parse_any_entry(message: memoryview, entry: wire.Span) -> tuple[str, wire.Spans]:
    name = ""
    parts = []
    for tag, start, stop in wire.fields(message, (entry,)):
        if tag == VALUE:
            parts.append((start, stop))
        elif tag == NAME:
            name = _parse_name(message, start, stop)
    return name, parts


def _parse_name(message: memoryview, start: int, stop: int) -> str:
    try:
        return str(message[start:stop], "utf-8")
    except UnicodeDecodeError as exc:
        raise ParseError("the name of a feature is no UTF-8", offset=start + exc.start) from exc


def serialize(entries: Iterable[tuple[object, list[Buffer]]]) -> list[Buffer]:
    """Serialize names and the pieces of their values, which are not copied, in the order given.

    Raises:
        EncodeError: A name is no text, or text that UTF-8 cannot hold.
    """
    pieces: list[Buffer] = []
    for name, value in entries:
        entry = [*wire.delimited(NAME, [encode_name(name)]), *wire.delimited(VALUE, value)]
        pieces += wire.delimited(ENTRY, entry)
    return pieces


def encode_name(name: object) -> bytes:
    """Encode a name as UTF-8.

    Raises:
        EncodeError: It is no text, or text that UTF-8 cannot hold.
    """
    if not isinstance(name, str):
        raise EncodeError(f"feature {name!r}: a name must be text, not {type(name).__name__}")
    try:
        return name.encode()
    except UnicodeEncodeError as exc:
        raise EncodeError(f"feature {name!r}: the name is no valid Unicode") from exc
