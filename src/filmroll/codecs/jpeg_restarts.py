"""A part of a JPEG as a smaller JPEG, cut out at its restart markers.

    header | interval 0 | RST0 ff d0 | interval 1 | RST1 ff d1 | ... | RST7 | interval 8 | RST0 | ... | EOI ff d9
    DRI ff dd | length 4, uint16 | MCUs in an interval, uint16

A decoder starts anew after each restart marker: nothing before it is needed. Where an interval begins a row of
blocks, the header with another height, the intervals of some rows, their markers counted from 0 again, and EOI are a
whole JPEG of these rows; where several intervals make up a row, some of each row are one of these columns. Zeros are
stuffed after every ff byte of the data itself, so what looks like a marker is one. There is no index: finding the
markers takes about a microsecond a kilobyte, a tenth of what decoding takes. Files with markers are decoded some 6 %
slower, since libjpeg-turbo leaves its fast Huffman decoder aside (its issue 910): the cut pays where it saves more.

Source: ITU-T T.81 A.2 (order of the blocks), B.1.1.5 (stuffing), B.2.2 (frame), B.2.4.4 (DRI), E.1.4 (restarts).
"""

import math
import re
import struct
from itertools import chain, cycle
from typing import NamedTuple

from filmroll.buffer import Buffer
from filmroll.codecs import jpeg

LENGTH = struct.Struct(">H")  # of a segment, itself included
INTERVAL_NBYTES = LENGTH.size + 2
FRAME_NBYTES = LENGTH.size + jpeg.FRAME.size
SIZE_OFFSET = LENGTH.size + 1
SIZE = struct.Struct(">HH")
BLOCK = 8
SEQUENTIAL = (0xC0, 0xC1)  # baseline and extended, Huffman-coded: blocks come once, from top to bottom
DRI, RST0, RESTARTS = 0xDD, 0xD0, 8
NUMBERS = bytes(range(RST0, RST0 + RESTARTS))
MARKERS = [bytes((0xFF, number)) for number in NUMBERS]
MARKER = re.compile(rb"\xff([\xd0-\xd7])")  # holds the interpreter for less time than NumPy's many steps take
MARKER_NBYTES = 2
END = b"\xff\xd9"


class Area(NamedTuple):
    """A rectangle of pixels; bottom and right are excluded."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def pixels(self) -> int:
        """How many there are in it."""
        return (self.bottom - self.top) * (self.right - self.left)


class Scan(NamedTuple):
    """The one scan of a sequential JPEG, and what its header says of it.

    Attributes:
        size_offset: Where the frame header announces height and width, uint16 each.
        offset: Where the entropy-coded data begins; it ends before the last two bytes, EOI.
        height, width: Of the picture, in pixels.
        mcu_height, mcu_width: Pixels that are coded together: the smallest part of a picture.
        is_mixed_down, is_mixed_across: Whether some components have fewer rows, or columns, than others.
        interval: MCUs from one restart marker to the next; 0 where there are no markers.
    """

    size_offset: int
    offset: int
    height: int
    width: int
    mcu_height: int
    mcu_width: int
    is_mixed_down: bool
    is_mixed_across: bool
    interval: int

    @property
    def mcus_across(self) -> int:
        """MCUs in a row."""
        return -(-self.width // self.mcu_width)

    @property
    def markers(self) -> int:
        """Restart markers that there should be."""
        mcus = self.mcus_across * -(-self.height // self.mcu_height)
        return -(-mcus // self.interval) - 1 if self.interval else 0


class Part(NamedTuple):
    """A JPEG of a part of another.

    Attributes:
        encoded: A whole JPEG file.
        area: Its place in the other.
    """

    encoded: Buffer
    area: Area


def read_scan(encoded: Buffer) -> Scan | None:
    """Read where the rows of a JPEG are; None where its blocks do not come once, in order, in one scan.

    Args:
        encoded: One whole JPEG file. What it holds beyond the scan's header is not looked at, but for EOI at the end.
    """
    if bytes(encoded[-len(END) :]) != END:
        return None
    frame: tuple[int, int, int, bytes] | None = None
    interval, position = 0, 2
    while (found := jpeg.next_marker(encoded, position)) is not None:
        marker, position = found
        if position + FRAME_NBYTES > len(encoded):
            return None
        nbytes = LENGTH.unpack_from(encoded, position)[0]
        if marker == jpeg.SOS:
            offset = position + nbytes
            if frame is None or encoded[position + LENGTH.size] != len(frame[-1]) or offset + len(END) > len(encoded):
                return None
            return _scan(*frame, offset=offset, interval=interval)
        if marker in jpeg.FRAME_MARKERS:
            if marker not in SEQUENTIAL or frame is not None:
                return None
            _, height, width, components = jpeg.FRAME.unpack_from(encoded, position + LENGTH.size)
            factors = bytes(encoded[position + FRAME_NBYTES + 1 : position + FRAME_NBYTES + 3 * components : 3])
            frame = position + SIZE_OFFSET, height, width, factors
        elif marker == DRI and nbytes == INTERVAL_NBYTES:
            interval = LENGTH.unpack_from(encoded, position + LENGTH.size)[0]
        position += nbytes
    return None


def _scan(size_offset: int, height: int, width: int, factors: bytes, *, offset: int, interval: int) -> Scan | None:
    across, down = [factor >> 4 for factor in factors], [factor & 15 for factor in factors]
    if len(factors) not in (1, 3) or not (height and width and all(across) and all(down)):
        return None
    if len(factors) == 1:  # not interleaved: one block after the other, whatever the factors (A.2.2)
        across = down = [1]
    size = BLOCK * max(down), BLOCK * max(across)
    return Scan(size_offset, offset, height, width, *size, len(set(down)) > 1, len(set(across)) > 1, interval)


def is_seekable(encoded: Buffer) -> bool:
    """Tell whether each row of blocks of a JPEG can be cut out."""
    scan = read_scan(encoded)
    if scan is None or scan.height <= scan.mcu_height:
        return scan is not None
    second = reachable(scan, Area(scan.mcu_height, 0, scan.mcu_height + 1, scan.width))
    return second is not None and second.top == scan.mcu_height and _intervals(encoded, scan) is not None


def marker_nbytes(encoded: Buffer) -> int:
    """Count the bytes that a JPEG spends on restart markers and on their announcement."""
    scan = read_scan(encoded)
    if scan is None or not scan.interval:
        return 0
    return MARKER_NBYTES + INTERVAL_NBYTES + MARKER_NBYTES * scan.markers


def cut(encoded: Buffer, scan: Scan, area: Area) -> Part | None:
    """Cut out a part.

    The outermost rows and columns of the part may differ from the whole's where the scan is mixed: smooth chroma
    upsampling looks at the next ones, and there are none.

    Args:
        encoded: One whole JPEG file.
        scan: What `read_scan` says of it.
        area: What `reachable` says can be cut out.

    Returns:
        The part; None where not all restart markers are there.
    """
    intervals = _intervals(encoded, scan)
    if intervals is None:
        return None
    rows, across = _band(scan)
    band, step = rows * scan.mcu_height, scan.interval * scan.mcu_width
    begin, end = (area.left // step, -(-area.right // step)) if rows == 1 else (0, across)
    parts: list[bytes] = []
    for first in range(area.top // band * across, -(-area.bottom // band) * across, across):
        parts += intervals[first + begin : first + end]
    header = with_size(encoded[: scan.offset], scan, area.bottom - area.top, area.right - area.left)
    marked: list[Buffer] = [header, *chain.from_iterable(zip(parts, cycle(MARKERS), strict=False))]
    marked[-1] = END
    return Part(b"".join(marked), area)


def reachable(scan: Scan, needed: Area) -> Area | None:
    """Return the smallest part that can be cut out and holds what is needed; None if that is the whole picture.

    Args:
        scan: What `read_scan` says of the picture.
        needed: The pixels needed, inside it.
    """
    if not scan.interval:
        return None
    rows, _ = _band(scan)
    band, step = rows * scan.mcu_height, scan.interval * scan.mcu_width
    top, bottom = needed.top // band * band, min(-(-needed.bottom // band) * band, scan.height)
    left, right = needed.left // step * step, min(-(-needed.right // step) * step, scan.width)
    area = Area(top, left, bottom, right) if rows == 1 else Area(top, 0, bottom, scan.width)
    return None if area == (0, 0, scan.height, scan.width) else area


def _band(scan: Scan) -> tuple[int, int]:
    """Return how many rows of MCUs there are until an interval begins a row again, and how many intervals in these.

    Those of a single row lie side by side.
    """
    rows = scan.interval // math.gcd(scan.interval, scan.mcus_across)
    return rows, rows * scan.mcus_across // scan.interval


def _intervals(encoded: Buffer, scan: Scan) -> list[bytes] | None:
    """Split the data at its restart markers; None where they are not as many, or not numbered, as they should be."""
    split = MARKER.split(memoryview(encoded)[scan.offset : -len(END)])
    numbers = b"".join(split[1::2])
    return split[::2] if numbers == (NUMBERS * (scan.markers // RESTARTS + 1))[: scan.markers] else None


def with_size(encoded: Buffer, scan: Scan, height: int, width: int) -> bytearray:
    """Return a copy of a JPEG, or of its header, that announces another size."""
    copy = bytearray(encoded)
    copy[scan.size_offset : scan.size_offset + SIZE.size] = SIZE.pack(height, width)
    return copy
