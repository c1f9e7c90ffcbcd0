"""The shards that are damaged: real ones, photos and MNIST packed, and records that hold records."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import filmroll
from filmroll.messages import example

RECORD_FILES = (
    "records/cow/test.record",
    "records/models/pets_examples.record",
    "records/plain/net2vec/test.tfrecords",
    "records/tensorflow/build_imagenet_data.tfrecord",
    "records/torchdata/sequence_example.tfrecord",
    "records/not-examples/100.tfrecords",
)
PHOTOS, DIGITS = 12, 300


@dataclass(frozen=True, slots=True)
class Shard:
    """A TFRecord file and what is in it.

    Attributes:
        name: What it is.
        data: The bytes of the file.
        records: The data of each record.
        spans: Where each record begins and ends in the file, framing included.
    """

    name: str
    data: bytes
    records: list[bytes]
    spans: list[tuple[int, int]]


def real_shards(folder: Path) -> list[Shard]:
    """Return the shards, those that are made written into a folder.

    Raises:
        FileNotFoundError: The real files are not there.
    """
    root = Path(os.environ.get("FILMROLL_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
    shards = [read(root / name, name=name.removeprefix("records/")) for name in RECORD_FILES]
    filmroll.pack(root / "photos", folder / "photos.tfrecord", shards=1)
    photos = read(folder / "photos.tfrecord", name="photos packed")
    shards.append(write(folder / "photos.tfrecord", sorted(photos.records, key=len)[:PHOTOS], name="photos packed"))
    filmroll.pack(root / "mnist", folder / "digits.tfrecord", shards=1, dialect="array")
    digits = read(folder / "digits.tfrecord", name="MNIST packed").records[:DIGITS]
    shards.append(write(folder / "digits.tfrecord", digits, name="MNIST packed"))
    return [*shards, _nested(folder / "nested.tfrecord", digits[:40], shards[0].records[:12])]


def _nested(path: Path, small: Sequence[bytes], large: Sequence[bytes]) -> Shard:
    """Make records every second of which holds a whole TFRecord file, as a feature."""
    records: list[bytes] = []
    for number, record in enumerate(large):
        inner = write(path, small[number : number + 1 + number % 4], name="").data
        records += [example.serialize({"shard": inner, "image/encoded": record, "label": number}), record]
    return write(path, records, name="records in records")


def write(path: Path, records: Sequence[bytes], *, name: str) -> Shard:
    """Write a shard, and return it."""
    with filmroll.Writer(path) as writer:
        for record in records:
            writer.write(record)
    return read(path, name=name)


def read(path: Path, *, name: str) -> Shard:
    """Read a shard."""
    with filmroll.Reader(path) as reader:
        records = [bytes(record) for record in reader]
        spans = [
            (start, start + size + 16)
            for start, size in zip(reader.offsets.tolist(), reader.sizes.tolist(), strict=True)
        ]
    return Shard(name, path.read_bytes(), records, spans)
