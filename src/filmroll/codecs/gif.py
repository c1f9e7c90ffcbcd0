"""GIF: frames are composed here, by the standard, out of the blocks that gif_blocks.py reads; Pillow does the LZW.

Source: CompuServe GIF89a specification.
"""

import io
import struct
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
from PIL import GifImagePlugin, Image

from filmroll.buffer import Buffer
from filmroll.codecs import gif_blocks, guard
from filmroll.codecs.gif_blocks import (
    CONTROL,
    CONTROL_LABEL,
    EXTENSION,
    HAS_PALETTE,
    IMAGE,
    INTERLACED,
    SCREEN,
    SEPARATOR,
    TRAILER,
    Frame,
)
from filmroll.codecs.header import MAX_FRAME_PIXELS, Header, check_pixels, picture_header
from filmroll.codecs.pixels import Pixels, bands, check_encodable, check_side, to_channels
from filmroll.errors import DecodeError, EncodeError, FormatError

KEEP, TO_BACKGROUND, TO_PREVIOUS = 1, 2, 3
MAX_SIDE = 65535
MAX_PIXELS_PER_BYTE = 4096  # a 12-bit code stands for at most 4096 pixels, and takes more than a byte
OPAQUE_FROM = 128  # alpha below this becomes the transparent colour


def read_header(encoded: Buffer) -> Header:
    """Read size and number of frames of a GIF, without decompressing any.

    Args:
        encoded: A whole GIF: the frames are counted.

    Raises:
        TruncatedError: The bytes end before the trailer.
        DecodeError: There is an unknown block, or no image.
    """
    height, width, _ = gif_blocks.screen(memoryview(encoded))
    frames = sum(1 for _ in gif_blocks.frames(memoryview(encoded)))
    if not frames:
        raise DecodeError("the GIF does not contain any image")
    return picture_header("gif", height, width, 3, "palette", frames=frames)


def decode(
    encoded: Buffer,
    *,
    channels: int | None = None,
    frames: Literal["all", "first"] = "all",
    max_pixels: int | None = None,
) -> Pixels:
    """Decode a GIF into the pictures that a viewer shows one after the other.

    Pixels on which nothing has been drawn are 0, whatever the background colour, as in TensorFlow and in
    browsers. Where a frame asks to be disposed of (cleared to the background or to what was there before),
    that is done, by the standard; TensorFlow ignores it. Delays and loop counts do not matter here.

    Args:
        encoded: One whole GIF file, signature to trailer.
        channels: 3 (RGB) is the default; 4 adds alpha, 0 where nothing has been drawn; 1 and 2 convert to
            gray.
        frames: "first" decodes only the first frame.
        max_pixels: Refuse before allocating if height * width * frames is larger; None sets the usual limits.

    Returns:
        uint8 array (frames, height, width, channels), also for a single frame; (height, width, channels) with
        frames="first".

    Raises:
        DecodeError: The bytes are no decodable GIF: cut short, a colour index outside the palette, no image.
        LimitError: The frames have more than `max_pixels` pixels.

    Source: GIF89a specification, section 23 for disposal.
    """
    try:
        height, width, found = _read(encoded, only_first=frames == "first")
    except FormatError as exc:
        raise DecodeError(f"not a readable GIF: {exc.message}") from exc
    check_pixels(height, width, frames=len(found), max_pixels=max_pixels, max_frame_pixels=MAX_FRAME_PIXELS)
    for frame in found:
        check_pixels(frame.height, frame.width, max_pixels=max_pixels, max_frame_pixels=MAX_FRAME_PIXELS)
    check_pixels(sum(frame.height * frame.width for frame in found), 1, max_pixels=max_pixels)
    image = np.empty((len(found), height, width, channels or 3), dtype=np.uint8)
    for number, canvas in enumerate(_compose(found, np.zeros((height, width, 4), dtype=np.uint8))):
        image[number] = to_channels(canvas, channels or 3)
    return image[0] if frames == "first" else image


def encode(image: Pixels, *, duration_ms: int = 100, loop: int | None = 0) -> bytes:
    """Encode a GIF; each frame is written whole, with a palette of its own.

    Frames of at most 256 colours are stored without loss; others are reduced to 256 by median cut, with
    Floyd-Steinberg dithering. Alpha becomes one transparent colour, where it is below 128.

    Args:
        image: uint8 (height, width), (height, width, channels) or (frames, height, width, channels); any
            channels.
        duration_ms: Time that each frame is shown, rounded to 10 ms.
        loop: How often the animation runs, 0 for ever; None writes no count.

    Raises:
        EncodeError: The array has another dtype or shape, or a side above 65535, or an option is out of
            range.
    """
    image = check_encodable(image, name="GIF", channels=(1, 2, 3, 4), frames=True)
    check_side(image, name="GIF", limit=MAX_SIDE)
    if not 0 <= duration_ms <= 655_350 or (loop is not None and loop not in range(65536)):
        raise EncodeError(f"GIF holds durations up to 655350 ms and loop counts up to 65535, not {duration_ms}, {loop}")
    height, width = image.shape[1:3]
    parts = [b"GIF89a", SCREEN.pack(width, height, 0, 0, 0)]
    if len(image) > 1 and loop is not None:
        parts.append(b"\x21\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", loop) + b"\0")
    # Where a frame is transparent the one before must not show through.
    disposal = TO_BACKGROUND if len(image) > 1 and image.shape[-1] % 2 == 0 else KEEP
    for frame in image:
        parts.append(_encode_frame(frame, delay=round(duration_ms / 10), disposal=disposal))
    return b"".join([*parts, b"\x3b"])


def _read(encoded: Buffer, *, only_first: bool) -> tuple[int, int, list[Frame]]:
    view = memoryview(encoded)
    height, width, _ = gif_blocks.screen(view)
    walk = gif_blocks.frames(view)
    found = [frame for frame in [next(walk, None)] if frame] if only_first else list(walk)
    if not found:
        raise DecodeError("the GIF does not contain any image")
    return height, width, found


def _compose(frames: Sequence[Frame], canvas: Pixels) -> Iterator[Pixels]:
    """Draw the frames one on the other on a transparent RGBA canvas, and yield it after each."""
    for frame in frames:
        area = canvas[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
        before = area.copy() if frame.disposal == TO_PREVIOUS else None
        if area.size:
            _draw(frame, area)
        yield canvas
        if frame.disposal == TO_BACKGROUND:
            area[...] = 0
        elif before is not None:
            area[...] = before


def _draw(frame: Frame, area: Pixels) -> None:
    """Draw one frame's own pixels; what reaches past the screen is cut off."""
    indices = _indices(frame)[: area.shape[0], : area.shape[1]]
    colors = np.full((256, 4), 255, dtype=np.uint8)
    palette = np.frombuffer(frame.palette, dtype=np.uint8)[: len(frame.palette) // 3 * 3].reshape(-1, 3)
    colors[: len(palette), :3] = palette
    for rows in bands(*indices.shape):
        _paint(area[rows], indices[rows], colors, count=len(palette), transparent=frame.transparent)


def _paint(area: Pixels, indices: Pixels, colors: Pixels, *, count: int, transparent: int | None) -> None:
    """Put colours where there are indices of them; both as one number a pixel, which is sooner copied than four."""
    drawn = True if transparent is None else indices != transparent
    highest = indices.max(initial=0, where=drawn)
    if highest >= count:
        raise DecodeError(f"a GIF frame has colour index {highest}, its palette only {count} colours")
    np.copyto(area.view(np.uint32)[..., 0], colors.view(np.uint32)[:, 0][indices], where=drawn)


def _indices(frame: Frame) -> Pixels:
    """Decompress one frame to uint8 (height, width) indices, as a GIF of its own without a palette."""
    if frame.height * frame.width > len(frame.data) * MAX_PIXELS_PER_BYTE:
        raise DecodeError(f"{len(frame.data)} bytes cannot hold a GIF frame of {frame.height} x {frame.width}")
    flags = INTERLACED if frame.interlaced else 0
    alone = b"".join(
        [
            b"GIF89a" + SCREEN.pack(frame.width, frame.height, 0, 0, 0),
            bytes([SEPARATOR]) + IMAGE.pack(0, 0, frame.width, frame.height, flags),
            frame.data,
            bytes([TRAILER]),
        ]
    )
    with guard.decoding("GIF"):
        picture = GifImagePlugin.GifImageFile(io.BytesIO(alone))
        return np.array(picture)


def _encode_frame(frame: Pixels, *, delay: int, disposal: int) -> bytes:
    """Write one frame: graphic control, image descriptor, palette, data; Pillow compresses."""
    picture, transparent = _to_palette(frame)
    out = io.BytesIO()
    with guard.encoding("GIF"):
        picture.save(out, "GIF", optimize=False)
    written = next(gif_blocks.frames(out.getbuffer()))
    height, width = frame.shape[:2]
    flags = disposal << 2 | (transparent is not None)
    palette = bytes(written.palette)
    size_bits = max(0, (len(palette) // 3 - 1).bit_length() - 1)
    control = bytes([EXTENSION, CONTROL_LABEL]) + CONTROL.pack(4, flags, delay, transparent or 0) + b"\0"
    image = IMAGE.pack(0, 0, width, height, HAS_PALETTE | size_bits | (INTERLACED if written.interlaced else 0))
    return b"".join([control, bytes([SEPARATOR]), image, palette, written.data])


def _to_palette(frame: Pixels) -> tuple[Image.Image, int | None]:
    """Reduce a frame to palette indices; returns the index of the transparent colour, if there is one."""
    rgba = to_channels(frame, 4)
    clear = rgba[..., 3] < OPAQUE_FROM
    room = 255 if clear.any() else 256
    rgb = np.where(clear[..., None], np.uint8(0), rgba[..., :3])
    packed = rgb[..., 0].astype(np.uint32) << 16 | rgb[..., 1].astype(np.uint32) << 8 | rgb[..., 2]
    colors, flat = np.unique(packed, return_inverse=True)
    if len(colors) <= room:
        indices = flat.reshape(packed.shape).astype(np.uint8)
        table = np.stack([colors >> 16, colors >> 8, colors], axis=-1).astype(np.uint8).tobytes()
    else:
        reduced = Image.fromarray(rgb).quantize(room)
        indices, table = np.array(reduced), bytes(reduced.getpalette("RGB") or [])[: 3 * room]
    transparent = len(table) // 3 if clear.any() else None
    if transparent is not None:
        indices[clear] = transparent
        table += bytes(3)
    picture = Image.fromarray(indices)
    picture.putpalette(table)
    return picture, transparent
