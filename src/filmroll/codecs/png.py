"""PNG: pixels by Pillow, those of 16 bits by libspng through pyspng; both get only chunks that were checked.

    signature 89 50 4e 47 0d 0a 1a 0a | chunks (see png_chunks.py)

Source: PNG specification, third edition (W3C 2025).
"""

import io
import struct
from typing import Literal

import numpy as np
import pyspng
from PIL import Image, PngImagePlugin

from filmroll.buffer import Buffer
from filmroll.codecs import guard, pillow, png_chunks, png_filters, png_optimizer
from filmroll.codecs.exif import read_orientation
from filmroll.codecs.header import MAX_FRAME_PIXELS, MAX_PIXELS, Header, check_pixels, picture_header
from filmroll.codecs.pixels import (
    Pixels,
    check_encodable,
    color_key_alpha,
    to_channels,
    with_alpha,
)
from filmroll.codecs.png_chunks import GRAY, GRAY_ALPHA, IHDR, PALETTE, RGB, RGBA, Ihdr
from filmroll.errors import DecodeError, EncodeError, FormatError

COLORS = {GRAY: "gray", RGB: "rgb", PALETTE: "palette", GRAY_ALPHA: "gray+alpha", RGBA: "rgba"}
CHANNELS = {GRAY: 1, RGB: 3, PALETTE: 3, GRAY_ALPHA: 2, RGBA: 4}
SAMPLES = {**CHANNELS, PALETTE: 1}
CHECKED_NBYTES = 1 << 16  # of the first IDAT chunk, when only the header is read
MAX_DEFLATE_RATIO = 1032  # zlib's own bound: 258 bytes a code, two codes of one bit each


def read_header(encoded: Buffer) -> Header:
    """Read size, colour and orientation of a PNG from the chunks before its pixels.

    The first IDAT chunk is compared with its checksum too, if it is as short as most encoders write it: that finds
    most damage of small pictures, in microseconds. Some encoders write all pixels into one chunk of many megabytes.

    Args:
        encoded: A PNG, or its beginning up to the first IDAT chunk.

    Raises:
        TruncatedError: The bytes end before the first IDAT chunk.
        DecodeError: IHDR is missing or broken, a chunk before the pixels, or a short first IDAT, has a wrong checksum.
    """
    transparent, orientation = False, 1
    chunks = png_chunks.walk(encoded, idat_nbytes=CHECKED_NBYTES)
    ihdr = png_chunks.read_ihdr(*next(chunks))
    for kind, data in chunks:
        if kind == b"tRNS":
            transparent = True
        elif kind == b"eXIf":
            orientation = read_orientation(data)
        elif kind in (b"IDAT", b"IEND"):
            break
    channels = 4 if ihdr.color == PALETTE and transparent else CHANNELS[ihdr.color]
    dtype = "uint16" if ihdr.depth == 16 else "uint8"
    return picture_header(
        "png", ihdr.height, ihdr.width, channels, COLORS[ihdr.color], dtype=dtype, orientation=orientation
    )


def decode(
    encoded: Buffer,
    *,
    channels: int | None = None,
    dtype: str | None = None,
    lenient: bool = False,
    max_pixels: int | None = None,
) -> Pixels:
    """Decode a PNG image; of an animated one, the default image.

    The pixels equal TensorFlow's decode_png: palettes are expanded, gray below 8 bits is scaled up, gamma
    and colour profiles are ignored, but for gAMA where colour becomes gray; tRNS becomes alpha only for
    palettes or where alpha is asked for. Two things differ: alpha added to pictures below 8 bits is 255
    (there 2**bits - 1), and gray does not depend on an iCCP chunk.

    Args:
        encoded: One whole PNG file; what follows IEND is ignored.
        channels: 1 (gray), 2 (gray, alpha), 3 (RGB), 4 (RGBA); None keeps what the file has.
        dtype: None or "uint8" gives the high byte of 16-bit samples; anything else leaves them 16 bits.
        lenient: Leave out ancillary chunks (text, profiles, transparency) that differ from their checksum.
        max_pixels: Refuse larger images before allocating (height * width); None sets the usual limits.

    Returns:
        uint8 array (height, width, channels), or uint16 where the file has 16 bits and `dtype` is not uint8.

    Raises:
        DecodeError: The bytes are no decodable PNG: any chunk that differs from its checksum, ancillary ones
            too unless `lenient`, or is missing or cut short.
        LimitError: IHDR announces more than `max_pixels` pixels.
    """
    try:
        chunks = png_chunks.read(encoded, lenient=lenient)
    except FormatError as exc:
        raise DecodeError(f"not a readable PNG: {exc.message}") from exc
    ihdr, transparency = chunks.ihdr, chunks.others.get(b"tRNS")
    most = MAX_FRAME_PIXELS if ihdr.depth == 16 else MAX_PIXELS
    check_pixels(ihdr.height, ihdr.width, max_pixels=max_pixels, max_frame_pixels=most)
    _check_inflation(ihdr, chunks.idat_nbytes)
    if ihdr.depth == 16:
        image = _decode_16bit(chunks.clean, ihdr)
    else:
        image = _decode_8bit(chunks.clean, "RGB" if transparency is None else "RGBA")
    if channels in (2, 4) and transparency is not None and ihdr.color in (GRAY, RGB):
        image = with_alpha(image, _key_alpha(image, ihdr, transparency))
    image = to_channels(image, channels, gamma=chunks.gamma)
    return (image >> 8).astype(np.uint8) if ihdr.depth == 16 and dtype in (None, "uint8") else image


def encode(
    image: Pixels,
    *,
    compression: int = 6,
    filter: Literal["adaptive", "none", "sub", "up", "average", "paeth"] = "adaptive",
    optimizer: Literal["zopfli"] | None = None,
) -> bytes:
    """Encode a PNG image, without loss.

    Args:
        image: uint8 or uint16 (height, width) or (height, width, channels): gray, gray and alpha, RGB or
            RGBA.
        compression: zlib's level, 0 (none) to 9 (smallest).
        filter: Row filter; "adaptive" chooses one for each row.
        optimizer: "zopfli" searches for the smallest PNG of the same pixels, some seconds for each million of them;
            it needs the extra "optimize". Gray pixels in RGB are stored as gray then, and opaque alpha is left out:
            `decode` with `channels` gives the array as it was.

    Raises:
        EncodeError: The array has another dtype or shape, or an option is out of range.
        MissingDependencyError: The optimizer is not installed.
    """
    image = check_encodable(image, name="PNG", channels=(1, 2, 3, 4), dtypes=("uint8", "uint16"))
    if compression not in range(10):
        raise EncodeError(f"PNG compression is 0 to 9, not {compression!r}")
    if filter not in png_filters.FILTERS:
        raise EncodeError(f"PNG filter is one of {', '.join(png_filters.FILTERS)}, not {filter!r}")
    if optimizer is not None:
        return png_optimizer.optimize(encode(image, compression=compression, filter=filter), optimizer=optimizer)
    if image.dtype == np.uint8 and filter == "adaptive":
        return _encode_by_pillow(image, compression)
    height, width, channels = image.shape
    color = {1: GRAY, 2: GRAY_ALPHA, 3: RGB, 4: RGBA}[channels]
    ihdr = IHDR.pack(width, height, image.dtype.itemsize * 8, color, 0, 0, 0)
    idat = png_filters.compress(image, name=filter, level=compression)
    return png_chunks.join([(b"IHDR", ihdr), (b"IDAT", idat), (b"IEND", b"")])


def _encode_by_pillow(image: Pixels, compression: int) -> bytes:
    out = io.BytesIO()
    with guard.encoding("PNG"):
        picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
        picture.save(out, "PNG", compress_level=compression)
    return out.getvalue()


def _check_inflation(ihdr: Ihdr, nbytes: int) -> None:
    """Refuse pixels that so few compressed bytes cannot hold, before allocating for them."""
    needed = ihdr.height * ((ihdr.width * SAMPLES[ihdr.color] * ihdr.depth + 7) // 8 + 1)
    if needed > nbytes * MAX_DEFLATE_RATIO:
        raise DecodeError(f"{nbytes} compressed bytes cannot hold the {needed} that {ihdr.height} x {ihdr.width} take")


def _decode_8bit(encoded: bytes, palette_mode: str) -> Pixels:
    with guard.decoding("PNG"):
        picture: Image.Image = PngImagePlugin.PngImageFile(io.BytesIO(encoded))
        picture.load()
        if picture.mode == "P":
            picture = picture.convert(palette_mode)
        if picture.mode == "1":
            picture = picture.convert("L")
        return pillow.copy_pixels(picture)


def _decode_16bit(encoded: bytes, ihdr: Ihdr) -> Pixels:
    """Decode by libspng, which gives 16 bits as gray and alpha or RGBA; drop alpha that the file lacks."""
    with guard.decoding("PNG"):
        wide = pyspng.c.SPNG_FMT_GA16 if ihdr.color == GRAY else pyspng.c.SPNG_FMT_RGBA16
        image: Pixels = pyspng.c.spng_decode_image_bytes(encoded, wide)
    picks = {GRAY: [0], GRAY_ALPHA: [0, 3], RGB: [0, 1, 2], RGBA: [0, 1, 2, 3]}[ihdr.color]
    return np.array(image[..., picks], order="C")


def _key_alpha(image: Pixels, ihdr: Ihdr, transparency: bytes) -> Pixels:
    """Make the one colour transparent that tRNS names, scaled like the pixels."""
    samples = SAMPLES[ihdr.color]
    if len(transparency) < 2 * samples:
        raise DecodeError(f"not a readable PNG: its tRNS chunk has {len(transparency)} bytes, expected {2 * samples}")
    scale = 255 // (2**ihdr.depth - 1) if ihdr.depth < 8 else 1
    key = struct.unpack_from(f">{samples}H", transparency)
    return color_key_alpha(image, tuple((value & (2**ihdr.depth - 1)) * scale for value in key))
