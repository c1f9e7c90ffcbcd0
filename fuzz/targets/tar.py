# Invariant: any file, gzipped or not, gives samples whose members lie inside it, the same in order and by number; or
# FormatError, LimitError or UnsupportedError. What is salvaged of a plain one and what is lost are the file; what reads
# without that, in whole blocks, is salvaged as it is.
"""WebDataset tars."""

import gzip
import io
import itertools
import tarfile
from collections.abc import Iterator

from filmroll.errors import FormatError, LimitError, UnsupportedError
from filmroll.records import tar, tar_salvage
from filmroll.records.compression import GZIP_SIGNATURE
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
    """Salvage a tar; read all samples in order, then by their numbers."""
    salvaged = None if data[:2] == GZIP_SIGNATURE[:2] else _salvage(data)
    with tar.Reader(FILE.hold(data)) as reader:
        try:
            found = [_plain(sample) for sample in reader]
        except ALLOWED:
            return
        assert [_plain(reader[number]) for number in range(len(reader))] == found
    assert salvaged in (None, found) or len(data) % tar.BLOCK_NBYTES


def _salvage(data: bytes) -> list[dict[str, list[bytes]]]:
    found = tar_salvage.find(memoryview(data))
    spans = sorted([(one.offset, one.stop) for one in found.kept] + [(at, at + n) for at, n, *_ in found.losses])
    assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))
    assert not any(data[spans[-1][1] :] if spans else data)
    keys = [{"__key__": [group.key.encode("utf-8", "surrogateescape")]} for group in found.groups]
    fields = [{name: [data[at : at + n]] for name, (at, n) in group.fields.items()} for group in found.groups]
    return [key | own for key, own in zip(keys, fields, strict=True)]


def _plain(sample: tar.Record) -> dict[str, list[bytes]]:
    return {name: [bytes(value) for value in values] for name, values in sample.items()}
