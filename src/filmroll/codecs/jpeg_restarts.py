"""Some rows of a JPEG as a smaller JPEG, cut out at its restart markers.

    header | interval 0 | RST0 ff d0 | interval 1 | RST1 ff d1 | ... | RST7 | interval 8 | RST0 | ... | EOI ff d9
    DRI ff dd | length 4, uint16 | MCUs in an interval, uint16

A decoder starts anew after each restart marker: nothing before it is needed. Where an interval begins a row of
blocks, the header with another height, the intervals of some rows, their markers counted from 0 again, and EOI are a
whole JPEG of these rows. Zeros are stuffed after every ff byte of the data itself, so what looks like a marker is
one. There is no index: finding the markers takes about a microsecond a kilobyte, a thirtieth of what decoding takes.
Files with markers are decoded some 6 % slower for each row, since libjpeg-turbo leaves its fast Huffman decoder aside
(its issue 910): the cut pays where many rows above a crop are saved.

Source: ITU-T T.81 A.2 (order of the blocks), B.1.1.5 (stuffing), B.2.2 (frame), B.2.4.4 (DRI), E.1.4 (restarts).
"""

import math
import re
import struct
from typing import NamedTuple

from filmroll.buffer import Buffer
from filmroll.codecs import jpeg

LENGTH = struct.Struct(">H")  # of a segment, itself included
INTERVAL_NBYTES = LENGTH.size + 2
FRAME_NBYTES = LENGTH.size + jpeg.FRAME.size
HEIGHT_OFFSET = LENGTH.size + 1
BLOCK = 8
SEQUENTIAL = (0xC0, 0xC1)  # baseline and extended, Huffman-coded: blocks come once, from top to bottom
DRI, RST0, RESTARTS = 0xDD, 0xD0, 8
NUMBERS = bytes(range(RST0, RST0 + RESTARTS))
MARKER = re.compile(rb"\xff[\xd0-\xd7]")  # needs no arrays as long as the data: of all that were tried the fastest
MARKER_NBYTES = 2
END = b"\xff\xd9"


class Scan(NamedTuple):
    """The one scan of a sequential JPEG, and what its header says of it.

    Attributes:
        height_offset: Where the frame header announces the height, uint16.
        offset: Where the entropy-coded data begins; it ends before the last two bytes, EOI.
        height, width: Of the picture, in pixels.
        mcu_height, mcu_width: Pixels that are coded together: the smallest part of a picture.
        is_mixed: Whether some components have fewer rows than others.
        interval: MCUs from one restart marker to the next; 0 where there are no markers.
    """

    height_offset: int
    offset: int
    height: int
    width: int
    mcu_height: int
    mcu_width: int
    is_mixed: bool
    interval: int


class Part(NamedTuple):
    """A JPEG of some rows of another.

    Attributes:
        encoded: A whole JPEG file.
        top, bottom: Its rows in the other, the last excluded.
    """

    encoded: Buffer
    top: int
    bottom: int


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
            frame = position + HEIGHT_OFFSET, height, width, factors
        elif marker == DRI and nbytes == INTERVAL_NBYTES:
            interval = LENGTH.unpack_from(encoded, position + LENGTH.size)[0]
        position += nbytes
    return None


def _scan(height_offset: int, height: int, width: int, factors: bytes, *, offset: int, interval: int) -> Scan | None:
    across, down = [factor >> 4 for factor in factors], [factor & 15 for factor in factors]
    if len(factors) not in (1, 3) or not (height and width and all(across) and all(down)):
        return None
    if len(factors) == 1:  # not interleaved: one block after the other, whatever the factors (A.2.2)
        across = down = [1]
    size = BLOCK * max(down), BLOCK * max(across)
    return Scan(height_offset, offset, height, width, *size, is_mixed=len(set(down)) > 1, interval=interval)


def is_seekable(encoded: Buffer) -> bool:
    """Tell whether each row of blocks of a JPEG can be cut out."""
    scan = read_scan(encoded)
    if scan is None or scan.height <= scan.mcu_height:
        return scan is not None
    second = cut(encoded, scan, top=scan.mcu_height, bottom=scan.mcu_height + 1)
    return second is not None and second.top == scan.mcu_height


def marker_nbytes(encoded: Buffer) -> int:
    """Count the bytes that a JPEG spends on restart markers and on their announcement."""
    scan = read_scan(encoded)
    if scan is None or not scan.interval:
        return 0
    return MARKER_NBYTES + INTERVAL_NBYTES + MARKER_NBYTES * _marker_count(scan)


def cut(encoded: Buffer, scan: Scan, *, top: int, bottom: int) -> Part | None:
    """Cut out the rows that are needed and as few others as possible.

    The outermost rows of the part may differ from the whole's where `scan.is_mixed`: smooth chroma upsampling looks
    at the next row, and there is none.

    Args:
        encoded: One whole JPEG file.
        scan: What `read_scan` says of it.
        top, bottom: The rows needed, in pixels of the whole picture, the last excluded.

    Returns:
        The part; None where there are no restart markers, or not all of them, or none at the beginning of a row.
    """
    if not scan.interval:
        return None
    across = -(-scan.width // scan.mcu_width)
    rows = scan.interval // math.gcd(scan.interval, across)  # rows of MCUs until an interval begins a row again
    intervals = rows * across // scan.interval
    unit = rows * scan.mcu_height
    if unit >= scan.height:
        return None
    markers = _markers(encoded, scan, count=_marker_count(scan))
    if markers is None:
        return None
    first, last = top // unit * intervals, min(-(-bottom // unit) * intervals, len(markers) + 1)
    begin = markers[first - 1] + MARKER_NBYTES if first else scan.offset
    end = markers[last - 1] if last <= len(markers) else len(encoded) - len(END)
    top, bottom = top // unit * unit, min(-(-bottom // unit) * unit, scan.height)
    part = with_height(encoded[: scan.offset], scan, bottom - top)
    part += encoded[begin:end]
    part += END
    for number, marker in enumerate(markers[first : last - 1]):
        part[marker - begin + scan.offset + 1] = RST0 + number % RESTARTS
    return Part(part, top, bottom)


def _marker_count(scan: Scan) -> int:
    across, down = -(-scan.width // scan.mcu_width), -(-scan.height // scan.mcu_height)
    return -(-across * down // scan.interval) - 1


def _markers(encoded: Buffer, scan: Scan, *, count: int) -> list[int] | None:
    """Find the restart markers; None where they are not `count`, or not numbered as they should be."""
    markers = [found.start() for found in MARKER.finditer(encoded, scan.offset)]
    numbers = bytes(encoded[marker + 1] for marker in markers)
    return markers if len(markers) == count and numbers == (NUMBERS * (count // RESTARTS + 1))[:count] else None


def with_height(encoded: Buffer, scan: Scan, height: int) -> bytearray:
    """Return a copy of a JPEG, or of its header, that announces another height."""
    copy = bytearray(encoded)
    copy[scan.height_offset : scan.height_offset + LENGTH.size] = LENGTH.pack(height)
    return copy
