"""The first rows of a JPEG, decoded without the rest, and with less detail where that is enough.

A baseline JPEG holds its rows of blocks from top to bottom. Given a copy whose frame header announces fewer rows,
a decoder ends there, in proportion sooner, and the pixels are the same: one more row of blocks than asked for is
decoded, since smooth chroma upsampling looks at the row below.

Source: ITU-T T.81 A.2 (order of the blocks), B.2.2 (frame header).
"""

import struct
from typing import Literal, NamedTuple

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from filmroll.buffer import Buffer
from filmroll.codecs import jpeg

HEAD = struct.Struct(">HBHHB")  # length; of a frame header also precision, height, width, components
HEIGHT_OFFSET = 2 + 1
BLOCK = 8
SEQUENTIAL = (0xC0, 0xC1)  # baseline and extended, Huffman-coded: blocks come once, from top to bottom
END = b"\xff\xd9"


class _Frame(NamedTuple):
    """Where the height is announced, and how many rows come at a time."""

    offset: int
    height: int
    width: int
    step: int
    components: int


def decode(encoded: Buffer, *, rows: int, eighths: int = 8, channels: Literal[1, 3] = 3) -> NDArray[np.uint8]:
    """Decode the first rows of a JPEG at least; all of them where the file does not allow less.

    Args:
        encoded: One whole JPEG file.
        rows: How many rows are needed, in pixels of the whole picture.
        eighths: 8 for all detail; 4, 2 or 1 for an image of a half, a quarter, an eighth of each side, rounded up.
        channels: 1 (the luma that the file holds) or 3 (RGB).

    Returns:
        uint8 array (at least `rows`, or their eighths, width, channels), C-contiguous.

    Raises:
        DecodeError: The bytes are not a decodable JPEG. Damage below the rows is not noticed.
        LimitError: The header announces more pixels than `jpeg.decode` accepts.
    """
    frame = _frame(encoded)
    if frame is None:
        return _whole(encoded, eighths, channels)
    wanted = min(frame.height, (-(-rows // frame.step) + 1) * frame.step)
    if wanted < frame.height:
        copy = bytearray(encoded)
        copy[frame.offset : frame.offset + 2] = wanted.to_bytes(2, "big")
        encoded = copy
    elif eighths == 8:
        return jpeg.decode(encoded, channels=channels)
    least = {"min_height": -(-wanted * eighths // 8), "min_width": -(-frame.width * eighths // 8)}
    colorspace = "GRAY" if channels == 1 else "RGB"
    try:  # not strictly: the rows left out are bytes too many, of which libjpeg warns
        image: NDArray[np.uint8] = simplejpeg.decode_jpeg(
            encoded, colorspace, strict=False, **(least if eighths < 8 else {})
        )
    except ValueError:
        return _whole(encoded, eighths, channels)
    return image


def _whole(encoded: Buffer, eighths: int, channels: Literal[1, 3]) -> NDArray[np.uint8]:
    """Decode everything, and leave out detail by averaging blocks as the decoder would."""
    image = jpeg.decode(encoded, channels=channels)
    step = 8 // eighths
    if step == 1:
        return image
    height, width = (-(-side // step) * step for side in image.shape[:2])
    padded = np.pad(image, ((0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)), mode="edge")
    blocks = padded.reshape(height // step, step, width // step, step, channels).astype(np.uint32)
    averages: NDArray[np.uint8] = ((blocks.sum(axis=(1, 3)) + step * step // 2) // (step * step)).astype(np.uint8)
    return averages


def _frame(encoded: Buffer) -> _Frame | None:
    """Find the frame header of a file whose rows can be cut: blocks come once, in one scan, and the end is there."""
    if bytes(encoded[-2:]) != END:
        return None
    frame, position = None, 2
    while (found := jpeg.next_marker(encoded, position)) is not None:
        marker, position = found
        if position + HEAD.size > len(encoded):
            return None
        nbytes, precision, height, width, components = HEAD.unpack_from(encoded, position)
        if marker == jpeg.SOS:
            scan_components = precision  # the byte that a scan begins with counts its components
            return frame if frame is not None and frame.components == scan_components else None
        if marker in jpeg.FRAME_MARKERS:
            factors = bytes(encoded[position + HEAD.size + 1 : position + HEAD.size + 3 * components : 3])
            if marker not in SEQUENTIAL or components not in (1, 3) or len(factors) != components or not height:
                return None
            step = BLOCK * (max(factor & 15 for factor in factors) if components > 1 else 1)
            frame = _Frame(position + HEIGHT_OFFSET, height, width, step, components)
        position += nbytes
    return None
