"""The blocks of a GIF: where the screen, the palettes and the compressed images are.

    "GIF87a" or "GIF89a" | screen: width, height uint16 little-endian, flags, ... | global palette
    blocks: 21 extension (f9: disposal, delay, transparent index)
            2c image: left, top, width, height uint16, flags | local palette | LZW code size, data
            3b trailer
    data in sub-blocks: length uint8, bytes; the last has length 0

Source: CompuServe GIF89a specification.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from filmroll.errors import DecodeError, TruncatedError

SIGNATURE_NBYTES = 6
SCREEN = struct.Struct("<HHBBB")  # width, height, flags, background, aspect
IMAGE = struct.Struct("<HHHHB")  # left, top, width, height, flags
CONTROL = struct.Struct("<BBHB")  # nbytes 4, flags, delay in 1/100 s, transparent index
EXTENSION, SEPARATOR, TRAILER, CONTROL_LABEL = 0x21, 0x2C, 0x3B, 0xF9
HAS_PALETTE, INTERLACED, PALETTE_BITS = 0x80, 0x40, 0x07


@dataclass(frozen=True, slots=True)
class Frame:
    """One image of a GIF, still compressed.

    Attributes:
        left, top, width, height: Where it lies on the screen, in pixels.
        interlaced: Whether its rows come in four passes.
        palette: 3 bytes a colour.
        transparent: Index that leaves a pixel as it is, or None.
        disposal: What becomes of its pixels before the next: 1 keep, 2 clear, 3 as before.
        data: LZW code size and sub-blocks, with the empty one at the end.
    """

    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    palette: memoryview
    transparent: int | None
    disposal: int
    data: memoryview


def screen(view: memoryview) -> tuple[int, int, memoryview]:
    """Read height, width and global palette.

    Raises:
        TruncatedError: The bytes end before it.
        DecodeError: It announces no pixels.
    """
    if len(view) < SIGNATURE_NBYTES + SCREEN.size:
        raise TruncatedError("the bytes end inside the screen descriptor")
    width, height, flags, _, _ = SCREEN.unpack_from(view, SIGNATURE_NBYTES)
    if not width or not height:
        raise DecodeError(f"the screen descriptor announces {height} x {width} pixels")
    return height, width, _palette(view, SIGNATURE_NBYTES + SCREEN.size, flags)


def _palette(view: memoryview, position: int, flags: int) -> memoryview:
    nbytes = 3 * 2 ** ((flags & PALETTE_BITS) + 1) if flags & HAS_PALETTE else 0
    return view[position : position + nbytes]


def frames(view: memoryview) -> Iterator[Frame]:
    """Walk the blocks and yield the images, still compressed.

    Raises:
        TruncatedError: The bytes end before the trailer.
        DecodeError: There is an unknown block, or an image without pixels.
    """
    common = screen(view)[2]
    position = SIGNATURE_NBYTES + SCREEN.size + len(common)
    disposal, transparent = 0, None
    while (kind := _byte(view, position)) != TRAILER:
        if kind == EXTENSION:
            if _byte(view, position + 1) == CONTROL_LABEL and len(view) >= position + 2 + CONTROL.size:
                _, flags, _, index = CONTROL.unpack_from(view, position + 2)
                disposal, transparent = flags >> 2 & 7, index if flags & 1 else None
            position = _skip_sub_blocks(view, position + 2)
        elif kind == SEPARATOR:
            frame, position = _frame(view, position + 1, common, disposal, transparent)
            yield frame
            disposal, transparent = 0, None
        elif kind == 0:
            position += 1  # an empty sub-block too many, which writers leave and readers pass over
        else:
            raise DecodeError(f"unknown GIF block {kind:#04x} at byte {position}")


def _frame(
    view: memoryview, position: int, common: memoryview, disposal: int, transparent: int | None
) -> tuple[Frame, int]:
    if position + IMAGE.size > len(view):
        raise TruncatedError("the bytes end inside an image descriptor")
    left, top, width, height, flags = IMAGE.unpack_from(view, position)
    if not width or not height:
        raise DecodeError(f"a GIF frame of {height} x {width} pixels")
    palette = _palette(view, position + IMAGE.size, flags)
    start = position + IMAGE.size + len(palette)
    end = _skip_sub_blocks(view, start + 1)
    interlaced = bool(flags & INTERLACED)
    data = view[start:end]
    return Frame(left, top, width, height, interlaced, palette or common, transparent, disposal, data), end


def _byte(view: memoryview, position: int) -> int:
    if position >= len(view):
        raise TruncatedError(f"the bytes end at {len(view)}, before the trailer")
    return view[position]


def _skip_sub_blocks(view: memoryview, position: int) -> int:
    while nbytes := _byte(view, position):
        position += 1 + nbytes
    return position + 1
