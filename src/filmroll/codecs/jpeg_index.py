"""Where the restart markers of a JPEG are, written down in it.

    APP9 ff e9 | length | "restarts" 00 | bytes of each interval and the marker behind it, uint16 each

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
# The markers that come behind intervals, in their order.
BEHIND = np.resize(np.frombuffer(b"".join(bytes((END[0], RST0 + number)) for number in range(RESTARTS)), PAIR), MOST)


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
    sizes = [nbytes + MARKER_NBYTES for nbytes in intervals]
    length = LENGTH.size + len(INDEX) + NBYTES.itemsize * len(sizes)
    if length > MOST or max(sizes) > MOST:
        return encoded
    frame = scan.size_offset - SIZE_OFFSET
    behind = frame + LENGTH.unpack_from(encoded, frame)[0]
    segment = jpeg.SEGMENT.pack(0xFF, APP9, length) + INDEX + struct.pack(f">{len(sizes)}H", *sizes)
    return encoded[:behind] + segment + encoded[behind:]


def nbytes(encoded: Buffer, scan: Scan) -> int:
    """Count the bytes of the index; 0 where there is none."""
    return MARKER_NBYTES + LENGTH.unpack_from(encoded, scan.index_offset + MARKER_NBYTES)[0] if scan.index_offset else 0


def without(encoded: Buffer, scan: Scan) -> bytes:
    """Return the header of a JPEG, up to its data, without the index."""
    if not scan.index_offset:
        return bytes(encoded[: scan.offset])
    return b"".join((encoded[: scan.index_offset], encoded[scan.index_offset + nbytes(encoded, scan) : scan.offset]))


def gather(encoded: Buffer, scan: Scan, grid: Grid, *, header: Buffer) -> bytearray | None:
    """Put intervals together, their markers counted from 0 again, a header before the first, EOI behind the last.

    Args:
        encoded: One whole JPEG file.
        scan: What `jpeg_scan.read_scan` says of it; with an index.
        grid: Which intervals.
        header: What to begin with.

    Returns:
        A whole JPEG file; None where the markers are not where the index says.
    """
    start, count = scan.index_offset + jpeg.SEGMENT.size + len(INDEX), scan.markers + 1
    across, wide = grid.across, grid.right - grid.left
    first, last = grid.top * across + grid.left, (grid.bottom - 1) * across + grid.right
    if last > count or start + NBYTES.itemsize * count != scan.index_offset + nbytes(encoded, scan):
        return None
    ends = np.zeros(last + 1, np.int64)  # of the intervals before each, in the data
    ends[1:] = np.ndarray(last, NBYTES, encoded, start)
    np.add.accumulate(ends, out=ends)
    if not _are_markers(encoded, scan, ends, first=first, is_whole=last == count):
        return None
    data = memoryview(encoded)[scan.offset :]
    rows = zip(ends[first:last:across].tolist(), ends[first + wide :: across].tolist(), strict=True)
    part = bytearray().join([header, *[data[begin:end] for begin, end in rows]])
    shape, strides = (grid.bottom - grid.top, wide), (NBYTES.itemsize * across, NBYTES.itemsize)
    kept = np.ndarray(shape, NBYTES, encoded, start + NBYTES.itemsize * first, strides)
    _pairs(part, len(header))[kept.astype(np.int64).cumsum()] = BEHIND[: kept.size]
    part[-1] = END[-1]
    return part


def _are_markers(encoded: Buffer, scan: Scan, ends: Int64Array, *, first: int, is_whole: bool) -> bool:
    """Tell whether the right markers are behind the intervals from the one before the first on.

    Behind the last of all there is EOI, or no scan would have been read.
    """
    nbytes, stop = len(encoded) - scan.offset, len(ends) - is_whole
    if ends[-1] > nbytes or is_whole != (ends[-1] == nbytes):
        return False
    begin = max(first, 1)
    found: bytes = _pairs(encoded, scan.offset)[ends[begin:stop]].tobytes()
    return found == BEHIND[begin - 1 : stop - 1].tobytes()


def _pairs(data: Buffer, start: int) -> UInt16Array:
    """Return the two bytes before each place from one place on as one number."""
    return np.ndarray(len(data) - start + 1, PAIR, data, start - PAIR.itemsize, strides=(1,))
