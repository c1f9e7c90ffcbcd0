"""Messages of one length and one layout at even distances, as small records of a file are: read in place, as columns.

    0a nbytes  entry 0a nbytes name ... payload  entry ...      the first message
    =========  ======================== .......  =====          = compared with all others, . a column of values

The first message is read with a template for each entry. Then the bytes of structure of all messages are compared
with its own, entry by entry, where they lie; nothing is copied but the numbers wanted. Where anything differs, in a
length, in the order of names or in how many bytes a number takes, all messages are left to `lockstep`.
"""

from collections.abc import Container
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from filmroll.errors import FormatError
from filmroll.messages import wire
from filmroll.messages.example import FEATURES
from filmroll.messages.pieces import Piece
from filmroll.messages.ragged import Int64Array, UInt8Array
from filmroll.messages.template import Template, decode_columns

LEAST_RECORDS = 40  # measured: less are parsed in lock step, or one by one, as fast
MOST_NUMBERS = 64  # in a list of varints; each is a step of its own


class Grid(NamedTuple):
    """Messages at even distances: the place of the first in the buffer, the distance between two, and how many."""

    buffer: UInt8Array
    start: int
    distance: int
    rows: int

    def columns(self, first: int, last: int) -> UInt8Array:
        """View bytes `first` to `last` of each message, of shape (count, last - first)."""
        shape, strides = (self.rows, last - first), (self.distance, 1)
        return np.ndarray(shape, np.uint8, self.buffer, self.start + first if shape[1] else 0, strides)

    def places(self, byte: int) -> Int64Array:
        """Return where one byte of each message lies in the buffer."""
        return np.arange(self.rows) * self.distance + (self.start + byte)

    def are_equal(self, first: int, last: int) -> bool:
        """Tell whether bytes `first` to `last` of all messages are those of the first message."""
        if first == last:
            return True
        pieces = np.ndarray((self.rows,), f"V{last - first}", self.buffer, self.start + first, (self.distance,))
        # measured: bytes are copied and compared in a quarter of the time that NumPy's comparisons take
        same: bool = pieces.tobytes() == pieces[0].tobytes() * self.rows
        return same


def parse(
    buffer: UInt8Array, starts: Int64Array, lengths: Int64Array, *, wanted: Container[str] | None
) -> dict[str, list[Piece]] | None:
    """Parse messages that are alike and evenly spaced.

    Args:
        buffer: It holds all messages, at these places.
        starts, lengths: Of each, shape (count,).
        wanted: Names of the features to keep; None keeps all. The others are compared, too.

    Returns:
        Name -> one piece of all messages; or None where they are not alike, or not evenly spaced.
    """
    count = len(starts)
    if count < LEAST_RECORDS or (lengths != lengths[0]).any() or lengths[0] > wire.MAX_MESSAGE_NBYTES:
        return None
    distance = int(starts[1] - starts[0])
    if distance < lengths[0] or (starts[1:] - starts[:-1] != distance).any():
        return None
    entries = _entries(buffer.data, int(starts[0]), int(starts[0] + lengths[0]))
    if entries is None:
        return None
    return _pieces(Grid(buffer, int(starts[0]), distance, count), int(lengths[0]), entries, wanted)


def _entries(view: memoryview, start: int, stop: int) -> list[tuple[int, Template]] | None:
    """Read the templates of one message, with the place of each in it; None where one is unusual or comes twice."""
    try:
        inner, payload = wire.sole_field(view, start, stop)
    except FormatError:
        return None
    if inner != FEATURES:
        return None
    entries: list[tuple[int, Template]] = []
    place = payload
    while place < stop:
        template = Template.read(view, place, stop)
        if template is None:
            return None
        entries.append((place - start, template))
        place += len(template.head) + template.payload_nbytes
    names = {template.name for _, template in entries}
    return entries if len(names) == len(entries) and place == stop else None


def _pieces(
    grid: Grid, nbytes: int, entries: list[tuple[int, Template]], wanted: Container[str] | None
) -> dict[str, list[Piece]] | None:
    if not grid.are_equal(0, entries[0][0] if entries else nbytes):
        return None
    found: dict[str, list[Piece]] = {}
    for place, template in entries:
        payload = place + len(template.head)
        if not grid.are_equal(place, payload):
            return None
        piece = _piece(template, grid, payload)
        if piece is None:
            return None
        if wanted is None or template.name in wanted:
            found[template.name] = [piece]
    return found


def _piece(template: Template, grid: Grid, payload: int) -> Piece | None:
    rows, nbytes = np.arange(grid.rows), template.payload_nbytes
    if template.type == "bytes":
        return Piece("bytes", rows, np.ones(grid.rows, np.int64), (grid.places(payload), np.full(grid.rows, nbytes)))
    values = grid.columns(payload, payload + nbytes)
    if template.type == "float32":
        if nbytes % 4:
            return None
        floats = np.ascontiguousarray(values).reshape(-1).view("<f4").astype(np.float32, copy=False)
        return Piece("float32", rows, np.full(grid.rows, nbytes // 4), (floats,))
    numbers = _varints(values)
    if numbers is None:
        return None
    return Piece("int64", rows, np.full(grid.rows, numbers.shape[1]), (numbers.reshape(-1),))


def _varints(values: UInt8Array) -> Int64Array | None:
    """Decode lists of varints that have as many bytes each as in the first list; None where they have not."""
    ends = np.flatnonzero(values[0] < 0x80) + 1
    if not len(ends) or ends[-1] != values.shape[1] or len(ends) > MOST_NUMBERS:
        return None
    going_on: npt.NDArray[np.bool_] = values >= 0x80
    if (going_on != going_on[0]).any():
        return None
    spans = list(pairwise([0, *ends.tolist()]))
    if any(stop - start > wire.MAX_SHORT_NBYTES for start, stop in spans):
        return None  # negative numbers and very great ones: their ten bytes are not judged here
    return np.stack([decode_columns(values[:, start:stop]) for start, stop in spans], axis=1)
