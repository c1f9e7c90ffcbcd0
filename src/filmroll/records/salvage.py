"""Which records of a damaged file are still there: a TFRecord file synchronises itself.

    record record  x x x x x x  record record record  x x x  record         x: what no header leads through
    └─ segment ──┘ └── gap ───┘ └──── segment ─────┘ └ gap ┘ └ ...

A segment is followed from header to header. Behind it every offset is tried: where the checksum of a length holds and
that of the data too, or where another header follows, the next one begins. A record whose header alone was overwritten
is known by its own checksum, from the end of one segment to the beginning of another.

What lies inside a record is no record of the file, even where it looks like one: inside a sound record nothing is
looked for; for damaged ones nesting.py weighs what there is.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from filmroll.errors import Error, FormatError
from filmroll.records import framing, headers, nesting
from filmroll.records.checksum import crc32c_of_array, unmask
from filmroll.records.framing import FOOTER, HEADER, NONE, OVERHEAD_NBYTES, Int64Array
from filmroll.records.mapped import RUN_NBYTES, RUN_RECORDS, MappedFile
from filmroll.records.nesting import Segment
from filmroll.records.prefix_crcs import PrefixCrcs

BRIDGED_SEGMENTS = 16  # that may lie inside one record whose header was lost
MOST_RESCANS = 64  # of the rest of the file, in files made to cost time
NO_FLAGS = np.empty(0, np.bool_)


class Gap(NamedTuple):
    """Bytes that belong to no record that was found.

    Attributes:
        offset, nbytes: Where they are.
        record: Number of records that were found before them.
        doubtful: Sound frames among them that seem to be parts of a damaged record: start and length of their data.
        error: What is wrong where they begin.
    """

    offset: int
    nbytes: int
    record: int
    doubtful: list[tuple[int, int]]
    error: Error


class Found(NamedTuple):
    """The records of a file, damaged or not, in order.

    Attributes:
        starts, lengths: Where the data of each record is, int64 of shape (count,).
        sound: Whether it has the checksum stored behind it, bool of shape (count,).
        headless: Whether its header was overwritten; its data is sound then.
        gaps: Everything else in the file.
    """

    starts: Int64Array
    lengths: Int64Array
    sound: npt.NDArray[np.bool_]
    headless: npt.NDArray[np.bool_]
    gaps: list[Gap]

    @property
    def offsets(self) -> Int64Array:
        """Where each record begins, its header included."""
        return self.starts - HEADER.size

    @property
    def sizes(self) -> Int64Array:
        """Bytes of each record, framing included."""
        return self.lengths + OVERHEAD_NBYTES

    @property
    def is_whole(self) -> bool:
        """Whether nothing is damaged."""
        return not self.gaps and bool(self.sound.all()) and not self.headless.any()


def find(file: MappedFile) -> Found:
    """Find all records of a file, one pass over its bytes where it is whole.

    Args:
        file: A plain file, or what was decompressed of another.
    """
    return _Salvage(file).found()


class _Salvage:
    def __init__(self, file: MappedFile) -> None:
        self._file, self._array, self._nbytes = file, file.array, file.nbytes
        self._crcs = PrefixCrcs(file.array)
        self._rows: list[Segment] = []
        self._gaps: list[Gap] = []
        self._count, self._rescans = 0, MOST_RESCANS

    def found(self) -> Found:
        segments = self._segments(0)
        nest = nesting.Nest(self._array, list(segments), header_at=self._header_at, is_sound=self._is_sound)
        edge = index = 0
        while edge < self._nbytes:
            if index < len(segments) and segments[index].offset == edge:
                self._apart(segments, index, nest)
                self._keep(segments[index])
                edge, index = segments[index].stop, index + 1
            else:
                edge, index = self._cross(edge, segments, index, nest)
        parts = [np.concatenate([getattr(row, name) for row in self._rows] or [NONE]) for name in Segment._fields[2:4]]
        flags = [
            np.concatenate([getattr(row, name) for row in self._rows] or [NO_FLAGS]) for name in Segment._fields[4:]
        ]
        return Found(parts[0], parts[1], flags[0], flags[1], self._gaps)

    def _keep(self, *rows: Segment) -> None:
        self._rows += rows
        self._count += sum(len(row.starts) for row in rows)

    def _apart(self, segments: list[Segment], index: int, nest: nesting.Nest) -> None:
        """Give up the last record with wrong data in a segment, if what follows it is inside another record.

        As many bytes were taken out of it as lead from the record behind it to the first frame in that.
        """
        segment = segments[index]
        bad = np.flatnonzero(~segment.sound)
        if not len(bad) or bad[-1] + 1 == len(segment.starts) or not self._rescans:
            return
        edge = int(segment.starts[bad[-1]]) - HEADER.size
        if nest.is_inside(edge, [segment.rows(slice(int(bad[-1]) + 1, None)), *segments[index + 1 : index + 2]]):
            self._rescans -= 1
            segments[index:] = [segment.rows(slice(int(bad[-1]))), *self._segments(self._next(edge))]

    def _cross(self, edge: int, segments: list[Segment], index: int, nest: nesting.Nest) -> tuple[int, int]:
        """Get from the end of one segment to the next one that is part of the file; return that and its number."""
        bridge = self._bridge(edge, segments[index : index + BRIDGED_SEGMENTS], nest)
        if bridge is not None:
            rows, inside = bridge
            self._keep(*rows)
            return rows[-1].stop, index + inside
        first = index
        while index < len(segments) and nest.is_inside(edge, segments[index : index + 2]):
            index += 1
        stop = segments[index].offset if index < len(segments) else self._nbytes
        doubtful = [
            (start, length)
            for one in segments[first:index]
            for start, length in zip(one.starts[one.sound].tolist(), one.lengths[one.sound].tolist(), strict=True)
        ]
        self._gaps.append(Gap(edge, stop - edge, self._count, doubtful, error_at(self._file, edge)))
        return stop, index

    def _bridge(self, edge: int, rest: list[Segment], nest: nesting.Nest) -> tuple[list[Segment], int] | None:
        """Find a record without its header that ends where a segment begins, or at the end of the file.

        It begins at the edge; or, where a header with the right checksum stands there, behind the record of that
        header, whose data is damaged then.

        Returns:
            The one or two records, and the number of segments that lie inside; None where there is none.
        """
        length = self._header_at(edge)
        begin = edge if length is None else edge + OVERHEAD_NBYTES + length
        ends = [one.offset for one in rest]
        if len(rest) < BRIDGED_SEGMENTS:
            ends.append(self._nbytes)
        for inside, end in enumerate(ends):
            if begin + OVERHEAD_NBYTES > end or not self._is_sound(begin, end - begin - OVERHEAD_NBYTES):
                continue
            record = _one(begin, end, sound=True, headless=True)
            if inside or not rest or not nest.is_inside(begin, [_joined(record, rest[0]), *rest[1:]]):
                rows = [] if length is None else [_one(edge, begin, sound=False, headless=False)]
                return [*rows, record], inside
        return None

    def _segments(self, offset: int) -> list[Segment]:
        segments = []
        while offset < self._nbytes:
            segment = self._follow(offset)
            if len(segment.starts):
                segments.append(segment)
            offset = segment.stop if segment.stop == self._nbytes else self._next(segment.stop)
        return segments

    def _follow(self, offset: int) -> Segment:
        """Go from record to record as far as headers lead."""
        begin, runs, sound = offset, [], []
        while offset < self._nbytes:
            run = framing.walk(self._file.view, offset, max_records=RUN_RECORDS, max_nbytes=RUN_NBYTES)
            if not len(run.offsets):
                break
            runs.append(run)
            sound.append(self._soundness(run))
            offset = run.next
        if not runs:
            return Segment(begin, begin, NONE, NONE, NO_FLAGS, NO_FLAGS)
        starts = np.concatenate([run.offsets for run in runs]) + HEADER.size
        lengths, flags = np.concatenate([run.lengths for run in runs]), np.concatenate(sound)
        if not flags[-1] and offset < self._nbytes and self._header_at(offset) is None:
            offset = int(starts[-1]) - HEADER.size  # bytes were lost or added in it: nobody knows where it ends
            starts, lengths, flags = starts[:-1], lengths[:-1], flags[:-1]
        return Segment(begin, offset, starts, lengths, flags, np.zeros_like(flags))

    def _soundness(self, run: framing.Run) -> npt.NDArray[np.bool_]:
        if self._file.is_sound(run):
            return np.ones(len(run.offsets), np.bool_)
        starts, crcs = run.offsets + HEADER.size, self._file.stored_crcs(run).tolist()
        spans = zip(starts.tolist(), (starts + run.lengths).tolist(), crcs, strict=True)
        return np.array([crc32c_of_array(self._array[start:stop]) == crc for start, stop, crc in spans])

    def _next(self, edge: int) -> int:
        """Return where the next record begins, or the end of the file."""
        for offset, length in headers.search(self._array, edge + 1):
            after = offset + OVERHEAD_NBYTES + length
            if self._is_sound(offset, length) or after == self._nbytes or self._header_at(after) is not None:
                return offset
        return self._nbytes

    def _header_at(self, offset: int) -> int | None:
        """Return the length that a header announces; None where its checksum does not hold."""
        try:
            return framing.read_length(self._file.view[offset : offset + HEADER.size])
        except Error:
            return None

    def _is_sound(self, offset: int, length: int) -> bool:
        start = offset + HEADER.size
        stored: int = FOOTER.unpack_from(self._file.view, start + length)[0]
        return self._crcs.crc(start, start + length) == unmask(stored)


def error_at(file: MappedFile, offset: int) -> Error:
    """Return what is wrong with a record, or with whatever is at an offset."""
    try:
        framing.unframe(file.view, offset)
    except Error as exc:
        return exc.at(offset=offset)
    return FormatError("no record begins here", offset=offset)


def _one(offset: int, stop: int, *, sound: bool, headless: bool) -> Segment:
    start = np.array([offset + HEADER.size], np.int64)
    length = np.array([stop - offset - OVERHEAD_NBYTES], np.int64)
    return Segment(offset, stop, start, length, np.array([sound]), np.array([headless]))


def _joined(one: Segment, other: Segment) -> Segment:
    columns = [np.concatenate(pair) for pair in zip(one[2:], other[2:], strict=True)]
    return Segment(one.offset, other.stop, *columns)
