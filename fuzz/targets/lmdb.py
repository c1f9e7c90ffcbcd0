# Invariant: any file gives the records that it announces, each inside the file, the same in order, by number and as
# spans; or FormatError or UnsupportedError.
"""The pages of LMDB."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from filmroll.errors import FormatError, UnsupportedError
from filmroll.records import lmdb, lmdb_writer
from fuzz.scratch import Scratch

SEEDS = ()
FILE = Scratch("data.mdb")
MAX_NBYTES = 2**16
ALLOWED = (FormatError, UnsupportedError)


def seeds() -> Iterator[bytes]:
    """Yield environments of no, few, many and large records."""
    for count, nbytes in ((0, 0), (3, 20), (300, 9), (3, 9000)):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "any.lmdb")
            with lmdb_writer.Writer(path) as writer:
                for number in range(count):
                    writer.write(bytes([number % 256]) * nbytes)
            yield (path / "data.mdb").read_bytes()


def check(data: bytes) -> None:
    """Read all records in order, then by their numbers."""
    try:
        reader = lmdb.Reader(FILE.hold(data))
        found = [bytes(record) for record in reader]
    except ALLOWED:
        return
    assert len(found) == len(reader)
    try:
        keys = [reader.key(number) for number in range(len(reader))]
        assert [bytes(reader[number]) for number in range(len(reader))] == found
    except ALLOWED:
        return
    assert len(keys) == len(found)
