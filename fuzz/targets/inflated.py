# Invariant: any GZIP or ZLIB file gives the bytes that its streams hold up to the damage, and says whether there was
# any; what is whole is given as zlib gives it, and its records are those that salvage finds in the same bytes, plain.
"""Damaged compressed TFRecord files."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import suppress

from filmroll.records import framing, inflated, salvage
from filmroll.records.compression import PROBE_NBYTES, Compression, detect
from filmroll.records.salvaged import Reader
from fuzz.scratch import Scratch

SEEDS = ("records/**/*.gz",)
MAX_NBYTES = 2**12  # which expand to 4 MB
FILE = Scratch("any.tfrecord.gz")


def seeds() -> Iterator[bytes]:
    """Yield streams that are whole, cut short, changed, one behind another, and no streams."""
    head, foot = framing.frame([bytes(300)])
    plain = (head + bytes(300) + foot) * 5
    for packed in (gzip.compress(plain), zlib.compress(plain)):
        yield from (packed, packed[:-3], packed[: len(packed) // 2], packed[:30] + b"xx" + packed[32:], packed * 2)
    yield from (b"", b"\x1f\x8b", b"\x78\x9c", gzip.compress(b""))


def check(data: bytes) -> None:
    """Inflate a file as both; salvage what was in it."""
    _check(data, "gzip", 31)
    _check(data, "zlib", 15)


def _check(data: bytes, compression: Compression, window_bits: int) -> None:
    path = FILE.hold(data)
    file, error = inflated.inflate(path, compression)
    plain = bytes(file.view)
    stream = zlib.decompressobj(window_bits)
    with suppress(zlib.error):
        expected = stream.decompress(data)
        assert plain.startswith(expected)
        if stream.eof and not (stream.unused_data and compression == "gzip"):
            assert (plain, error) == (expected, None)
        if data and not stream.eof:
            assert error is not None
    if data and detect(data[:PROBE_NBYTES]) != compression:
        return  # the reader says so, and does not open it
    with Reader(path, compression=compression) as reader:
        offsets = reader.salvage()[1].offsets.tolist()
        assert (reader.stream_error is None) is (error is None)
    assert offsets == salvage.find(file).offsets.tolist()
