"""From the pieces of a feature to its column: one type, the shape expected, defaults filled in."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from filmroll.errors import ParseError
from filmroll.messages import ragged
from filmroll.messages.column import BytesColumn, Column, NumberColumn, Shape
from filmroll.messages.pieces import Piece, Type, merge
from filmroll.messages.ragged import Int64Array, UInt8Array
from filmroll.messages.spec import Spec

BoolArray = npt.NDArray[np.bool_]


def assemble(name: str, pieces: Sequence[Piece], *, spec: Spec | None, buffer: UInt8Array, count: int) -> Column:
    """Assemble the column of one feature.

    Args:
        name: Name of the feature.
        pieces: What was found of it; no record is in two of them.
        spec: What it must be; None leaves it as it is.
        buffer: What the values of bytes lie in.
        count: Number of records.

    Raises:
        ParseError: The types differ, or the feature is not what `spec` expects; `record` says where.
    """
    present = np.zeros(count, np.bool_)
    for piece in pieces:
        present[slice(None) if len(piece.rows) == count else piece.rows] = True
    type = _type_of_all(name, pieces, expected=None if spec is None else spec.type)
    if type is None:
        return Column(name, (None,), np.zeros(count + 1, np.int64), present)
    if spec is not None:
        _check_required(name, spec, present)
        pieces = [*pieces, *_default_pieces(spec, np.flatnonzero(~present), buffer_nbytes=len(buffer))]
    counts, arrays = merge(pieces, type=type, count=count)
    if spec is not None:
        _check_counts(name, spec, counts=counts, present=present)
    shape = _shape_of(counts) if spec is None else spec.shape
    if type != "bytes":
        return NumberColumn(name, shape, ragged.splits(counts), present, arrays[0])
    places = _with_defaults(buffer, *arrays, spec=spec)
    return BytesColumn(name, shape, ragged.splits(counts), present, *places)


def _type_of_all(name: str, pieces: Sequence[Piece], *, expected: Type | None) -> Type | None:
    """Return the type of all values, or of empty lists if there are only those, which otherwise have no say."""
    types = {piece.type for piece in pieces if piece.has_values}
    if types == {expected} or (expected is None and len(types) == 1):
        return types.pop()
    firsts = sorted((piece.first_row(), piece.type) for piece in pieces if piece.has_values)
    if expected is not None:
        for row, found in firsts:
            if found != expected:
                raise ParseError(f"feature {name!r} holds {found}, expected {expected}", record=row)
        return expected
    for row, found in firsts:
        if found != firsts[0][1]:
            raise ParseError(f"feature {name!r} holds {found}, and {firsts[0][1]} in record {firsts[0][0]}", record=row)
    empty = [(int(piece.rows[0]), piece.type) for piece in pieces if len(piece.rows)]
    return min(empty)[1] if empty else None


def _shape_of(counts: Int64Array) -> Shape:
    if not len(counts) or (counts != counts[0]).any():
        return (None,)
    return () if counts[0] == 1 else (int(counts[0]),)


def _check_required(name: str, spec: Spec, present: BoolArray) -> None:
    if spec.defaults is None and not spec.varies and not present.all():
        raise ParseError(f"feature {name!r} ({spec.type}) is required", record=int(np.argmin(present)))


def _check_counts(name: str, spec: Spec, *, counts: Int64Array, present: BoolArray) -> None:
    wrong = present & ~spec.accepts(counts)
    if wrong.any():
        row = int(np.argmax(wrong))
        expected = f"a multiple of {spec.count}" if spec.varies else str(spec.count)
        raise ParseError(
            f"feature {name!r}: {counts[row]} {spec.type} values, expected {expected} for shape {spec.shape}",
            record=row,
        )


def _default_pieces(spec: Spec, rows: Int64Array, *, buffer_nbytes: int) -> list[Piece]:
    """Return the defaults of the records without the feature; bytes are placed as if they followed the buffer."""
    if spec.defaults is None or not len(rows):
        return []
    arrays: tuple[npt.NDArray[Any], ...]
    if isinstance(spec.defaults, np.ndarray):
        arrays = (spec.defaults,)
    else:
        lengths = np.array([len(each) for each in spec.defaults], np.int64)
        arrays = (ragged.splits(lengths)[:-1] + buffer_nbytes, lengths)
    counts = np.full(len(rows), len(spec.defaults), np.int64)
    return [Piece(spec.type, rows, counts, tuple(np.tile(array, len(rows)) for array in arrays))]


def _with_defaults(
    buffer: UInt8Array, starts: Int64Array, lengths: Int64Array, *, spec: Spec | None
) -> tuple[UInt8Array, Int64Array, Int64Array]:
    """Put the values and the defaults behind them into one buffer, if any default is used."""
    if spec is None or spec.defaults is None:
        return buffer, starts, lengths
    behind = starts >= len(buffer)
    if not lengths[behind].any():
        return buffer, np.where(behind, 0, starts), lengths
    inside = np.where(behind, 0, lengths)
    values = ragged.gather(buffer, starts[~behind], lengths[~behind])
    together = np.concatenate([values, np.frombuffer(b"".join(spec.defaults), np.uint8)])
    together.flags.writeable = False
    moved = np.where(behind, starts - len(buffer) + len(values), np.cumsum(inside) - inside)
    return together, moved, lengths
