"""Where the restart markers of a JPEG are, written down in it.

    APP9 ff e9 | length | "restarts" 00 | bytes from each marker to the next, itself left out, uint16 each

A part can then be cut out without looking at the bytes around it. That costs two bytes a marker, as many as the marker
itself. Decoders pass over the segment. Where it does not fit the markers it is not followed.

Source: ITU-T T.81 B.2.4.6 (application data).
"""

import struct
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from filmroll.buffer import Buffer
from filmroll.codecs import jpeg
from filmroll.codecs.jpeg_scan import APP9, END, INDEX, LENGTH, MARKER_NBYTES, RESTARTS, RST0, SIZE_OFFSET, Scan

UInt16Array = NDArray[np.uint16]
Int64Array = NDArray[np.int64]

NBYTES = np.dtype(">u2")
MOST = 0xFFFF  # bytes of a segment, and of an interval
PAIR = np.dtype(np.uint16)  # the two bytes of a marker
# The markers that come behind intervals, in their order, and those before them.
BEHIND = np.resize(np.frombuffer(b"".join(bytes((END[0], RST0 + number)) for number in range(RESTARTS)), PAIR), MOST)
BEFORE = np.roll(BEHIND, 1)
MARKERS_NBYTES = np.arange(1, MOST) * MARKER_NBYTES  # of as many markers as there are up to one


class Grid(NamedTuple):
    """Which intervals between restart markers make up a part; bottom and right are excluded.

    Attributes:
        top, bottom: Rows of intervals.
        left, right: Intervals in each row.
        across: Intervals in a whole row.
    """

    top: int
    left: int
    bottom: int
    right: int
    across: int


def add(encoded: bytes, scan: Scan, intervals: list[int]) -> bytes:
    """Write the index into a JPEG, behind its frame header; it is returned as it is where that has too many markers.

    Args:
        encoded: One whole JPEG file.
        scan: What `jpeg_scan.read_scan` says of it.
        intervals: Bytes of each interval.
    """
    length = LENGTH.size + len(INDEX) + NBYTES.itemsize * len(intervals)
    if length > MOST or max(intervals) > MOST:
        return encoded
    frame = scan.size_offset - SIZE_OFFSET
    behind = frame + LENGTH.unpack_from(encoded, frame)[0]
    segment = jpeg.SEGMENT.pack(0xFF, APP9, length) + INDEX + struct.pack(f">{len(intervals)}H", *intervals)
    return encoded[:behind] + segment + encoded[behind:]


def nbytes(encoded: Buffer, scan: Scan) -> int:
    """Count the bytes of the index; 0 where there is none."""
    return MARKER_NBYTES + LENGTH.unpack_from(encoded, scan.index_offset + MARKER_NBYTES)[0] if scan.index_offset else 0


def without(encoded: Buffer, scan: Scan) -> bytes:
    """Return the header of a JPEG, up to its data, without the index."""
    if not scan.index_offset:
        return bytes(encoded[: scan.offset])
    return b"".join((encoded[: scan.index_offset], encoded[scan.index_offset + nbytes(encoded, scan) : scan.offset]))


def gather(encoded: Buffer, scan: Scan, grid: Grid) -> bytearray | None:
    """Put intervals together, their markers counted from 0 again, and EOI behind the last.

    Args:
        encoded: One whole JPEG file.
        scan: What `jpeg_scan.read_scan` says of it; with an index.
        grid: Which intervals.

    Returns:
        Entropy-coded data; None where the markers are not where the index says.
    """
    count = grid.bottom * grid.across
    start = scan.index_offset + jpeg.SEGMENT.size + len(INDEX)
    if start + NBYTES.itemsize * (scan.markers + 1) != scan.index_offset + nbytes(encoded, scan):
        return None
    lengths = np.frombuffer(encoded, NBYTES, min(count, scan.markers + 1), start).astype(np.int64)
    if len(lengths) < count:
        return None
    ends = np.add.accumulate(lengths)
    ends += MARKERS_NBYTES[:count]
    stops = _part(ends, grid) + scan.offset
    lasts = stops[:, -1]
    starts = stops[:, 0] - MARKER_NBYTES - _part(lengths, grid)[:, 0]
    if not _are_markers(encoded, starts, stops, grid):
        return None
    data = bytearray().join([encoded[a:b] for a, b in zip(starts.tolist(), lasts.tolist(), strict=True)])
    moved = np.add.accumulate(lasts - starts) - lasts - MARKER_NBYTES
    _pairs(data)[stops + moved[:, np.newaxis]] = BEHIND[: stops.size].reshape(stops.shape)
    data[-1] = END[-1]
    return data


def _are_markers(encoded: Buffer, starts: Int64Array, stops: Int64Array, grid: Grid) -> bool:
    """Tell whether the right markers are where rows of intervals start, and where intervals stop."""
    if stops[-1, -1] > len(encoded):
        return False
    pairs, rows = _pairs(encoded), slice(grid.top * grid.across, grid.bottom * grid.across)
    wanted = BEHIND[rows].reshape(-1, grid.across)[:, grid.left : grid.right]
    found = pairs[stops - MARKER_NBYTES]
    if stops[-1, -1] == len(encoded):  # EOI is there, or no scan would have been read
        found[-1, -1] = wanted[-1, -1]
    if not (found == wanted).all():
        return False
    wanted, found = BEFORE[rows][grid.left :: grid.across], pairs[starts - MARKER_NBYTES]
    is_first = grid.top == grid.left == 0  # there is none before the first
    return bool((found[is_first:] == wanted[is_first:]).all())


def _part(intervals: Int64Array, grid: Grid) -> Int64Array:
    return intervals.reshape(-1, grid.across)[grid.top : grid.bottom, grid.left : grid.right]


def _pairs(data: Buffer) -> UInt16Array:
    """Return any two bytes beside each other as one number."""
    return np.ndarray(len(data) - 1, PAIR, data, strides=(1,))
