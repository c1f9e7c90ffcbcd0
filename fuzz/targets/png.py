# Invariant: any bytes, with their own checksums and with right ones, give a header and a picture of the shape that it
# announces, or DecodeError, LimitError, and of the header TruncatedError; no more pixels than the limit are ever made.
"""PNG: the header, and decoding."""

import zlib
from collections.abc import Iterator

from fuzz import pictures

SEEDS = ("images/**/*.png", "hostile/png/**/*")
SIGNATURE_NBYTES = 8


def seeds() -> Iterator[bytes]:
    """Yield small pictures."""
    yield from pictures.seeds("png")


def check(data: bytes) -> None:
    """Read the header, and decode."""
    pictures.check("png", data)
    mended = _mended(data)
    if mended != data:
        pictures.check("png", mended)


def _mended(data: bytes) -> bytes:
    """Give every chunk the checksum of what it holds, or nothing invented would get past it."""
    out, position = bytearray(data), SIGNATURE_NBYTES
    while position + 12 <= len(data):
        nbytes = int.from_bytes(data[position : position + 4])
        end = position + 8 + nbytes
        if end + 4 > len(data):
            break
        out[end : end + 4] = zlib.crc32(out[position + 4 : end]).to_bytes(4)
        position = end + 4
    return bytes(out)
