# Invariant: any file, gzipped or not, is one array of the bytes that it holds, or FormatError or LimitError.
"""IDX, the format of MNIST."""

import gzip
from collections.abc import Iterator

from filmroll.errors import FormatError, LimitError
from filmroll.sources import idx
from fuzz.scratch import Scratch

SEEDS = ("mnist/**/*",)
FILE = Scratch("any-ubyte")
MAX_NBYTES = 2**12
LIMIT = 2**20


def seeds() -> Iterator[bytes]:
    """Yield arrays of each dtype, plain and gzipped."""
    for dtype, itemsize in ((0x08, 1), (0x09, 1), (0x0B, 2), (0x0C, 4), (0x0D, 4), (0x0E, 8)):
        yield bytes([0, 0, dtype, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(6 * itemsize)
    yield gzip.compress(bytes([0, 0, 8, 1, 0, 0, 0, 9]) + bytes(9))


def check(data: bytes) -> None:
    """Read an array."""
    try:
        array = idx.read(FILE.hold(data), max_nbytes=LIMIT)
    except (FormatError, LimitError):
        return
    assert array.nbytes <= LIMIT
    assert array.dtype.isnative
