# Invariant: any file, gzipped or not, gives samples whose members lie inside it, the same in order and by number; or
# FormatError, LimitError or UnsupportedError.
"""WebDataset tars."""

import gzip
import io
import tarfile
from collections.abc import Iterator

from filmroll.errors import FormatError, LimitError, UnsupportedError
from filmroll.records import tar
from fuzz.scratch import Scratch

SEEDS = ("tar/**/*",)
FILE = Scratch("any.tar")
ALLOWED = (FormatError, LimitError, UnsupportedError)


def seeds() -> Iterator[bytes]:
    """Yield tars of each kind, with long and foreign names, plain and gzipped."""
    for kind in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=kind) as archive:
            for name, nbytes in (("a.jpg", 5), ("a.cls", 1), ("b.jpg", 600), ("\u00e9" * 30 + "/c.d.png", 3)):
                info = tarfile.TarInfo(name)
                info.size = nbytes
                archive.addfile(info, io.BytesIO(bytes(nbytes)))
        yield out.getvalue()
        yield gzip.compress(out.getvalue())


def check(data: bytes) -> None:
    """Read all samples in order, then by their numbers."""
    with tar.Reader(FILE.hold(data)) as reader:
        try:
            found = [_plain(sample) for sample in reader]
        except ALLOWED:
            return
        assert [_plain(reader[number]) for number in range(len(reader))] == found


def _plain(sample: tar.Record) -> dict[str, list[bytes]]:
    return {name: [bytes(value) for value in values] for name, values in sample.items()}
