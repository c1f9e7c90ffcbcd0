"""What many Caffe Datums say, as NumPy columns, and many Datums from arrays: `datum`, at once.

    messages   {channels: 1, height: 28, width: 28, data: ..., label: 7}, ...
    columns    label: int64 (n,)    data: n spans of the buffer, or uint8 (n, nbytes) if asked to copy

The result says what `datum.parse` says of every message, and nothing else: messages of one layout are parsed together,
and what has a layout that few have, or is malformed, is parsed by it, one by one.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from filmroll.buffer import Buffer, places
from filmroll.errors import EncodeError
from filmroll.messages import assembly, columns, datum, ragged, varints, wire
from filmroll.messages.column import BytesColumn, Column, NumberColumn
from filmroll.messages.datum_layout import Layout, Spans
from filmroll.messages.heads import put_rows
from filmroll.messages.many import Many
from filmroll.messages.pieces import Piece
from filmroll.messages.ragged import Int64Array, UInt8Array

__all__ = ["BytesColumn", "Column", "Many", "NumberColumn", "parse", "parse_buffer", "serialize"]

FEW = 8  # less that go together are parsed one by one
OTHERS_NBYTES = 64  # more than all fields but the pixels take
MAX_LAYOUTS = 16  # bounds the time that a hostile file can take


def parse(messages: Iterable[Buffer]) -> dict[str, Column]:
    """Parse many Datums, each a buffer of its own; they are copied, once.

    Args:
        messages: Whole serialized Datums.

    Returns:
        As `parse_buffer`.

    Raises:
        As `parse_buffer`; TypeError, too, if a message is no buffer.
    """
    return parse_buffer(*columns.joined(messages))


def parse_buffer(buffer: Buffer, starts: npt.ArrayLike, lengths: npt.ArrayLike) -> dict[str, Column]:
    """Parse many Datums that lie in one buffer, as the records of a mapped file do.

    Args:
        buffer: What holds the messages, with anything between them. The column of `data` keeps it alive.
        starts: Where each message starts in the buffer: integers of shape (count,), in any order.
        lengths: Number of bytes of each.

    Returns:
        Name -> column, for the fields that any message has: a `BytesColumn` for `data`, whose values are not copied
        (`dense()` gives uint8 (n, nbytes)); a `NumberColumn` for the others, of float32 for `float_data`, else int64.

    Raises:
        ParseError, TruncatedError: A message is no Datum. `record` is its number, `offset` the place in it.
        TypeError: `buffer` is no buffer, or `starts` or `lengths` are no integers.
        ValueError: `starts` and `lengths` differ in shape, or lead out of the buffer.
    """
    array = np.frombuffer(wire.whole(buffer), np.uint8)
    first, nbytes = places(starts, lengths, limit=len(array), what="message")
    messages = Spans(np.arange(len(first)), first, first + nbytes)
    found, misfits = _parse_alike(array, messages)
    for name, pieces in columns.parse_singly(array, first, nbytes, rows=misfits, parse=datum.parse).items():
        found.setdefault(name, []).extend(pieces)
    return {
        name: assembly.assemble(name, found[name], spec=None, buffer=array, count=len(first))
        for name in datum.TAGS
        if name in found
    }


def _parse_alike(array: UInt8Array, messages: Spans) -> tuple[dict[str, list[Piece]], list[int]]:
    """Parse the messages that have the layout of the first, then those that have that of the first one left.

    Returns:
        Name -> pieces, and the numbers of the messages that are left to be parsed otherwise.
    """
    found: dict[str, list[Piece]] = {}
    odd: list[int] = []
    for _ in range(MAX_LAYOUTS):
        if len(messages.rows) < FEW:
            break
        layout = Layout.read(array.data[int(messages.starts[0]) : int(messages.stops[0])])
        fits = np.zeros(len(messages.rows), np.bool_)
        if layout is not None:
            fits, pieces = layout.parse(array, messages)
            for name, piece in pieces.items():
                found.setdefault(name, []).append(piece)
        if not fits.any():
            odd.append(int(messages.rows[0]))
            fits[0] = True
        messages = messages.where(~fits)
    return found, sorted(odd + messages.rows.tolist())


def serialize(data: npt.NDArray[Any], *, labels: npt.ArrayLike | None = None) -> Many:
    """Serialize many Datums that hold arrays of one shape.

    Args:
        data: Array (n, channels, height, width): of uint8 for `data`, which Caffe takes for BGR; of other numbers for
            `float_data`.
        labels: n whole numbers; None leaves them out.

    Returns:
        The messages, new: byte for byte those of `datum.serialize`.

    Raises:
        EncodeError: `data` is of another shape or type, `labels` of another number; a number does not fit its field;
            a message is longer than protobuf reads.
    """
    if not isinstance(data, np.ndarray) or data.ndim != 4 or data.dtype.kind not in "biuf":
        found = f"{data.dtype} {data.shape}" if isinstance(data, np.ndarray) else type(data).__name__
        raise EncodeError(f"Datums are of an array of numbers (n, channels, height, width), not {found}")
    _check_length(math.prod(data.shape[1:]) * (1 if data.dtype == np.uint8 else datum.FLOAT_NBYTES))
    sides = zip(("channels", "height", "width"), data.shape[1:], strict=True)
    head = b"".join(datum.integer_field(name, side) for name, side in sides)
    tail = datum.integer_field("encoded", 0)
    flat = data.reshape(len(data), math.prod(data.shape[1:]))
    if data.dtype == np.uint8:
        head += bytes((datum.DATA,)) + wire.varint(flat.shape[1])
        front, back = [_row(head), flat], [_row(tail)]
    else:
        floats = datum.interleaved(datum.to_float32(flat).reshape(flat.shape))
        front, back = [_row(head)], [floats, _row(tail)]
    if labels is None:
        return _assembled(front, np.empty(0, np.uint8), np.zeros(len(data) + 1, np.int64), back)
    encoded, splits = _varints(labels, count=len(data))
    return _assembled([*front, _row(bytes((datum.TAGS["label"],)))], encoded, splits, back)


def _check_length(payload_nbytes: int) -> None:
    limit = wire.MAX_MESSAGE_NBYTES - OTHERS_NBYTES
    if payload_nbytes > limit:
        raise EncodeError(f"the pixels of a message have {payload_nbytes} bytes, protobuf reads {limit} at most")


def _row(same_in_all: bytes) -> UInt8Array:
    return np.frombuffer(same_in_all, np.uint8)[None]


def _varints(labels: npt.ArrayLike, *, count: int) -> tuple[UInt8Array, Int64Array]:
    """Return the varints of all labels, one after another, and where each begins and the last one ends."""
    array = np.asarray(labels)
    if array.shape != (count,) or (count and array.dtype.kind not in "iu"):
        raise EncodeError(f"labels are {count} whole numbers, not {array.dtype} {array.shape}")
    for label in (array.min(), array.max()) if count else ():
        datum.integer_field("label", int(label))  # it checks the range
    encoded = np.frombuffer(varints.encode(array.astype(np.int64)), np.uint8)
    return encoded, np.append(0, np.flatnonzero(encoded < 0x80) + 1)


def _assembled(
    front: Sequence[UInt8Array], numbers: UInt8Array, splits: Int64Array, back: Sequence[UInt8Array]
) -> Many:
    """Put into each message its rows of some arrays, its number, its rows of others; an array of one row is for all."""
    fixed = sum(part.shape[1] for part in (*front, *back))
    widths = np.diff(splits)
    lengths = widths + fixed
    places = ragged.splits(lengths)
    buffer = np.empty(places[-1], np.uint8)
    for width in np.unique(widths).tolist():
        rows = np.flatnonzero(widths == width)
        parts = [*front, ragged.windows(numbers, splits[rows], width), *back]
        if len(rows) == len(widths):
            _fill(buffer.reshape(len(rows), -1), parts)
            break
        parts = [part[rows] if len(part) == len(widths) else part for part in parts]
        messages = np.empty((len(rows), fixed + width), np.uint8)
        _fill(messages, parts)
        put_rows(buffer, places[rows], messages)
    return Many(buffer.data.toreadonly(), places[:-1], lengths)


def _fill(messages: UInt8Array, parts: Sequence[UInt8Array]) -> None:
    place = 0
    for part in parts:
        messages[:, place : place + part.shape[1]] = part
        place += part.shape[1]
