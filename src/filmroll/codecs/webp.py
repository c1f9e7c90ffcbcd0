"""WebP: still and animated, lossy and lossless, through Pillow and libwebp; the container is read here.

    "RIFF" | nbytes uint32 little-endian | "WEBP" | chunks: type | nbytes uint32 | data | pad to even
    "VP8 " lossy: 3 bytes, 9d 01 2a, width and height, 14 bits each
    "VP8L" lossless: 2f, width - 1 and height - 1, 14 bits each
    "VP8X" extended: flags, 3 bytes, width - 1 and height - 1, 24 bits each; then ANMF (frames), EXIF, ...

Source: WebP Container Specification (Google); RFC 9649.
"""

import io
import struct
from collections.abc import Iterator
from typing import Literal

from PIL import WebPImagePlugin

from filmroll.buffer import Buffer
from filmroll.codecs import guard, pillow
from filmroll.codecs.exif import read_orientation
from filmroll.codecs.header import MAX_FRAME_PIXELS, Header, check_pixels, picture_header
from filmroll.codecs.pixels import Pixels, check_encodable, check_side, to_channels
from filmroll.errors import DecodeError, EncodeError, FormatError, TruncatedError

RIFF_NBYTES = 4 + 4 + 4  # "RIFF", nbytes, "WEBP"
CHUNK = struct.Struct("<4sI")
HAS_ALPHA, HAS_EXIF, ANIMATED = 0x10, 0x08, 0x02
MAX_SIDE = 16383


def read_header(encoded: Buffer) -> Header:
    """Read size, colour, number of frames and orientation of a WebP from its chunks.

    Args:
        encoded: A WebP; of plain lossy and lossless ones the beginning is enough.

    Raises:
        TruncatedError: The bytes end before the answer.
        DecodeError: The chunks are broken.
    """
    view = memoryview(encoded)
    kind, position, nbytes = next(_chunks(view))
    if kind == b"VP8X":
        return _extended(view, position)
    if kind not in (b"VP8 ", b"VP8L"):
        raise DecodeError(f"the first WebP chunk is {kind!r}, not VP8, VP8L or VP8X")
    height, width, alpha = _bitstream(view, kind, position, nbytes)
    return _header(height, width, alpha)


def decode(
    encoded: Buffer,
    *,
    channels: int | None = None,
    frames: Literal["all", "first"] = "all",
    max_pixels: int | None = None,
) -> Pixels:
    """Decode a WebP image.

    Args:
        encoded: One whole WebP file.
        channels: 1 (gray), 2 (gray, alpha), 3 (RGB), 4 (RGBA); None keeps what the file has.
        frames: Of an animation, "first" decodes only the first frame.
        max_pixels: Refuse before allocating if height * width * frames is larger; None sets the usual limits.

    Returns:
        uint8 array (height, width, channels), with a frame axis in front for more than one frame.

    Raises:
        DecodeError: The bytes are no decodable WebP.
        LimitError: More than `max_pixels` pixels are announced.
    """
    try:
        header = read_header(encoded)
    except FormatError as exc:
        raise DecodeError(f"not a readable WebP: {exc.message}") from exc
    count = 1 if frames == "first" else header.frames or 1
    check_pixels(header.height, header.width, frames=count, max_pixels=max_pixels, max_frame_pixels=MAX_FRAME_PIXELS)
    with guard.decoding("WebP"):
        picture = WebPImagePlugin.WebPImageFile(io.BytesIO(encoded))
        if (picture.height, picture.width) != (header.height, header.width) or picture.n_frames < count:
            raise DecodeError("not a readable WebP: its chunks contradict each other")
        image = to_channels(pillow.to_frames(picture, count), header.channels)
    return to_channels(image if len(header.shape) == 4 and frames == "all" else image[0], channels)


def encode(
    image: Pixels,
    *,
    quality: int = 80,
    lossless: bool = False,
    method: int = 4,
    exact: bool = True,
    duration_ms: int = 100,
    loop: int = 0,
) -> bytes:
    """Encode a WebP image or animation.

    Args:
        image: uint8 (height, width), (height, width, channels) or (frames, height, width, channels): gray
            (stored as colour), RGB or RGBA.
        quality: 0 to 100; with `lossless`, the effort.
        lossless: Keep every pixel.
        method: 0 (fast) to 6 (small).
        exact: Keep the colour of transparent pixels; False lets the encoder change what is not seen.
        duration_ms: Time that each frame of an animation is shown.
        loop: How often an animation runs, 0 for ever.

    Raises:
        EncodeError: The array has another dtype or shape, or a side above 16383, or an option is out of
            range.
    """
    image = check_encodable(image, name="WebP", channels=(1, 3, 4), frames=True)
    check_side(image, name="WebP", limit=MAX_SIDE)
    if quality not in range(101) or method not in range(7):
        raise EncodeError(f"WebP quality is 0 to 100 and method 0 to 6, not {quality!r} and {method!r}")
    image = to_channels(image, max(3, image.shape[-1]))
    first, *rest = (pillow.from_array(frame) for frame in image)
    animation = {"save_all": True, "append_images": rest, "duration": duration_ms, "loop": loop} if rest else {}
    out = io.BytesIO()
    with guard.encoding("WebP"):
        first.save(out, "WEBP", quality=quality, lossless=lossless, method=method, exact=exact, **animation)
    return out.getvalue()


def _header(height: int, width: int, alpha: bool, *, frames: int = 0, orientation: int = 1) -> Header:
    color, channels = ("rgba", 4) if alpha else ("rgb", 3)
    several = frames if frames > 1 else None
    return picture_header("webp", height, width, channels, color, frames=several, orientation=orientation)


def _chunks(view: memoryview) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, position of the data and nbytes of every chunk."""
    position = RIFF_NBYTES
    end = int.from_bytes(view[4:8], "little") + 8
    while position < end:
        if position + CHUNK.size > len(view):
            raise TruncatedError(f"the bytes end at {len(view)}, the WebP at {end}")
        kind, nbytes = CHUNK.unpack_from(view, position)
        yield kind, position + CHUNK.size, nbytes
        position += CHUNK.size + nbytes + nbytes % 2
    if position == RIFF_NBYTES:
        raise DecodeError("the WebP has no chunks")


def _extended(view: memoryview, position: int) -> Header:
    if position + 10 > len(view):
        raise TruncatedError("the bytes end inside the VP8X chunk")
    flags = view[position]
    width = int.from_bytes(view[position + 4 : position + 7], "little") + 1
    height = int.from_bytes(view[position + 7 : position + 10], "little") + 1
    if not flags & (ANIMATED | HAS_EXIF):
        return _header(height, width, bool(flags & HAS_ALPHA))
    found = list(_chunks(view))
    exif = next((view[start : start + nbytes] for kind, start, nbytes in found if kind == b"EXIF"), b"")
    if bytes(exif[:6]) == b"Exif\0\0":
        exif = exif[6:]
    frames = sum(kind == b"ANMF" for kind, _, _ in found) if flags & ANIMATED else 0
    return _header(height, width, bool(flags & HAS_ALPHA), frames=frames, orientation=read_orientation(exif))


def _bitstream(view: memoryview, kind: bytes, position: int, nbytes: int) -> tuple[int, int, bool]:
    """Read height, width and whether there is alpha from the first bytes of a frame's own header."""
    if position + 10 > len(view):
        raise TruncatedError("the bytes end inside the frame header")
    if kind == b"VP8L":
        if view[position] != 0x2F:
            raise DecodeError("a VP8L chunk does not begin with 2f")
        bits = int.from_bytes(view[position + 1 : position + 5], "little")
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1, bool(bits >> 28 & 1)
    if bytes(view[position + 3 : position + 6]) != b"\x9d\x01\x2a":
        raise DecodeError("a VP8 chunk does not begin with a key frame")
    width, height = struct.unpack_from("<HH", view, position + 6)
    return height & 0x3FFF, width & 0x3FFF, False
