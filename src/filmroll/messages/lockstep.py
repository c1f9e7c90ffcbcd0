"""How many Examples are parsed in lock step: one NumPy operation reads the same field of them all.

    cursor   v               v              v
    message  0a 0f 0a 0d 0a 05 label 12 04 1a 02 0a 00
             Features, entry, name,  Feature, kind, packed list

Every message has its own cursor. In each step all cursors stand at a map entry; the entries that have the same name
as the first of them go on together, then those of the next name. So messages need share neither their length nor
the order of their names, only the plain shape that all writers give them: each part ends where its parent ends.

A message that shows anything else (a field unknown, unpacked, or repeated; a part cut off) is a misfit. It is not
judged here but left to `example.parse`, so that there is one place that says what is wrong with it. So are messages
when few are left that go on together: below that number a step costs more than the plain parser.
"""

from collections.abc import Container
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from filmroll.errors import FormatError
from filmroll.messages import pieces, ragged, varints, wire
from filmroll.messages.example import FEATURES
from filmroll.messages.feature import BYTES_LIST, FLOAT_LIST, INT64_LIST, PACKED
from filmroll.messages.feature_map import ENTRY, NAME, VALUE
from filmroll.messages.pieces import TYPES, Piece
from filmroll.messages.ragged import Int64Array, UInt8Array
from filmroll.messages.template import Template

BoolArray = npt.NDArray[np.bool_]

CHUNK_RECORDS = 1 << 14  # taken at once, so that the cursors and what they read stay in the cache
LEAST_RECORDS = 40  # measured: the plain parser is faster on less
FEW = 8  # less that go together are left to it; bounds the time that a hostile file can take
MAX_TEMPLATES = 8  # a layout is worth a step of its own if one in so many entries has it
MAX_NAMES = 64  # different names in one step; bounds the time that a hostile file can take


def all_of(mask: BoolArray) -> bool:
    """Tell whether a mask is True everywhere; on short ones ten times as fast as `mask.all()`."""
    return int(np.count_nonzero(mask)) == len(mask)


class Spans(NamedTuple):
    """Where one part of some messages lies: int64 arrays of one shape; `rows` are ascending message numbers."""

    rows: Int64Array
    starts: Int64Array
    stops: Int64Array

    def where(self, mask: BoolArray) -> "Spans":
        """Return those that a mask marks."""
        return self if all_of(mask) else Spans(self.rows[mask], self.starts[mask], self.stops[mask])


class Scan:
    """A parse of many messages under way.

    Args:
        buffer: It holds all messages.
        count: Number of messages.
        wanted: Names of the features to keep; None keeps all. The others are parsed, too, and dropped.

    Attributes:
        misfits: bool array of shape (count,): the messages to be parsed otherwise.
    """

    def __init__(self, buffer: UInt8Array, *, count: int, wanted: Container[str] | None) -> None:
        self.misfits = np.zeros(count, np.bool_)
        self._buffer = buffer
        self._view = buffer.data
        self._found: dict[str, list[Piece]] = {}
        self._wanted = wanted
        self._seen: dict[str, BoolArray] = {}

    def run(self, starts: Int64Array, lengths: Int64Array) -> None:
        """Parse the messages at these places, which must lie inside the buffer."""
        if len(starts) < LEAST_RECORDS:
            self.misfits[:] = True
            return
        messages = Spans(np.arange(len(starts)), starts, starts + lengths)
        for first in range(0, len(starts), CHUNK_RECORDS):
            self._run(Spans(*(each[first : first + CHUNK_RECORDS] for each in messages)))

    def found(self) -> dict[str, list[Piece]]:
        """Return what the messages that are no misfits hold: name -> pieces, none if it is without a kind in all."""
        if not self.misfits.any():
            return self._found
        fits = ~self.misfits
        return {
            name: [piece.without(self.misfits) for piece in found]
            for name, found in self._found.items()
            if (self._seen[name] & fits).any()
        }

    def _run(self, messages: Spans) -> None:
        lengths = messages.stops - messages.starts
        # Two bytes are the least that a step reads; where they are there is no empty buffer to read from.
        lot = self._keep(messages, (lengths >= 2) & (lengths <= wire.MAX_MESSAGE_NBYTES))
        lot = self._enter(lot, FEATURES)
        while True:
            lot = lot.where(~self.misfits[lot.rows] & (lot.starts < lot.stops))
            if not len(lot.rows):
                return
            lot = Spans(lot.rows, self._parse_entries(lot), lot.stops)

    def _parse_entries(self, lot: Spans) -> Int64Array:
        """Parse the entry that each message has next; return where it ends."""
        template = Template.read(self._view, int(lot.starts[0]), int(lot.stops[0]))
        if template is None:
            return self._parse_by_name(lot)
        same, payloads = self._compare(template, lot)
        if all_of(same):
            self._parse_payloads(template, payloads)
            return payloads.stops
        if np.count_nonzero(same) * MAX_TEMPLATES < len(same):
            return self._parse_by_name(lot)
        self._parse_payloads(template, payloads.where(same))
        stops = payloads.stops
        stops[~same] = self._parse_entries(lot.where(~same))
        return stops

    def _compare(self, template: Template, lot: Spans) -> tuple[BoolArray, Spans]:
        """Tell which entries have the layout of the template, and where their payloads lie."""
        nbytes = len(template.head)
        # Where there is no room for a head, any bytes will do: the end of the payload is compared in any case.
        heads = ragged.windows(self._buffer, np.minimum(lot.starts, len(self._buffer) - nbytes), nbytes)
        same, payload_nbytes = template.compare(heads)
        starts = lot.starts + nbytes
        stops = starts + payload_nbytes
        return same & (stops <= lot.stops), Spans(lot.rows, starts, stops)

    def _parse_payloads(self, template: Template, payloads: Spans) -> None:
        """Parse the payloads of entries of one layout."""
        if template.type == "bytes":
            lengths = payloads.stops - payloads.starts
            piece = Piece("bytes", payloads.rows, np.ones_like(lengths), (payloads.starts, lengths))
        elif template.type == "float32":
            piece = self._decode_floats(payloads)
        else:
            piece = self._decode_int64s(payloads)
        self._add(template.name, payloads.rows, [piece])

    def _keep(self, lot: Spans, mask: BoolArray) -> Spans:
        """Go on with those that a mask marks, if they are not too few; the others are misfits."""
        kept = lot.where(mask)
        if len(kept.rows) < FEW:
            self.misfits[lot.rows] = True
            return lot.where(np.zeros_like(mask))
        if len(kept.rows) < len(lot.rows):
            self.misfits[lot.rows[~mask]] = True
        return kept

    def _enter(self, lot: Spans, tag: int) -> Spans:
        """Enter the parts that consist of one length-delimited field, from end to end."""
        lengths, inner = self._read_short(lot.starts + 1)
        return self._keep(Spans(lot.rows, inner, lot.stops), self._is(tag, lot.starts) & (inner + lengths == lot.stops))

    def _is(self, byte: int, places: Int64Array) -> BoolArray:
        same: BoolArray = self._bytes_at(places) == byte
        return same

    def _bytes_at(self, places: Int64Array) -> UInt8Array:
        # A place behind the part, even behind the buffer, does no harm: the part's end is compared in any case.
        return self._buffer.take(places, mode="clip")

    def _read_short(self, places: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Read varints of up to 5 bytes; return them, and the places after. A longer one is a length too great."""
        byte = self._bytes_at(places)
        more = byte >= 0x80
        if not np.count_nonzero(more):
            return byte.astype(np.int64), places + 1
        lengths = (byte & 0x7F).astype(np.int64)
        after = places + 1
        for index in range(1, wire.MAX_SHORT_NBYTES):
            byte = self._bytes_at(after)
            lengths |= np.where(more, byte & 0x7F, 0).astype(np.int64) << (7 * index)
            after += more
            more &= byte >= 0x80
            if not np.count_nonzero(more):
                return lengths, after
        return np.where(more, wire.MAX_MESSAGE_NBYTES + 1, lengths), after

    def _parse_by_name(self, lot: Spans) -> Int64Array:
        """Parse entries in which only the names are the same, those of one name in step; return where they end."""
        lengths, inner = self._read_short(lot.starts + 1)
        entries = Spans(lot.rows, inner, inner + lengths)
        self._parse_names(self._keep(entries, self._is(ENTRY, lot.starts) & (entries.stops <= lot.stops)))
        return entries.stops

    def _parse_names(self, lot: Spans) -> None:
        for _ in range(MAX_NAMES):
            if not len(lot.rows):
                return
            field = self._name_field(lot)
            if field is None:
                lot = self._keep(lot, self._has_name(lot))
                continue
            same = self._starts_with(field, lot)
            group = lot.where(same)
            self._parse_named(field[2:], Spans(group.rows, group.starts + len(field), group.stops))
            lot = lot.where(~same)
        self.misfits[lot.rows] = True

    def _name_field(self, lot: Spans) -> bytes | None:
        """Return tag, length and name that the first entry begins with, as far as they go, if the name is not long."""
        start, stop = int(lot.starts[0]), int(lot.stops[0])
        field = self._buffer[start : min(stop, start + 2 + 0x7F)].tobytes()
        if len(field) < 2 or field[0] != NAME or field[1] >= 0x80:
            return None
        return field[: 2 + field[1]]

    def _has_name(self, lot: Spans) -> BoolArray:
        """Tell what `_name_field` tells, of all entries."""
        return self._is(NAME, lot.starts) & (self._bytes_at(lot.starts + 1) < 0x80)

    def _starts_with(self, field: bytes, lot: Spans) -> BoolArray:
        nbytes = len(field)
        # As in `_compare`, what lies behind the end may be anything: no value ends where the entry does then.
        heads = ragged.windows(self._buffer, np.minimum(lot.starts, len(self._buffer) - nbytes), nbytes)
        # Strings of one width are equal only if all bytes are: the zeros that NumPy pads with are bytes of both.
        same: BoolArray = heads.view(f"S{nbytes}")[:, 0] == field
        return same

    def _parse_named(self, name: bytes, lot: Spans) -> None:
        try:
            key = name.decode()
        except UnicodeDecodeError:
            self.misfits[lot.rows] = True
            return
        self._add(key, lot.rows, self._parse_features(self._enter(lot, VALUE)))

    def _add(self, name: str, rows: Int64Array, found: list[Piece]) -> None:
        """Note what was found in some messages; those in which the name stood before are misfits."""
        if self._wanted is not None and name not in self._wanted:
            return
        self._found.setdefault(name, []).extend(found)
        if name not in self._seen:
            self._seen[name] = np.zeros(len(self.misfits), np.bool_)
        seen = self._seen[name]
        self.misfits[rows[seen[rows]]] = True
        seen[rows] = True

    def _parse_features(self, lot: Spans) -> list[Piece]:
        lot = lot.where(lot.starts < lot.stops)  # a feature with no kind has no piece
        if not len(lot.rows):
            return []
        kinds = self._bytes_at(lot.starts)
        found = []
        others = np.ones(len(kinds), np.bool_)
        for kind, parse in (
            (BYTES_LIST, self._parse_bytes),
            (FLOAT_LIST, self._parse_floats),
            (INT64_LIST, self._parse_int64s),
        ):
            mask = kinds == kind
            if np.count_nonzero(mask):
                others &= ~mask
                found += parse(self._enter(lot.where(mask), kind))
        self.misfits[lot.rows[others]] = True
        return found

    def _parse_bytes(self, lot: Spans) -> list[Piece]:
        """Parse lists of bytes: the first value of all lists, then the second of those that go on."""
        values = []
        rest = lot.where(lot.starts < lot.stops)
        while len(rest.rows):
            lengths, inner = self._read_short(rest.starts + 1)
            stops = inner + lengths
            fits = self._is(PACKED, rest.starts) & (stops <= rest.stops)
            values.append(self._keep(Spans(rest.rows, inner, stops), fits))
            going_on = ~self.misfits[rest.rows] & (stops < rest.stops)
            rest = Spans(rest.rows, stops, rest.stops).where(going_on)
        return [_piece_of_bytes(lot.rows, values)]

    def _parse_floats(self, lot: Spans) -> list[Piece]:
        found, packed = self._enter_packed(lot, FLOAT_LIST)
        return [*found, self._decode_floats(packed)]

    def _decode_floats(self, lot: Spans) -> Piece:
        lot = self._keep(lot, (lot.stops - lot.starts) % 4 == 0)
        lengths = lot.stops - lot.starts
        values = ragged.gather(self._buffer, lot.starts, lengths).view("<f4").astype(np.float32, copy=False)
        return Piece("float32", lot.rows, lengths // 4, (values,))

    def _parse_int64s(self, lot: Spans) -> list[Piece]:
        found, packed = self._enter_packed(lot, INT64_LIST)
        return [*found, self._decode_int64s(packed)]

    def _decode_int64s(self, lot: Spans) -> Piece:
        # Each list must end where a varint ends, an empty one behind its length; then all are one list of varints.
        lot = self._keep(lot, self._bytes_at(lot.stops - 1) < 0x80)
        values, after = self._read_short(lot.starts)
        if all_of(after == lot.stops):
            return Piece("int64", lot.rows, np.ones_like(values), (values,))  # one short number each, as most are
        lengths = lot.stops - lot.starts
        encoded = ragged.gather(self._buffer, lot.starts, lengths)
        try:
            values = varints.decode(encoded.data, 0, len(encoded))
        except FormatError:
            self.misfits[lot.rows] = True
            return pieces.empty("int64", lot.rows)
        if len(values) < len(encoded):
            ends = ragged.splits((encoded < 0x80).astype(np.int64))
            lengths = np.diff(ends[ragged.splits(lengths)])
        return Piece("int64", lot.rows, lengths, (values,))

    def _enter_packed(self, lot: Spans, kind: int) -> tuple[list[Piece], Spans]:
        """Enter packed lists; those that are not even there are a piece already."""
        filled = lot.starts < lot.stops
        if all_of(filled):
            return [], self._enter(lot, PACKED)
        return [pieces.empty(TYPES[kind], lot.rows[~filled])], self._enter(lot.where(filled), PACKED)


def _piece_of_bytes(rows: Int64Array, values: list[Spans]) -> Piece:
    """Join the first, second, ... values of the lists into a list of each row."""
    if len(values) == 1 and len(values[0].rows) == len(rows):
        (only,) = values
        return Piece("bytes", rows, np.ones(len(rows), np.int64), (only.starts, only.stops - only.starts))
    all_rows = np.concatenate([rows[:0], *(each.rows for each in values)])
    order = np.argsort(all_rows, kind="stable")
    starts = np.concatenate([rows[:0], *(each.starts for each in values)])[order]
    stops = np.concatenate([rows[:0], *(each.stops for each in values)])[order]
    counts = np.bincount(np.searchsorted(rows, all_rows), minlength=len(rows)).astype(np.int64)
    return Piece("bytes", rows, counts, (starts, stops - starts))
