"""Whether sound frames found after damage are records of the file, or part of a damaged record that holds such frames.

    file     ... record | header x x x  data ( frame frame frame ) data footer | record ...
                          └ edge        └──────── segment ───────┘             └ following

Both look alike: the bytes of a TFRecord file inside a record, as a payload, are frames with checksums that hold. They
are taken for records of the file unless there is evidence against it:

- A protobuf length stands before them that is just theirs: they are a field of a message.
- Other records of this file hold frames, these ones hold none, and they are together not much larger than those.

Frames that reach the end of the file are its records, unless a damaged record announces that it reaches further.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from filmroll.records import headers
from filmroll.records.framing import FOOTER, HEADER, OVERHEAD_NBYTES, Int64Array
from filmroll.records.varint import varint

LARGER = 2  # times the frames inside any sound record: what frames inside a damaged one may take
LENGTH_DELIMITED = 2  # wire type of protobuf, the lowest three bits of a tag


class Segment(NamedTuple):
    """Records one after another, from one offset to another.

    `starts` and `lengths` are where the data of each is, `sound` whether its checksum holds, `headless` whether its
    header was lost.
    """

    offset: int
    stop: int
    starts: Int64Array
    lengths: Int64Array
    sound: npt.NDArray[np.bool_]
    headless: npt.NDArray[np.bool_]

    def rows(self, part: slice) -> "Segment":
        """Return the first or the last records alone."""
        starts, lengths = self.starts[part], self.lengths[part]
        offset = self.offset if not len(starts) else int(starts[0]) - HEADER.size
        stop = offset if not len(starts) else int(starts[-1] + lengths[-1]) + FOOTER.size
        return Segment(offset, stop, starts, lengths, self.sound[part], self.headless[part])


class Nest:
    """Weighs the evidence in one file.

    Args:
        array: The file.
        segments: All that was found in it.
        header_at: Returns the length that a header at an offset announces, or None.
        is_sound: Tells whether data of a record at an offset, of a length, has its checksum.
    """

    def __init__(
        self,
        array: npt.NDArray[np.uint8],
        segments: list[Segment],
        *,
        header_at: Callable[[int], int | None],
        is_sound: Callable[[int, int], bool],
    ) -> None:
        self._array, self._segments, self._header_at, self._is_sound = array, segments, header_at, is_sound
        self._largest: int | None = None

    def is_inside(self, edge: int, rest: list[Segment]) -> bool:
        """Tell whether the next segment is part of the damaged record at the edge.

        Args:
            edge: Where the segment before it ended.
            rest: That segment, and those after it.
        """
        segment, end = rest[0], len(self._array)
        length = self._header_at(edge)
        if segment.stop == end and (length is None or edge + OVERHEAD_NBYTES + length < end):
            return False
        if self._is_field(segment):
            return True
        behind = self._header_at(segment.stop)  # of a record that is damaged itself
        stop = segment.stop if behind is None else segment.stop + OVERHEAD_NBYTES + behind
        if len(rest) > 1 and rest[1].stop <= stop:
            return False  # that one holds frames
        return stop - segment.offset <= LARGER * self._largest_nest() and not self._nest_in(segment)

    def _is_field(self, segment: Segment) -> bool:
        """Tell whether a tag and a length of protobuf precede a segment, those of a field with just its bytes."""
        length = varint(segment.stop - segment.offset)
        before = self._array[max(0, segment.offset - len(length) - 1) : segment.offset].tobytes()
        return before[1:] == length and before[0] & 7 == LENGTH_DELIMITED and before[0] > 7

    def _largest_nest(self) -> int:
        """Return the most bytes that frames take inside a sound record of the file; every byte is looked at, once."""
        if self._largest is None:
            self._largest = max((self._nest_in(segment) for segment in self._segments), default=0)
        return self._largest

    def _nest_in(self, segment: Segment) -> int:
        """Return the most bytes from the first to the last frame inside a sound record; 0 where none holds any."""
        starts, stops = segment.starts[segment.sound], (segment.starts + segment.lengths)[segment.sound]
        if not len(starts):
            return 0
        firsts: dict[int, int] = {}
        largest = 0
        for offsets, lengths in headers.search_many(self._array, segment.offset + HEADER.size, segment.stop):
            rows = np.searchsorted(starts, offsets, side="right") - 1
            inside = (rows >= 0) & (offsets + lengths + OVERHEAD_NBYTES <= stops[rows])
            found = (one[inside].tolist() for one in (rows, offsets, lengths))
            for row, offset, length in zip(*found, strict=True):
                if self._is_sound(offset, length):
                    first = firsts.setdefault(row, offset)
                    largest = max(largest, offset + OVERHEAD_NBYTES + length - first)
        return largest
