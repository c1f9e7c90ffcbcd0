"""What a PNG file consists of: chunks, checked before a decoder sees any.

    signature 89 50 4e 47 0d 0a 1a 0a | chunks: IHDR ... IDAT ... IEND
    chunk: length uint32 big-endian | type, 4 letters | data | CRC-32 of type and data
    IHDR: width, height uint32 | bit depth, colour type, compression, filter, interlace uint8

Source: PNG specification, third edition (W3C 2025), sections 5 and 11.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from filmroll.buffer import Buffer
from filmroll.errors import DecodeError, TruncatedError

SIGNATURE_NBYTES = 8
CHUNK = struct.Struct(">I4s")
IHDR = struct.Struct(">IIBBBBB")
CRC_NBYTES = 4
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
DEPTHS = {GRAY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GRAY_ALPHA: (8, 16), RGBA: (8, 16)}
PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
ONCE = (b"IHDR", b"PLTE")
SRGB_GAMMA = 0.45455
"""What the sRGB chunk says in place of gAMA."""


@dataclass(frozen=True, slots=True)
class Ihdr:
    """Size and colour as IHDR announces them, checked."""

    width: int
    height: int
    depth: int
    color: int


@dataclass(frozen=True, slots=True)
class Chunks:
    """A file that is whole.

    Attributes:
        ihdr: Size and colour.
        clean: A PNG file of the chunks that hold pixels, all that a decoder gets to see.
        idat_nbytes: Compressed bytes of pixels.
        others: Data of every other chunk, the first of each type.
    """

    ihdr: Ihdr
    clean: bytes
    idat_nbytes: int
    others: Mapping[bytes, bytes]

    @property
    def gamma(self) -> float | None:
        """Exponent by which light was encoded, from sRGB or gAMA; None if neither is there."""
        if b"sRGB" in self.others:
            return SRGB_GAMMA
        data = self.others.get(b"gAMA", b"")
        return int.from_bytes(data, "big") / 100_000 or None if len(data) == 4 else None


def walk(encoded: Buffer, *, lenient: bool = False, idat_nbytes: int = 2**32) -> Iterator[tuple[bytes, memoryview]]:
    """Yield (type, data) of every chunk up to IEND, each checked against its CRC-32.

    An IDAT chunk that is cut short, or longer than `idat_nbytes`, is first yielded empty and unchecked, for those who
    want what comes before. With `lenient`, an ancillary chunk that differs from its checksum is left out.

    Raises:
        TruncatedError: The bytes end before IEND does.
        DecodeError: A chunk differs from its checksum.
    """
    view = memoryview(encoded)
    position = SIGNATURE_NBYTES
    while True:
        if position + CHUNK.size > len(view):
            raise TruncatedError(f"the bytes end at {len(view)}, before the IEND chunk")
        nbytes, kind = CHUNK.unpack_from(view, position)
        end = position + CHUNK.size + nbytes
        is_cut = end + CRC_NBYTES > len(view)
        if kind == b"IDAT" and (is_cut or nbytes > idat_nbytes):
            yield kind, view[:0]
        if is_cut:
            raise TruncatedError(f"chunk {kind!r} at byte {position} announces {nbytes} bytes, the file ends before")
        stored = int.from_bytes(view[end : end + CRC_NBYTES], "big")
        computed = zlib.crc32(view[position + 4 : end])
        if stored == computed:
            yield kind, view[position + CHUNK.size : end]
        elif not (lenient and is_ancillary(kind)):
            raise DecodeError(
                f"chunk {kind!r} at byte {position} has checksum {stored:#010x}, computed {computed:#010x}"
            )
        if kind == b"IEND":
            return
        position = end + CRC_NBYTES


def is_ancillary(kind: bytes) -> bool:
    """Tell whether pixels can be had without chunks of this type: its first letter is a small one."""
    return kind[0] & 0x20 != 0


def read_ihdr(kind: bytes, data: memoryview) -> Ihdr:
    """Read the first chunk.

    Raises:
        DecodeError: It is not IHDR, or announces what PNG does not have.
    """
    if kind != b"IHDR" or len(data) != IHDR.size:
        raise DecodeError(f"the first chunk is {kind!r} with {len(data)} bytes, not IHDR with {IHDR.size}")
    width, height, depth, color, compression, filtering, interlace = IHDR.unpack(data)
    if not 0 < width < 2**31 or not 0 < height < 2**31:
        raise DecodeError(f"IHDR announces {height} x {width} pixels")
    if depth not in DEPTHS.get(color, ()) or compression or filtering or interlace > 1:
        raise DecodeError(
            f"IHDR announces depth {depth}, colour type {color}, compression {compression}, "
            f"filter {filtering}, interlace {interlace}: no combination that PNG has"
        )
    return Ihdr(width, height, depth, color)


def read(encoded: Buffer, *, lenient: bool = False) -> Chunks:
    """Check a whole file and sort out what its pixels follow from; `lenient` as in `walk`.

    Raises:
        TruncatedError: The bytes end before IEND does.
        DecodeError: A chunk differs from its checksum, is missing, comes twice, or is critical and unknown.
    """
    ihdr = None
    pixels: list[tuple[bytes, memoryview]] = []
    rest: dict[bytes, bytes] = {}
    begun = False
    for kind, data in walk(encoded, lenient=lenient):
        if kind == b"tRNS" and begun:
            continue  # too late, as libpng says too: the header was read without it
        if ihdr is None:
            ihdr = read_ihdr(kind, data)
        elif not is_ancillary(kind) and kind not in PIXEL_CHUNKS:
            raise DecodeError(f"chunk {kind!r} is critical and unknown")
        elif kind in ONCE and kind in rest:
            raise DecodeError(f"chunk {kind!r} comes twice")  # decoders take the second, whose size nobody checked
        if kind in PIXEL_CHUNKS:
            pixels.append((kind, data))
        if kind == b"IDAT":
            begun = True
        else:
            rest.setdefault(kind, bytes(data))
    kinds = [kind for kind, _ in pixels]
    if ihdr is None or b"IDAT" not in kinds:
        raise DecodeError("there is no IDAT chunk")
    if ihdr.color == PALETTE and b"PLTE" not in kinds[: kinds.index(b"IDAT")]:
        raise DecodeError("there is no PLTE chunk before the pixels, which are palette indices")
    return Chunks(ihdr, join(pixels), sum(len(data) for kind, data in pixels if kind == b"IDAT"), rest)


def join(chunks: Sequence[tuple[bytes, Buffer]]) -> bytes:
    """Write a PNG of (type, data) pairs, IHDR to IEND."""
    parts: list[Buffer] = [b"\x89PNG\r\n\x1a\n"]
    for kind, data in chunks:
        crc = zlib.crc32(data, zlib.crc32(kind))
        parts += CHUNK.pack(len(data), kind), data, crc.to_bytes(CRC_NBYTES, "big")
    return b"".join(parts)
