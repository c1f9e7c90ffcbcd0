# Invariant: any bytes give a header and a picture of the shape that it announces, or DecodeError, LimitError, and of
# the header TruncatedError; no more pixels than the limit are ever made.
"""BMP: the header, and decoding."""

from collections.abc import Iterator

from fuzz import pictures

SEEDS = ("images/**/*.bmp", "hostile/dali/bmp/*")


def seeds() -> Iterator[bytes]:
    """Yield small pictures."""
    yield from pictures.seeds("bmp")


def check(data: bytes) -> None:
    """Read the header, and decode."""
    pictures.check("bmp", data)
