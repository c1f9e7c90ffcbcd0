"""A TFRecord file of four small records, and how tests write and read such files."""

import reference
from filmroll.records import Writer

RECORDS = [b"foo", b"bar", b"", b"xxxx"]
FILE = b"".join(map(reference.frame, RECORDS))
OFFSETS = [0, 19, 38, 54]


def written(tmp_path, data):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(data)
    return path


def write(path, records, **options):
    with Writer(path, **options) as writer:
        for record in records:
            writer.write(record)


def copied(reader):
    return [bytes(record) for record in reader]
