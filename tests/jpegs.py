"""JPEGs that the tests make themselves, of every subsampling, with restart markers."""

import io
import struct

import numpy as np
from PIL import Image

from filmroll.codecs import jpeg_restarts, jpeg_scan
from filmroll.codecs.jpeg_scan import Area

KINDS = ("4:4:4", "4:2:2", "4:2:0", "4:4:0", "gray", "gray of 2 x 2")
MARKER_ROWS = {"restart_marker_rows": 1}


def noise(height: int, width: int, *, seed: int = 0) -> np.ndarray:
    """A picture whose neighbouring pixels differ much: nothing that upsampling mixes in goes unseen."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def encode(image: np.ndarray, kind: str, **markers: int) -> bytes:
    """Encode with the subsampling named, also with those that Pillow has no word for."""
    height, width = image.shape[:2]
    if kind == "4:4:0":  # the blocks of a 4:2:2 picture half as high and twice as wide, in the same order
        image = np.resize(image, (-(-height // 16) * 8, -(-width // 8) * 16, 3))
    out, subsampling = io.BytesIO(), {"4:4:0": "4:2:2", "gray": None, "gray of 2 x 2": None}.get(kind, kind)
    options = {} if subsampling is None else {"subsampling": subsampling}
    Image.fromarray(image[..., 0] if subsampling is None else image).save(out, "JPEG", quality=90, **options, **markers)
    data = bytearray(out.getvalue())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    if kind in ("4:4:0", "gray of 2 x 2"):  # blocks of one component come one by one, whatever its factors
        data[frame + 11] = {"4:4:0": 0x12, "gray of 2 x 2": 0x22}[kind]
    return bytes(data)


def cut(data, needed: Area) -> jpeg_restarts.Part | None:
    """Cut out the smallest part that holds what is needed; None where that is the whole picture, or cannot be."""
    scan = jpeg_scan.read_scan(data)
    area = jpeg_restarts.reachable(scan, needed)
    return None if area is None else jpeg_restarts.cut(data, scan, area)
