"""protobuf in a Python loop: the framing read by hand, checksums by google-crc32c, messages by protobuf's C parser."""

import struct
from collections.abc import Iterator
from typing import Any

import google_crc32c
import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from benchmarks.engines import worker

MASK_DELTA = 0xA282EAD8


def parse_photos(job: worker.Job) -> Iterator[bytes]:
    """Yield the encoded picture of all records."""
    for message in _examples(job):
        yield message.features.feature["image/encoded"].bytes_list.value[0]


def mnist_batches(job: worker.Job) -> Iterator[tuple[Any, Any]]:
    """Yield images and labels, stacked one by one."""
    images, labels = [], []
    for message in _examples(job):
        features = message.features.feature
        pixels = features["image_raw"].bytes_list.value[0]
        images.append(np.frombuffer(pixels, np.uint8).reshape(job["side"], job["side"]))
        labels.append(features["label"].int64_list.value[0])
        if len(images) == job["batch"]:
            yield np.stack(images), np.array(labels)
            images, labels = [], []
    if images:
        yield np.stack(images), np.array(labels)


def _examples(job: worker.Job) -> Iterator[Any]:
    example = _example_class()
    for path in job["paths"]:
        with open(path, "rb") as file:
            while header := file.read(12):
                length, checksum = struct.unpack("<QI", header)
                _check(header[:8], checksum)
                record = file.read(length)
                _check(record, int.from_bytes(file.read(4), "little"))
                yield example.FromString(record)


def _check(data: bytes, masked: int) -> None:
    crc = google_crc32c.value(data)
    if ((crc >> 15 | crc << 17) + MASK_DELTA) & 0xFFFF_FFFF != masked:
        raise ValueError("a checksum is wrong")


def _example_class() -> Any:
    """Build the classes of example.proto without its file: names and numbers are those of tensorflow/core/example."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="example.proto", package="benchmarks", syntax="proto3")
    for name, kind in (
        ("BytesList", field.TYPE_BYTES),
        ("FloatList", field.TYPE_FLOAT),
        ("Int64List", field.TYPE_INT64),
    ):
        file.message_type.add(name=name).field.add(name="value", number=1, type=kind, label=field.LABEL_REPEATED)
    feature = file.message_type.add(name="Feature")
    feature.oneof_decl.add(name="kind")
    for number, name in enumerate(("bytes_list", "float_list", "int64_list"), 1):
        kind = f".benchmarks.{name.title().replace('_', '')}"
        feature.field.add(
            name=name, number=number, type=field.TYPE_MESSAGE, type_name=kind, label=field.LABEL_OPTIONAL, oneof_index=0
        )
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    entry.field.add(
        name="value", number=2, type=field.TYPE_MESSAGE, type_name=".benchmarks.Feature", label=field.LABEL_OPTIONAL
    )
    nested = ".benchmarks.Features.FeatureEntry"
    features.field.add(name="feature", number=1, type=field.TYPE_MESSAGE, type_name=nested, label=field.LABEL_REPEATED)
    file.message_type.add(name="Example").field.add(
        name="features",
        number=1,
        type=field.TYPE_MESSAGE,
        type_name=".benchmarks.Features",
        label=field.LABEL_OPTIONAL,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("benchmarks.Example"))


if __name__ == "__main__":
    worker.serve({"parse-photos": parse_photos, "mnist-batches": mnist_batches}, distributions=["protobuf"])
