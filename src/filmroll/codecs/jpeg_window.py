"""A window of a JPEG, decoded with as little of the rest as the file allows, and with less detail where that is enough.

A baseline JPEG holds its rows of blocks from top to bottom. One with restart markers is cut where they are; of any
other, given a copy whose frame header announces fewer rows, a decoder ends there, and the rows below cost nothing.
The pixels are the same: a row and a column more than asked for are decoded on either side, since smooth chroma
upsampling looks at the next one.

Source: ITU-T T.81 A.2 (order of the blocks), B.2.2 (frame header).
"""

from typing import Literal, NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from filmroll.buffer import Buffer
from filmroll.codecs import jpeg, jpeg_restarts, jpeg_scan
from filmroll.codecs.header import MAX_PIXELS
from filmroll.codecs.jpeg_restarts import Part
from filmroll.codecs.jpeg_scan import Area, Scan

UInt8Array = NDArray[np.uint8]

LEAST_WIDTH = 8  # columns of the result; libjpeg does not smooth chroma of one or two
WORTH = 16  # to cut costs about as much as to decode a sixteenth of the picture


def decode(
    encoded: Buffer,
    window: Area,
    *,
    eighths: int = 8,
    channels: Literal[1, 3] = 3,
    bgr: bool = False,
    dct: jpeg.Dct = "accurate",
) -> tuple[UInt8Array, int, int]:
    """Decode a window of a JPEG, and as little around it as the file allows.

    Args:
        encoded: One whole JPEG file.
        window: What is needed, in pixels of the whole picture; inside it.
        eighths: 8 for all detail; 4, 2 or 1 for an image of a half, a quarter, an eighth of each side, rounded up.
        channels: 1 (the luma that the file holds) or 3 (RGB).
        bgr: Give blue first.
        dct: As in `jpeg.decode`; of all detail alone.

    Returns:
        uint8 array (height, width, channels) that holds the window at least; and which row and column of the whole
        picture, made smaller by `eighths`, its first ones are. Every pixel in it is the whole picture's.

    Raises:
        DecodeError: The bytes are not a decodable JPEG. Damage outside the window is not noticed.
        LimitError: The header announces more pixels than `jpeg.decode` accepts.
    """
    return pixels(
        cut(encoded, jpeg_scan.read_scan(encoded), window, eighths=eighths), channels=channels, bgr=bgr, dct=dct
    )


class Cut(NamedTuple):
    """What a decoder is given for a window.

    Attributes:
        encoded: One whole JPEG file.
        scan: What `jpeg_scan.read_scan` says of it.
        part: What is decoded of it; None is the whole.
        eighths: Of each side, as for `decode`.
    """

    encoded: Buffer
    scan: Scan | None
    part: Part | None
    eighths: int


def cut(encoded: Buffer, scan: Scan | None, window: Area, *, eighths: int) -> Cut:
    """Cut out of a JPEG what `decode` needs of it; `jpeg_scan.read_scan` was asked before."""
    if scan is None or not _is_sensible(scan, encoded, window):
        return Cut(encoded, scan, None, eighths)
    return Cut(encoded, scan, _part(encoded, scan, _with_margin(window, scan, eighths)), eighths)


def pixels(
    cut: Cut, *, channels: Literal[1, 3], bgr: bool = False, dct: jpeg.Dct = "accurate"
) -> tuple[UInt8Array, int, int]:
    """Decode what was cut out; arguments and result are those of `decode`."""
    encoded, scan, part, eighths = cut
    if scan is not None and part is not None:
        colorspace = "GRAY" if channels == 1 else "BGR" if bgr else "RGB"
        image = _pixels(part, eighths, colorspace, dct=dct, strict=eighths == 8 and part.encoded is encoded)
        if image is not None:
            return _inner(image, part.area, scan, eighths)
    return _whole(encoded, eighths, channels, bgr=bgr, dct=dct), 0, 0


def _is_sensible(scan: Scan, encoded: Buffer, window: Area) -> bool:
    """Tell whether `jpeg.decode` would accept the size, eighths of the width all differ, and the window is inside."""
    most = min(MAX_PIXELS, len(encoded) * jpeg.MAX_PIXELS_PER_BYTE)
    is_inside = window.bottom <= scan.height and window.right <= scan.width
    return scan.height * scan.width <= most and scan.width >= jpeg_scan.BLOCK and is_inside


def _with_margin(window: Area, scan: Scan, eighths: int) -> Area:
    """Add what upsampling looks at: the next row and column, and so many columns that it is done in the same way."""
    step = 8 // eighths
    down, across = step * scan.is_mixed_down, step * scan.is_mixed_across
    right = min(max(window.right + across, LEAST_WIDTH * step), scan.width)
    left = min(window.left - across, right - LEAST_WIDTH * step)
    return Area(max(window.top - down, 0), max(left, 0), min(window.bottom + down, scan.height), right)


def _part(encoded: Buffer, scan: Scan, needed: Area) -> Part:
    """Cut out a part where that saves enough; else let the JPEG end after the last row that is needed."""
    height = needed.bottom
    area = jpeg_restarts.reachable(scan, needed)
    if area is not None and (height * scan.width - area.pixels) * WORTH >= scan.height * scan.width:
        part = jpeg_restarts.cut(encoded, scan, area)
        if part is not None:
            return part
    shorter = height < scan.height
    upper = jpeg_scan.with_size(encoded, scan, height, scan.width) if shorter else encoded
    return Part(upper, Area(0, 0, height, scan.width))


def _pixels(part: Part, eighths: int, colorspace: str, *, dct: jpeg.Dct, strict: bool) -> UInt8Array | None:
    """Decode a part; not strictly where rows were left out: they may be bytes too many, of which libjpeg warns."""
    height, width = part.area.bottom - part.area.top, part.area.right - part.area.left
    least = {"min_height": -(-height * eighths // 8), "min_width": -(-width * eighths // 8)} if eighths < 8 else {}
    try:
        image: UInt8Array = simplejpeg.decode_jpeg(
            part.encoded, colorspace, fastdct=dct == "fast", strict=strict, **least
        )
    except (ValueError, MemoryError):
        return None
    return image


def _inner(image: UInt8Array, area: Area, scan: Scan, eighths: int) -> tuple[UInt8Array, int, int]:
    """Leave out the rows and columns at a cut where upsampling missed the next ones."""
    above, below = area.top > 0 and scan.is_mixed_down, area.bottom < scan.height and scan.is_mixed_down
    before, behind = area.left > 0 and scan.is_mixed_across, area.right < scan.width and scan.is_mixed_across
    inner = image[above : image.shape[0] - below, before : image.shape[1] - behind]
    return inner, area.top * eighths // 8 + above, area.left * eighths // 8 + before


def _whole(encoded: Buffer, eighths: int, channels: Literal[1, 3], *, bgr: bool, dct: jpeg.Dct) -> UInt8Array:
    """Decode everything, and leave out detail by averaging blocks as the decoder would."""
    image = jpeg.decode(encoded, channels=channels, dct=dct if eighths == 8 else "accurate")
    image = np.ascontiguousarray(image[..., ::-1]) if bgr else image
    step = 8 // eighths
    if step == 1:
        return image
    height, width = (-(-side // step) * step for side in image.shape[:2])
    padded = np.pad(image, ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)), mode="edge")
    blocks = padded.reshape(height // step, step, width // step, step, channels).astype(np.uint32)
    averages: UInt8Array = ((blocks.sum(axis=(1, 3)) + step * step // 2) // (step * step)).astype(np.uint8)
    return averages
