"""A part of a JPEG as a smaller JPEG, cut out at its restart markers.

    header | interval 0 | RST0 ff d0 | interval 1 | RST1 ff d1 | ... | RST7 | interval 8 | RST0 | ... | EOI ff d9

A decoder starts anew after each restart marker: nothing before it is needed. Where an interval begins a row of
blocks, the header with another height, the intervals of some rows, their markers counted from 0 again, and EOI are a
whole JPEG of these rows; where several intervals make up a row, some of each row are one of these columns. Zeros are
stuffed after every ff byte of the data itself, so what looks like a marker is one. Where no index says where markers
are, finding them takes about a microsecond a kilobyte, a tenth of what decoding takes. Files with markers are decoded
some 6 % slower, since libjpeg-turbo leaves its fast Huffman decoder aside (its issue 910): the cut pays where it saves
more.

Source: ITU-T T.81 A.2 (order of the blocks), B.1.1.5 (stuffing), B.2.4.4 (DRI), E.1.4 (restarts).
"""

import math
import re
from itertools import chain, cycle
from typing import NamedTuple

from filmroll.buffer import Buffer
from filmroll.codecs import jpeg_index
from filmroll.codecs.jpeg_index import Grid
from filmroll.codecs.jpeg_scan import (
    END,
    INTERVAL_NBYTES,
    MARKER_NBYTES,
    RESTARTS,
    RST0,
    Area,
    Scan,
    read_scan,
    with_size,
)

NUMBERS = bytes(range(RST0, RST0 + RESTARTS))
MARKERS = [bytes((0xFF, number)) for number in NUMBERS]
MARKER = re.compile(rb"\xff([\xd0-\xd7])")


class Part(NamedTuple):
    """A JPEG of a part of another.

    Attributes:
        encoded: A whole JPEG file.
        area: Its place in the other.
    """

    encoded: Buffer
    area: Area


def is_seekable(encoded: Buffer) -> bool:
    """Tell whether each row of blocks of a JPEG can be cut out."""
    scan = read_scan(encoded)
    if scan is None or scan.height <= scan.mcu_height:
        return scan is not None
    second = reachable(scan, Area(scan.mcu_height, 0, scan.mcu_height + 1, scan.width))
    return second is not None and second.top == scan.mcu_height and _intervals(encoded, scan) is not None


def marker_nbytes(encoded: Buffer) -> int:
    """Count the bytes that a JPEG spends on restart markers, on their announcement and on their index.

    Without markers it would be smaller still: the byte before each is filled up, and the first brightness behind it is
    written whole, no longer as a difference. Only encoding again tells how much: 2 bytes a marker in photos.
    """
    scan = read_scan(encoded)
    if scan is None or not scan.interval:
        return 0
    return MARKER_NBYTES + INTERVAL_NBYTES + MARKER_NBYTES * scan.markers + jpeg_index.nbytes(encoded, scan)


def indexed(encoded: bytes) -> bytes:
    """Write down in a JPEG where its restart markers are; it is returned as it is where that cannot be.

    Only markers that stand below each other, a whole number in each row of blocks, are.
    """
    scan = read_scan(encoded)
    if scan is None or not scan.interval or scan.index_offset or _band(scan)[0] > 1:
        return encoded
    intervals = _intervals(encoded, scan)
    return encoded if intervals is None else jpeg_index.add(encoded, scan, [len(one) for one in intervals])


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
    rows, across = _band(scan)
    band, step = rows * scan.mcu_height, scan.interval * scan.mcu_width
    left, right = (area.left // step, -(-area.right // step)) if rows == 1 else (0, across)
    grid = Grid(area.top // band, left, -(-area.bottom // band), right, across)
    header = with_size(jpeg_index.without(encoded, scan), scan, area.bottom - area.top, area.right - area.left)
    indexed = jpeg_index.gather(encoded, scan, grid, header=header) if scan.index_offset else None
    part = indexed or _gather(encoded, scan, grid, header=header)
    return None if part is None else Part(part, area)


def _gather(encoded: Buffer, scan: Scan, grid: Grid, *, header: Buffer) -> bytes | None:
    intervals = _intervals(encoded, scan)
    if intervals is None:
        return None
    parts: list[bytes] = []
    for first in range(grid.top * grid.across, grid.bottom * grid.across, grid.across):
        parts += intervals[first + grid.left : first + grid.right]
    marked = list(chain.from_iterable(zip(parts, cycle(MARKERS), strict=False)))
    marked[-1] = END
    return b"".join((header, *marked))


def reachable(scan: Scan, needed: Area) -> Area | None:
    """Return the smallest part that can be cut out and holds what is needed; None if that takes the whole picture.

    It begins where an interval does, and ends with what is needed, in the last MCU of its intervals.

    Args:
        scan: What `read_scan` says of the picture.
        needed: The pixels needed, inside it.
    """
    if not scan.interval:
        return None
    rows, _ = _band(scan)
    band, step = rows * scan.mcu_height, scan.interval * scan.mcu_width if rows == 1 else scan.width
    top, left = needed.top // band * band, needed.left // step * step
    bottom, right = min(-(-needed.bottom // band) * band, scan.height), min(-(-needed.right // step) * step, scan.width)
    if (top, left, bottom, right) == (0, 0, scan.height, scan.width):
        return None
    return Area(top, left, _least(needed.bottom, bottom, scan.mcu_height), _least(needed.right, right, scan.mcu_width))


def _least(needed: int, end: int, unit: int) -> int:
    """Return where to end at the earliest, so that MCUs up to `end` are there."""
    return max(needed, (end - 1) // unit * unit + 1)


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
