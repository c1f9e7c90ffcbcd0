"""What many Examples say, as NumPy columns: one array for each feature instead of one dict for each record.

    messages   {label: 7, image_raw: ...}, {label: 2, image_raw: ...}, ...
    columns    label: int64 (n,)    image_raw: n spans of the buffer, or uint8 (n, nbytes) if asked to copy

The result says what `example.parse` says of every message, and nothing else: messages all alike are read in place by
`uniform`, others by `lockstep`, and what that does not understand by `example.parse`, one by one. All features are
parsed, to find faults, and those not wanted are dropped.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from filmroll.buffer import Buffer, places
from filmroll.errors import FormatError, LimitError
from filmroll.messages import assembly, example, lockstep, ragged, uniform, wire
from filmroll.messages.column import BytesColumn, Column, NumberColumn
from filmroll.messages.feature import Features
from filmroll.messages.many import Bytes, Many, serialize
from filmroll.messages.pieces import Piece, Type
from filmroll.messages.ragged import Int64Array, UInt8Array
from filmroll.messages.spec import Spec

__all__ = ["Bytes", "BytesColumn", "Column", "Many", "NumberColumn", "Spec", "parse", "parse_buffer", "serialize"]

Wanted = Mapping[str, Spec] | Collection[str]

MAX_CELLS = 1 << 28  # records * features; each costs 9 bytes before it holds any value


def parse(messages: Iterable[Buffer], *, features: Wanted | None = None) -> dict[str, Column]:
    """Parse many Examples, each a buffer of its own; they are copied, once.

    Args:
        messages: Whole serialized Examples.
        features: As in `parse_buffer`.

    Returns:
        As `parse_buffer`.

    Raises:
        TypeError: A message is no buffer.
        Error: As `parse_buffer` raises them.
    """
    return parse_buffer(*joined(messages), features=features)


def joined(messages: Iterable[Buffer]) -> tuple[bytes, Int64Array, Int64Array]:
    """Copy messages into one buffer; return it, where each starts in it, and their lengths.

    Raises:
        TypeError: A message is no buffer.
    """
    flat = [message if type(message) is bytes else wire.whole(message) for message in messages]
    lengths = np.array(list(map(len, flat)), np.int64)
    return b"".join(flat), ragged.splits(lengths)[:-1], lengths


def parse_buffer(
    buffer: Buffer,
    starts: npt.ArrayLike,
    lengths: npt.ArrayLike,
    *,
    features: Wanted | None = None,
) -> dict[str, Column]:
    """Parse many Examples that lie in one buffer, as the records of a mapped file do.

    Args:
        buffer: What holds the messages, with anything between them. Columns of bytes keep it alive.
        starts: Where each message starts in the buffer: integers of shape (count,), in any order.
        lengths: Number of bytes of each.
        features: Names of the features wanted; or name -> `Spec`, which says what they must be. None: all.

    Returns:
        Name -> column: a `NumberColumn`, whose numbers are new arrays; a `BytesColumn`, whose values are not
        copied, unless a default with any bytes is among them; or a plain `Column` where no record gives the
        feature a kind. Every name wanted is there, in the order given.

    Raises:
        ParseError, TruncatedError: A message is no Example; its values differ in number or type from its
            `Spec`, or it lacks what the `Spec` requires; without a `Spec`, two messages have values of
            different types. `record` is the number of the message, `offset` the place in it.
        LimitError: The messages have so many different features that their columns would fill the memory.
        TypeError: `buffer` is no buffer, `starts` or `lengths` are no integers, or `features` is a single text.
        ValueError: `starts` and `lengths` differ in shape, or lead out of the buffer.
    """
    array = np.frombuffer(wire.whole(buffer), np.uint8)
    first, nbytes = places(starts, lengths, limit=len(array), what="message")
    if isinstance(features, str | bytes):
        raise TypeError(f"features must be a collection of names, not the single text {features!r}")
    wanted = None if features is None else dict.fromkeys(features)
    found = uniform.parse(array, first, nbytes, wanted=wanted)
    if found is None:
        found = _parse_in_step(array, first, nbytes, wanted=wanted)
    names = list(found if wanted is None else wanted)
    if len(names) * len(first) > MAX_CELLS:
        raise LimitError(
            f"{len(first)} records with {len(names)} features are too many cells, the limit is {MAX_CELLS}; "
            "name the features wanted, or parse less records at once"
        )
    specs = features if isinstance(features, Mapping) else {}
    return {
        name: assembly.assemble(name, found.get(name, []), spec=specs.get(name), buffer=array, count=len(first))
        for name in names
    }


def _parse_in_step(
    buffer: UInt8Array, starts: Int64Array, lengths: Int64Array, *, wanted: Collection[str] | None
) -> dict[str, list[Piece]]:
    """Parse messages in lock step, and one by one those that do not go along."""
    scan = lockstep.Scan(buffer, count=len(starts), wanted=wanted)
    scan.run(starts, lengths)
    found = scan.found()
    misfits = np.flatnonzero(scan.misfits).tolist()
    for name, pieces in parse_singly(buffer, starts, lengths, rows=misfits, parse=example.parse, wanted=wanted).items():
        found.setdefault(name, []).extend(pieces)
    return found


def parse_singly(
    buffer: UInt8Array,
    starts: Int64Array,
    lengths: Int64Array,
    *,
    rows: Sequence[int],
    parse: Callable[[Buffer], Features],
    wanted: Collection[str] | None = None,
) -> dict[str, list[Piece]]:
    """Parse some of the messages with a plain parser.

    Raises:
        ParseError, TruncatedError: Of the first that is faulty.
        LimitError: Columns for so many different features would fill the memory.
    """
    view = buffer.data
    values: dict[str, dict[Type, list[tuple[int, Any]]]] = {}
    for row in rows:
        start = int(starts[row])
        features = _parse_one(view[start : start + int(lengths[row])], row=row, parse=parse)
        for name in features if wanted is None else features.keys() & wanted:
            value = features[name]
            by_type = values.setdefault(name, {})
            if value is not None:
                by_type.setdefault(_type_of(value), []).append((row, value))
    return {
        name: [_piece(kind, of_kind, buffer) for kind, of_kind in by_type.items()] for name, by_type in values.items()
    }


def _parse_one(message: memoryview, *, row: int, parse: Callable[[Buffer], Features]) -> Features:
    try:
        return parse(message)
    except FormatError as exc:
        raise exc.at(record=row) from None


def _type_of(value: object) -> Type:
    if isinstance(value, np.ndarray):
        return "float32" if value.dtype == np.float32 else "int64"
    return "bytes"


def _piece(kind: Type, values: list[tuple[int, Any]], buffer: UInt8Array) -> Piece:
    rows = np.array([row for row, _ in values], np.int64)
    lists = [value for _, value in values]
    counts = np.array([len(each) for each in lists], np.int64)
    if kind != "bytes":
        return Piece(kind, rows, counts, (np.concatenate(lists),))
    views = [np.frombuffer(view, np.uint8) for each in lists for view in each]
    lengths = np.array([len(view) for view in views], np.int64)
    # The views are of the buffer: their place in it is that of their memory. An empty one has none.
    places = np.array([_address(view) for view in views], np.int64) - _address(buffer)
    return Piece(kind, rows, counts, (np.where(lengths > 0, places, 0), lengths))


def _address(array: UInt8Array) -> int:
    return int(array.__array_interface__["data"][0])
