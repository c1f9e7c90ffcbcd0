"""What the header of a JPEG says of its one scan: where the rows of blocks are, and how they are coded together.

    SOF ff c0 | length | precision uint8, height, width uint16 | components
    DRI ff dd | length 4, uint16 | MCUs from one restart marker to the next, uint16
    SOS ff da | length | ... | the blocks, entropy-coded, MCU by MCU, from top to bottom | EOI ff d9

Source: ITU-T T.81 A.2 (order of the blocks), B.2.2 (frame), B.2.4.4 (DRI).
"""

import struct
from functools import lru_cache
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
DRI, APP9 = 0xDD, 0xE9
TABLES = frozenset({0xC4, 0xDB})  # DHT and DQT, which most segments are
RST0, RESTARTS = 0xD0, 8  # restart markers are numbered so, again and again
INDEX = b"restarts\0"  # begins the segment of `jpeg_index`
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
        index_offset: Where the segment begins that says where the markers are, see `jpeg_index`; 0 where there is none.
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
    index_offset: int

    @property
    def mcus_across(self) -> int:
        """MCUs in a row."""
        return -(-self.width // self.mcu_width)

    @property
    def markers(self) -> int:
        """Restart markers that there should be."""
        mcus = self.mcus_across * -(-self.height // self.mcu_height)
        return -(-mcus // self.interval) - 1 if self.interval else 0


def read_scan(encoded: Buffer) -> Scan | None:
    """Read where the rows of a JPEG are; None where its blocks do not come once, in order, in one scan.

    Args:
        encoded: One whole JPEG file. What it holds beyond the scan's header is not looked at, but for EOI at the end.
    """
    if bytes(encoded[-len(END) :]) != END:
        return None
    frame: tuple[int, int, int, bytes] | None = None
    interval, index, position = 0, 0, 2
    last = len(encoded) - MARKER_NBYTES - FRAME_NBYTES
    while position <= last:
        fill, marker, nbytes = jpeg.SEGMENT.unpack_from(encoded, position)
        if fill != 0xFF or not 0 < marker < 0xFF:
            position = _next(encoded, position)
            continue
        position += MARKER_NBYTES
        if marker in TABLES:
            pass
        elif marker == jpeg.SOS:
            offset = position + nbytes
            if frame is None or encoded[position + LENGTH.size] != len(frame[-1]) or offset + len(END) > len(encoded):
                return None
            return _scan(*frame, offset=offset, interval=interval, index=index)
        elif marker in jpeg.FRAME_MARKERS:
            if marker not in SEQUENTIAL or frame is not None:
                return None
            _, height, width, components = jpeg.FRAME.unpack_from(encoded, position + LENGTH.size)
            factors = bytes(encoded[position + FRAME_NBYTES + 1 : position + FRAME_NBYTES + 3 * components : 3])
            frame = position + SIZE_OFFSET, height, width, factors
        elif marker == DRI and nbytes == INTERVAL_NBYTES:
            interval = LENGTH.unpack_from(encoded, position + LENGTH.size)[0]
        elif marker == APP9 and frame is not None:
            name = position + LENGTH.size
            index = position - MARKER_NBYTES if encoded[name : name + len(INDEX)] == INDEX else index
        position += nbytes
    return None


def _next(encoded: Buffer, position: int) -> int:
    """Return where the next marker begins, if there is one."""
    found = jpeg.next_marker(encoded, position)
    return len(encoded) if found is None else found[1] - MARKER_NBYTES


def _scan(
    size_offset: int, height: int, width: int, factors: bytes, *, offset: int, interval: int, index: int
) -> Scan | None:
    coded = _coded_together(factors)
    if coded is None or not (height and width):
        return None
    return Scan(size_offset, offset, height, width, *coded, interval, index)


@lru_cache(maxsize=64)  # nearly all JPEGs have one of four
def _coded_together(factors: bytes) -> tuple[int, int, bool, bool] | None:
    """Return what sampling factors say of MCUs: height, width, whether components differ in rows, and in columns."""
    across, down = [factor >> 4 for factor in factors], [factor & 15 for factor in factors]
    if len(factors) not in (1, 3) or not (all(across) and all(down)):
        return None
    if len(factors) == 1:  # not interleaved: one block after the other, whatever the factors (A.2.2)
        across = down = [1]
    return BLOCK * max(down), BLOCK * max(across), len(set(down)) > 1, len(set(across)) > 1


def with_size(encoded: Buffer, scan: Scan, height: int, width: int) -> bytearray:
    """Return a copy of a JPEG, or of its header, that announces another size."""
    copy = bytearray(encoded)
    copy[scan.size_offset : scan.size_offset + SIZE.size] = SIZE.pack(height, width)
    return copy
