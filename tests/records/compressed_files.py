"""Four records, framed, compressed by Python itself, and read."""

import gzip
import zlib

import reference
from filmroll.records import Reader

RECORDS = [b"foo", b"", b"bar" * 1000, bytes(range(256)) * 9]
PLAIN = b"".join(map(reference.frame, RECORDS))
COMPRESS = {"gzip": gzip.compress, "zlib": zlib.compress}
KINDS = sorted(COMPRESS)


def written(tmp_path, data, name="records"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def records(path, **options):
    with Reader(path, **options) as reader:
        return [bytes(record) for record in reader]
