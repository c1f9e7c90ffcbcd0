"""filmroll, as a user would call it."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import numpy as np

import filmroll
from benchmarks.engines import worker
from filmroll.messages import example

Batch = tuple[Any, Any]
MANY = 4096


def scan_photos(job: worker.Job) -> Iterator[memoryview]:
    """Yield all records, both checksums verified."""
    for path in job["paths"]:
        yield from filmroll.Reader(path)


def parse_photos(job: worker.Job) -> Iterator[memoryview]:
    """Yield the encoded picture of all records."""
    for record in scan_photos(job):
        yield example.parse(record)["image/encoded"][0]


def mnist_batches(job: worker.Job) -> Iterator[Batch]:
    """Yield images (n, 28, 28) and labels (n,)."""
    for batch in filmroll.open(job["paths"]).batches(job["batch"], channels=1, threads=job["threads"]):
        yield batch["image"][..., 0], batch["label"]


def mnist_columns(job: worker.Job) -> Iterator[Batch]:
    """Yield the same from the layers below: records, parsed many at a time."""
    from filmroll.messages import columns

    wanted = {"image_raw": columns.Spec("bytes"), "label": columns.Spec("int64")}
    records = scan_photos(job)
    while batch := list(islice(records, job["batch"])):
        found = columns.parse(batch, features=wanted)
        yield found["image_raw"].dense().reshape(-1, job["side"], job["side"]), found["label"].dense()


def decode_photo(job: worker.Job) -> Callable[[bytes], Any]:
    """Return what decodes a photo to RGB."""
    return lambda photo: filmroll.decode(photo, channels=3)


def train_crops(job: worker.Job) -> Iterator[Batch]:
    """Yield batches of random crops, flipped at random, in shuffled order."""
    return _batches(job, crop="random", flip=True, shuffle=True, seed=1)


def eval_crops(job: worker.Job) -> Iterator[Batch]:
    """Yield batches of center crops in the order of the records."""
    return _batches(job, crop="center")


_kept: list[Any] = []  # the loader of this process's one job, made before the clock starts, as torch's is


def _batches(job: worker.Job, **options: Any) -> Iterator[Batch]:
    if not _kept:
        options |= {name: job[name] for name in ("antialias", "dct") if name in job}
        how = "processes" if job.get("processes") else "threads"
        roll = filmroll.open(job["paths"])
        _kept.append(roll.batches(job["batch"], size=job["size"], **{how: job["threads"]}, **options))
    _kept[0].load_state_dict({"epoch": 0, "position": 0})  # each time the same parts
    return ((batch["image"], None) for batch in _kept[0])


def pack_photos(job: worker.Job) -> Callable[[], object]:
    """Return what packs the folder, one shard for each thread."""
    return lambda: filmroll.pack(job["source"], f"{job['dest']}/photos", shards=job["threads"], threads=job["threads"])


def write_small(job: worker.Job) -> Callable[[], None]:
    """Return what writes one Example for each MNIST picture."""
    images, labels = np.load(job["images"]), np.load(job["labels"]).tolist()

    def write() -> None:
        with filmroll.Writer(f"{job['dest']}/mnist.tfrecord") as writer:
            for image, label in zip(images, labels, strict=True):
                features = {"height": 28, "width": 28, "depth": 1, "label": label, "image_raw": image.tobytes()}
                writer.write(example.serialize(features))

    return write


def write_columns(job: worker.Job) -> Callable[[], None]:
    """Return what writes the same Examples from columns."""
    from filmroll.messages import columns

    images, labels = np.load(job["images"]), np.load(job["labels"])

    def write() -> None:
        with filmroll.Writer(f"{job['dest']}/mnist.tfrecord") as writer:
            for start in range(0, len(images), MANY):
                part = slice(start, start + MANY)
                side = np.full(len(images[part]), 28)
                features = {"height": side, "width": side, "depth": np.ones_like(side), "label": labels[part]}
                writer.write_many(*columns.serialize(features | {"image_raw": columns.Bytes(images[part])}))

    return write


def middle_record(job: worker.Job) -> Iterator[memoryview]:
    """Open the file, count its records, and yield the one in the middle."""
    with filmroll.Reader(job["paths"][0]) as reader:
        yield reader[len(reader) // 2]


def datum_lmdb(job: worker.Job) -> Iterator[Batch]:
    """Yield images and labels of the Datums in LMDB environments, parsed many at a time."""
    from filmroll.messages import datum_columns
    from filmroll.records import lmdb

    for path in job["paths"]:
        with lmdb.Reader(path) as reader:
            for first in range(0, len(reader), MANY):
                buffer, starts, lengths = reader.spans(np.arange(first, min(first + MANY, len(reader))))
                found = datum_columns.parse_buffer(buffer.data, starts, lengths)
                images, labels = found["data"].dense().reshape(-1, job["side"], job["side"]), found["label"].dense()
                for start in range(0, len(images), job["batch"]):
                    yield images[start : start + job["batch"]], labels[start : start + job["batch"]]


def datum_lmdb_singly(job: worker.Job) -> Iterator[Batch]:
    """Yield the same, each record parsed alone."""
    from filmroll.messages import datum
    from filmroll.records import lmdb

    for path in job["paths"]:
        with lmdb.Reader(path) as reader:
            records = iter(reader)
            while batch := [datum.parse(record) for record in islice(records, job["batch"])]:
                images = [np.frombuffer(one["data"][0], np.uint8).reshape(job["side"], job["side"]) for one in batch]
                yield np.stack(images), np.array([one["label"][0] for one in batch])


def write_datum_lmdb(job: worker.Job) -> Callable[[], None]:
    """Return what writes one Datum for each MNIST picture, many at a time."""
    from filmroll.messages import datum_columns
    from filmroll.records import lmdb

    images, labels = np.load(job["images"]), np.load(job["labels"])

    def write() -> None:
        with lmdb.Writer(f"{job['dest']}/mnist.lmdb") as writer:
            for start in range(0, len(images), MANY):
                part = slice(start, start + MANY)
                writer.write_many(*datum_columns.serialize(images[part, None], labels=labels[part]))

    return write


def write_datum_lmdb_singly(job: worker.Job) -> Callable[[], None]:
    """Return what writes the same one by one."""
    from filmroll.messages import datum
    from filmroll.records import lmdb

    images, labels = np.load(job["images"]), np.load(job["labels"]).tolist()

    def write() -> None:
        with lmdb.Writer(f"{job['dest']}/mnist.lmdb") as writer:
            for image, label in zip(images, labels, strict=True):
                features = {"channels": 1, "height": 28, "width": 28, "data": image.tobytes(), "label": label}
                writer.write(datum.serialize(features))

    return write


if __name__ == "__main__":
    worker.serve(
        {
            "scan-photos": scan_photos,
            "parse-photos": parse_photos,
            "mnist-batches": mnist_batches,
            "mnist-columns": mnist_columns,
            "decode-photo": decode_photo,
            "train-crops": train_crops,
            "eval-crops": eval_crops,
            "pack-photos": pack_photos,
            "write-small": write_small,
            "write-columns": write_columns,
            "scan": scan_photos,
            "open": middle_record,
            "batches": mnist_batches,
            "datum-lmdb": datum_lmdb,
            "datum-lmdb-singly": datum_lmdb_singly,
            "write-datum-lmdb": write_datum_lmdb,
            "write-datum-lmdb-singly": write_datum_lmdb_singly,
        },
        distributions=["filmroll"],
    )
