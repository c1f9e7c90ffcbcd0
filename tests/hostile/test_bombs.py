"""Small pictures that announce the most that is decoded by default: in the time and the memory that are promised."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from filmroll import codecs
from filmroll.codecs.header import MAX_FRAME_PIXELS, MAX_PIXELS
from filmroll.codecs.svg import MAX_OWN_PIXELS
from filmroll.errors import DecodeError, LimitError
from hostile.measured import costs

SECONDS = 10
NBYTES = 2**31
SIDE = 8192  # of a frame
LARGE = (12288, 16384)  # height and width of a picture
OWN_SIDE = 4096  # of an SVG
SVG_HEAD = f'<svg xmlns="http://www.w3.org/2000/svg" width="{OWN_SIDE}" height="{OWN_SIDE}">'
BLUR = '<filter id="f"><feGaussianBlur stdDeviation="300"/></filter>'
LAUGHS = '<g id="a0"><path d="M0 0h1v1z"/></g>' + "".join(
    f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, 10)
)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(depth: int, color: int, samples: int, size: tuple[int, int]) -> bytes:
    """One colour, compressed a thousand times; the zeros are never in memory as a whole."""
    height, width = size
    row = bytes(1 + width * samples * depth // 8)
    deflate = zlib.compressobj(1)
    idat = b"".join([*(deflate.compress(row * 64) for _ in range(height // 64)), deflate.flush()])
    ihdr = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + chunk(b"IDAT", idat) + chunk(b"IEND", b"")


def progressive_jpeg() -> bytes:
    """A header that has coefficients of all pixels allocated, and hardly any bytes for them."""
    tiny = bytearray(codecs.encode(np.zeros((16, 16, 3), np.uint8), "jpeg", progressive=True, subsampling="4:4:4"))
    place = tiny.index(b"\xff\xc2") + 5
    tiny[place : place + 4] = struct.pack(">HH", *LARGE)
    return bytes(tiny) + bytes(MAX_PIXELS // 500)


def webp() -> bytes:
    """Lossless, of one colour: no bytes at all for the pixels."""
    tiny = bytearray(codecs.encode(np.zeros((16, 16, 4), np.uint8) + np.uint8(9), "webp", lossless=True))
    place = tiny.index(b"VP8L") + 9
    bits = int.from_bytes(tiny[place : place + 4], "little") & ~(2**28 - 1)
    tiny[place : place + 4] = (bits | (SIDE - 1) << 14 | (SIDE - 1)).to_bytes(4, "little")
    return bytes(tiny)


def gif() -> bytes:
    return codecs.encode(np.zeros((SIDE, SIDE), np.uint8), "gif")


def gif_of_canvas() -> bytes:
    """A canvas of the largest size, and three frames of one pixel."""
    tiny = bytearray(codecs.encode(np.zeros((3, 1, 1, 3), np.uint8), "gif"))
    tiny[6:10] = struct.pack("<HH", SIDE, SIDE)
    return bytes(tiny)


def bmp() -> bytes:
    """Runs of 255 equal pixels, of two bytes each."""
    row = b"\xff\1" * (SIDE // 255) + bytes([SIDE % 255, 1]) + b"\0\0"
    data = row * SIDE + b"\0\1"
    header = struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 8, 1, len(data), 0, 0, 256, 0)
    return struct.pack("<2sIHHI", b"BM", 1078 + len(data), 0, 0, 1078) + header + bytes(1024) + data


def tiff(path: Path) -> bytes:
    """Up to Pillow's own limit, which comes first here."""
    Image.new("L", (13312, 13312)).save(path, "TIFF", compression="tiff_adobe_deflate")
    return path.read_bytes()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bombs")
    made = {
        "gray.png": png(8, 0, 1, LARGE),
        "rgba.png": png(8, 6, 4, (SIDE, SIDE)),
        "gray16.png": png(16, 0, 1, (SIDE, SIDE)),
        "progressive.jpg": progressive_jpeg(),
        "one.webp": webp(),
        "one.gif": gif(),
        "canvas.gif": gif_of_canvas(),
        "runs.bmp": bmp(),
        "one.tiff": tiff(folder / "one.tiff"),
        "blur.svg": f'{SVG_HEAD}{BLUR}<rect width="4096" height="4096" filter="url(#f)"/></svg>'.encode(),
        "plain.svg": f'{SVG_HEAD}<rect width="4096" height="4096" fill="red"/></svg>'.encode(),
        "laughs.svg": f'{SVG_HEAD}<defs>{LAUGHS}</defs><use href="#a9"/></svg>'.encode(),
        "one.avif": codecs.encode(np.zeros((OWN_SIDE, OWN_SIDE, 3), np.uint8), "avif", quality=0),
    }
    for name, data in made.items():
        (folder / name).write_bytes(data)
    return folder


def test_no_picture_takes_more_than_ten_seconds_or_two_gibibytes(pictures):
    found = costs("decode", *sorted(pictures.iterdir()))
    assert {cost.outcome for cost in found.values()} <= {"value", "DecodeError", "LimitError"}
    assert found["laughs.svg"].outcome == "LimitError"
    for name in (
        "gray.png",
        "rgba.png",
        "progressive.jpg",
        "gray16.png",
        "one.webp",
        "one.gif",
        "runs.bmp",
        "one.tiff",
        "plain.svg",
    ):
        assert found[name].outcome == "value", name
    assert max(cost.seconds for cost in found.values()) < SECONDS, found
    assert max(cost.nbytes for cost in found.values()) < NBYTES, found
    assert max(cost.children_nbytes for cost in found.values()) < NBYTES, found


def test_bombs_are_small():
    assert len(webp()) < 100
    assert len(gif_of_canvas()) < 200
    assert SIDE * SIDE == MAX_FRAME_PIXELS
    assert LARGE[0] * LARGE[1] == MAX_PIXELS
    assert OWN_SIDE * OWN_SIDE == MAX_OWN_PIXELS


def jpeg_of(height: int, width: int) -> bytes:
    data = bytearray(codecs.encode(np.zeros((16, 16, 3), np.uint8), "jpeg"))
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", height, width)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "pixels"),
    [
        (jpeg_of(65535, 65535), 65535**2),
        (png(8, 0, 1, (64, 64)).replace(struct.pack(">II", 64, 64), struct.pack(">II", 2**31 - 1, 2**31 - 1)), None),
        (b"GIF89a\xff\xff\xff\xff\0\0\0\x2c\0\0\0\0\1\0\1\0\0\2\0\0\x3b", 65535**2),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="1e9" height="1e9"/>', 10**18),
        (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 99999 99999"/>', 99999**2),
        (b"P5 99999 99999 255\n", 99999**2),
    ],
    ids=["jpeg", "png", "gif", "svg", "svg-view-box", "pnm"],
)
def test_largest_sizes_are_refused_by_the_header(data, pixels):
    with pytest.raises((LimitError, DecodeError), match=f"= {pixels} pixels" if pixels else "checksum"):
        codecs.decode(data)


@pytest.mark.parametrize(
    ("name", "side"), [("webp", SIDE + 1), ("gif", SIDE + 1), ("svg", OWN_SIDE + 1)], ids=["webp", "gif", "svg"]
)
def test_one_limit_of_the_caller_takes_the_place_of_all(name, side):
    if name == "svg":
        data = f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="8"/>'.encode()
        assert codecs.decode(data).shape == (8, side, 4)
        return
    image = np.zeros((64, side, 3), np.uint8)
    data = codecs.encode(image, name)
    with pytest.raises(LimitError):
        codecs.decode(data, max_pixels=64 * side - 1)
    assert codecs.decode(data, max_pixels=64 * side).shape[-3:] == image.shape


def test_frames_larger_than_the_canvas_count_too():
    """Each is decompressed as a whole, though nothing of it is seen."""
    one = codecs.encode(np.zeros((4, 2, 2, 3), np.uint8), "gif")
    data = bytearray(one)
    data[6:10] = struct.pack("<HH", 1, 1)
    with pytest.raises(LimitError, match="announces 16 x 1 = 16 pixels"):
        codecs.decode(bytes(data), max_pixels=15)
    assert codecs.decode(bytes(data), max_pixels=16).shape == (4, 1, 1, 3)
