# Invariant: any file, plain, GZIP or ZLIB by its first bytes, gives records or FormatError or LimitError; no more is
# held in memory than the longest record, whatever the data expand to.
"""Compressed TFRecord files."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import suppress

from filmroll.errors import FormatError, LimitError, UnsupportedError
from filmroll.records import framing, tfrecord
from fuzz.scratch import Scratch

SEEDS = ("records/**/*",)
FILE = Scratch("any.tfrecord.gz")


def seeds() -> Iterator[bytes]:
    """Yield records in GZIP, in ZLIB, and in several members."""
    head, foot = framing.frame([bytes(300)])
    plain = (head + bytes(300) + foot) * 5
    yield from (gzip.compress(plain), zlib.compress(plain), gzip.compress(plain) * 2, plain)


def check(data: bytes) -> None:
    """Read a file whose compression is told by its bytes."""
    with suppress(FormatError, LimitError, UnsupportedError), tfrecord.Reader(FILE.hold(data)) as reader:
        for record in reader:
            assert len(record) <= framing.MAX_RECORD_NBYTES
