"""Some rows of a JPEG, decoded without the rest, and with less detail where that is enough.

A baseline JPEG holds its rows of blocks from top to bottom. One with restart markers is cut where they are; of any
other, given a copy whose frame header announces fewer rows, a decoder ends there, and the rows below cost nothing.
The pixels are the same: a row more than asked for is decoded on either side, since smooth chroma upsampling looks
at the next one.

Source: ITU-T T.81 A.2 (order of the blocks), B.2.2 (frame header).
"""

from typing import Literal

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from filmroll.buffer import Buffer
from filmroll.codecs import jpeg, jpeg_restarts
from filmroll.codecs.header import MAX_PIXELS
from filmroll.codecs.jpeg_restarts import Part, Scan

UInt8Array = NDArray[np.uint8]

WORTH = 16  # to cut costs about as much as to decode a sixteenth of the rows


def decode(
    encoded: Buffer, *, top: int, bottom: int, eighths: int = 8, channels: Literal[1, 3] = 3
) -> tuple[UInt8Array, int]:
    """Decode some rows of a JPEG, and as few others as the file allows.

    Args:
        encoded: One whole JPEG file.
        top, bottom: The rows needed, in pixels of the whole picture, the last excluded; inside the picture.
        eighths: 8 for all detail; 4, 2 or 1 for an image of a half, a quarter, an eighth of each side, rounded up.
        channels: 1 (the luma that the file holds) or 3 (RGB).

    Returns:
        uint8 array (rows, width, channels), C-contiguous, that holds the rows asked for at least, and which row of
        the whole picture, made smaller by `eighths`, its first one is. Every row in it is the whole picture's.

    Raises:
        DecodeError: The bytes are not a decodable JPEG. Damage in other rows is not noticed.
        LimitError: The header announces more pixels than `jpeg.decode` accepts.
    """
    scan = jpeg_restarts.read_scan(encoded)
    if scan is None or not _is_sensible(scan, encoded):
        return _whole(encoded, eighths, channels), 0
    margin = 8 // eighths if scan.is_mixed else 0
    top, bottom = max(top - margin, 0), min(bottom + margin, scan.height)
    is_worth_it = top >= max(scan.mcu_height, scan.height // WORTH)
    part = jpeg_restarts.cut(encoded, scan, top=top, bottom=bottom) if is_worth_it else None
    part = part or _upper(encoded, scan, bottom=bottom)
    if eighths == 8 and part.encoded is encoded:
        return jpeg.decode(encoded, channels=channels), 0
    image = _pixels(part, scan, eighths, channels)
    if image is None:
        return _whole(encoded, eighths, channels), 0
    return _inner(image, part, scan, eighths)


def _is_sensible(scan: Scan, encoded: Buffer) -> bool:
    """Tell whether `jpeg.decode` would accept the size, and whether eighths of the width all differ."""
    most = min(MAX_PIXELS, len(encoded) * jpeg.MAX_PIXELS_PER_BYTE)
    return scan.height * scan.width <= most and scan.width >= jpeg_restarts.BLOCK


def _upper(encoded: Buffer, scan: Scan, *, bottom: int) -> Part:
    """Let a JPEG end early: whole rows of MCUs, down to the last one needed."""
    height = min(-(-bottom // scan.mcu_height) * scan.mcu_height, scan.height)
    return Part(jpeg_restarts.with_height(encoded, scan, height) if height < scan.height else encoded, 0, height)


def _pixels(part: Part, scan: Scan, eighths: int, channels: Literal[1, 3]) -> UInt8Array | None:
    least = {"min_height": -(-(part.bottom - part.top) * eighths // 8), "min_width": -(-scan.width * eighths // 8)}
    colorspace = "GRAY" if channels == 1 else "RGB"
    try:  # not strictly: rows that were left out may be bytes too many, of which libjpeg warns
        image: UInt8Array = simplejpeg.decode_jpeg(
            part.encoded, colorspace, strict=False, **(least if eighths < 8 else {})
        )
    except (ValueError, MemoryError):
        return None
    return image


def _inner(image: UInt8Array, part: Part, scan: Scan, eighths: int) -> tuple[UInt8Array, int]:
    """Leave out the rows at a cut where upsampling missed the next row."""
    above = int(scan.is_mixed and part.top > 0)
    below = int(scan.is_mixed and part.bottom < scan.height)
    return image[above : len(image) - below], part.top * eighths // 8 + above


def _whole(encoded: Buffer, eighths: int, channels: Literal[1, 3]) -> UInt8Array:
    """Decode everything, and leave out detail by averaging blocks as the decoder would."""
    image = jpeg.decode(encoded, channels=channels)
    step = 8 // eighths
    if step == 1:
        return image
    height, width = (-(-side // step) * step for side in image.shape[:2])
    padded = np.pad(image, ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)), mode="edge")
    blocks = padded.reshape(height // step, step, width // step, step, channels).astype(np.uint32)
    averages: UInt8Array = ((blocks.sum(axis=(1, 3)) + step * step // 2) // (step * step)).astype(np.uint8)
    return averages
