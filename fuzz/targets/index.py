# Invariant: any file is rows of offset and size, in order, inside the file and without overlap, or ParseError.
"""The index beside a TFRecord file."""

from collections.abc import Iterator

import numpy as np

from filmroll.errors import ParseError
from filmroll.records import index
from fuzz.scratch import Scratch

SEEDS = ("records/**/*.idx",)
MAX_NBYTES = 2**11
FILE = Scratch("any.tfrecord.idx")
FILE_NBYTES = 10**6


def seeds() -> Iterator[bytes]:
    """Yield indexes as they are written here and elsewhere."""
    yield from (b"0 16\n16 40\n56 100\n", b"0 16", b"  0\t16 \r\n\r\n16 17\r\n", b"", b"9223372036854775807 16\n")


def check(data: bytes) -> None:
    """Read an index, and write and read it again."""
    try:
        rows = index.read(FILE.hold(data), file_nbytes=FILE_NBYTES)
    except ParseError:
        return
    assert rows.dtype == np.int64
    assert rows.shape == (len(rows), 2)
    ends = rows.sum(axis=1)
    assert (rows[:, 1] >= 16).all()
    assert (rows[1:, 0] >= ends[:-1]).all()
    assert not len(rows) or (rows[0, 0] >= 0 and ends[-1] <= FILE_NBYTES)
    index.write(FILE.path, rows)
    assert (index.read(FILE.path) == rows).all()
