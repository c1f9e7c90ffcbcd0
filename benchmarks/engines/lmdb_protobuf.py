"""The packages lmdb and protobuf in a Python loop, as Caffe's own Python examples have it."""

from collections.abc import Callable, Iterator
from typing import Any

import lmdb
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from benchmarks.engines import worker

BATCH_RECORDS = 1000  # of a transaction, as Caffe's tools have it
MAP_NBYTES = 1 << 30


def datum_lmdb(job: worker.Job) -> Iterator[tuple[Any, Any]]:
    """Yield images and labels, stacked one by one."""
    datum = _datum_class()
    images, labels = [], []
    for path in job["paths"]:
        with lmdb.open(path, readonly=True, lock=False) as environment, environment.begin() as transaction:
            for _, record in transaction.cursor():
                message = datum.FromString(record)
                shape = message.channels, message.height, message.width
                images.append(np.frombuffer(message.data, np.uint8).reshape(shape)[0])
                labels.append(message.label)
                if len(images) == job["batch"]:
                    yield np.stack(images), np.array(labels)
                    images, labels = [], []
    if images:
        yield np.stack(images), np.array(labels)


def write_datum_lmdb(job: worker.Job) -> Callable[[], None]:
    """Return what writes one Datum for each MNIST picture."""
    images, labels = np.load(job["images"]), np.load(job["labels"]).tolist()
    datum = _datum_class()

    def write() -> None:
        path = f"{job['dest']}/mnist.lmdb"
        with lmdb.open(path, map_size=MAP_NBYTES, sync=job.get("sync", True)) as environment:
            for first in range(0, len(images), BATCH_RECORDS):
                with environment.begin(write=True) as transaction:
                    for number in range(first, min(first + BATCH_RECORDS, len(images))):
                        message = datum(channels=1, height=28, width=28, data=images[number].tobytes())
                        message.label = labels[number]
                        transaction.put(b"%08d" % number, message.SerializeToString())
            environment.sync(True)

    return write


def _datum_class() -> Any:
    """Build the class of caffe.proto's Datum without its file."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="datum.proto", package="benchmarks", syntax="proto2")
    message = file.message_type.add(name="Datum")
    for number, (name, kind, label) in enumerate(
        (
            ("channels", field.TYPE_INT32, field.LABEL_OPTIONAL),
            ("height", field.TYPE_INT32, field.LABEL_OPTIONAL),
            ("width", field.TYPE_INT32, field.LABEL_OPTIONAL),
            ("data", field.TYPE_BYTES, field.LABEL_OPTIONAL),
            ("label", field.TYPE_INT32, field.LABEL_OPTIONAL),
            ("float_data", field.TYPE_FLOAT, field.LABEL_REPEATED),
            ("encoded", field.TYPE_BOOL, field.LABEL_OPTIONAL),
        ),
        1,
    ):
        message.field.add(name=name, number=number, type=kind, label=label)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("benchmarks.Datum"))


if __name__ == "__main__":
    worker.serve({"datum-lmdb": datum_lmdb, "write-datum-lmdb": write_datum_lmdb}, distributions=["lmdb", "protobuf"])
