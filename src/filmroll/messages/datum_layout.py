"""The layout of one Datum, to be compared with that of many others at once, and what those hold that have it.

    message    08 01 10 1c 18 1c 22 90 06 | data, or float_data | 28 07 38 00
               head                         payload               tail

Others have the layout if their heads and tails are the same in all bits but those of numbers, and the payload, as long
as its own length says, is what lies between. So payloads of other lengths are of the same layout, as long as the length
takes as many bytes to write.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from filmroll.errors import FormatError
from filmroll.messages import datum, ragged
from filmroll.messages.pieces import Piece
from filmroll.messages.ragged import Int64Array, UInt8Array
from filmroll.messages.template import decode_columns, equal_rows

BoolArray = npt.NDArray[np.bool_]

NUMBERS = datum.INTEGERS | {datum.ENCODED: "encoded"}
PAYLOADS = (datum.DATA, datum.FLOAT, datum.PACKED_FLOATS)


class Spans(NamedTuple):
    """Where some messages, or parts of them, lie: int64 arrays of one shape; `rows` are ascending message numbers."""

    rows: Int64Array
    starts: Int64Array
    stops: Int64Array

    def where(self, mask: BoolArray) -> "Spans":
        """Return those that a mask marks."""
        return self if mask.all() else Spans(self.rows[mask], self.starts[mask], self.stops[mask])


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Which bytes of a message are of what.

    Attributes:
        head_nbytes: Bytes before the payload.
        edges: Head and tail of the message.
        mask: uint8 (len(edges),): the bits that make the layout; that a number goes on is layout, what it is, is not.
        numbers: Name -> where in the edges its varint lies.
        payload: Tag of the payload: `datum.DATA`, `FLOAT` or `PACKED_FLOATS`.
        length: Where in the edges the varint of its length lies; None of unpacked floats.
    """

    head_nbytes: int
    edges: bytes
    mask: UInt8Array
    numbers: dict[str, slice]
    payload: int
    length: slice | None

    @classmethod
    def read(cls, message: memoryview) -> Self | None:
        """Read the layout; None if the message is malformed, has no payload, or has anything twice or unknown."""
        try:
            found = list(datum.fields(message, 0, len(message)))
        except FormatError:
            return None
        payloads = [field for field in found if field[0] in PAYLOADS]
        numbers = [field for field in found if field[0] in NUMBERS]
        if len(payloads) != 1 or len(found) != len(numbers) + 1 or len({tag for tag, _, _ in numbers}) < len(numbers):
            return None
        return cls._of(message, payloads[0], numbers)

    @classmethod
    def _of(cls, message: memoryview, payload: datum.Field, numbers: list[datum.Field]) -> Self | None:
        tag, head_nbytes, stop = payload
        before = max([0, *(end for _, _, end in numbers if end < head_nbytes)])
        if message[before] != tag:
            return None  # written in more bytes than it takes
        places = {}
        for number, start, end in numbers:
            gap = 0 if start < head_nbytes else stop - head_nbytes
            places[NUMBERS[number]] = slice(start - gap, end - gap)
        length = None if tag == datum.FLOAT else slice(before + 1, head_nbytes)
        edges = bytes(message[:head_nbytes]) + bytes(message[stop:])
        mask = np.full(len(edges), 0xFF, np.uint8)
        for place in (*places.values(), *([length] if length else [])):
            mask[place] = 0x80
        return cls(head_nbytes, edges, mask, places, tag, length)

    def parse(self, buffer: UInt8Array, messages: Spans) -> tuple[BoolArray, dict[str, Piece]]:
        """Parse those of the messages that have this layout.

        Returns:
            Which have it, and name -> what they hold.
        """
        edges = self._edges_of(buffer, messages)
        tail_nbytes = len(self.edges) - self.head_nbytes
        payloads = Spans(messages.rows, messages.starts + self.head_nbytes, messages.stops - tail_nbytes)
        fits = payloads.starts <= payloads.stops
        fits &= equal_rows(edges & self.mask, (np.frombuffer(self.edges, np.uint8) & self.mask).tobytes())
        fits &= self._fits(buffer, payloads, edges, fits)
        payloads = payloads.where(fits)
        if not fits.all():
            edges = edges[fits]
        return fits, self._numbers(edges, payloads.rows) | self._payload(buffer, payloads)

    def _edges_of(self, buffer: UInt8Array, messages: Spans) -> UInt8Array:
        """Return heads and tails; of messages too short for them any bytes, for these are refused in any case."""
        tail_nbytes = len(self.edges) - self.head_nbytes
        last = len(buffer) - self.head_nbytes
        heads = ragged.windows(buffer, np.minimum(messages.starts, last), self.head_nbytes)
        tails = ragged.windows(buffer, np.maximum(messages.stops - tail_nbytes, 0), tail_nbytes)
        return np.concatenate([heads, tails], axis=1)

    def _fits(self, buffer: UInt8Array, payloads: Spans, edges: UInt8Array, fits: BoolArray) -> BoolArray:
        """Tell which payloads are as long as they say, and can be what they are."""
        nbytes = payloads.stops - payloads.starts
        if self.length is not None:
            announced: BoolArray = decode_columns(edges[:, self.length]) == nbytes
            return announced & (nbytes % 4 == 0) if self.payload == datum.PACKED_FLOATS else announced
        whole: BoolArray = fits & ((nbytes + 1) % datum.FLOAT_NBYTES == 0)
        chosen = payloads.where(whole)
        tags = _interleaved(buffer, chosen)[:, 0] == datum.FLOAT
        if not tags.all():
            counts = (chosen.stops - chosen.starts + 1) // datum.FLOAT_NBYTES
            whole[whole] = np.logical_and.reduceat(tags, ragged.splits(counts)[:-1])
        return whole

    def _numbers(self, edges: UInt8Array, rows: Int64Array) -> dict[str, Piece]:
        ones = np.ones_like(rows)
        found = {}
        for name, place in self.numbers.items():
            values = decode_columns(edges[:, place])
            # As protobuf: of an int32 the low 32 bits count, of a bool all.
            values = values != 0 if name == "encoded" else values.astype(np.int32)
            found[name] = Piece("int64", rows, ones, (values.astype(np.int64),))
        return found

    def _payload(self, buffer: UInt8Array, payloads: Spans) -> dict[str, Piece]:
        rows, starts, stops = payloads
        lengths = stops - starts
        if self.payload == datum.DATA:
            return {"data": Piece("bytes", rows, np.ones_like(rows), (starts, lengths))}
        if self.payload == datum.FLOAT:
            counts = (lengths + 1) // datum.FLOAT_NBYTES
            floats = np.ascontiguousarray(_interleaved(buffer, payloads)[:, 1:])
        else:
            counts = lengths // 4
            floats = ragged.gather(buffer, starts, lengths)
        values = floats.reshape(-1).view("<f4").astype(np.float32, copy=False)
        return {"float_data": Piece("float32", rows, counts, (values,))}


def _interleaved(buffer: UInt8Array, payloads: Spans) -> UInt8Array:
    """Return the unpacked floats of all payloads with their tags, shape (n, 5); the first tag stands in the head."""
    lengths = payloads.stops - payloads.starts + 1
    return ragged.gather(buffer, payloads.starts - 1, lengths).reshape(-1, datum.FLOAT_NBYTES)
