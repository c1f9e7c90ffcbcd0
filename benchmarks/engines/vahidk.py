"""The PyPI package `tfrecord` (vahidk): plain Python and protobuf. It does not verify checksums when it reads."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tfrecord.reader import tfrecord_iterator, tfrecord_loader
from tfrecord.writer import TFRecordWriter

from benchmarks.engines import worker


def scan_photos(job: worker.Job) -> Iterator[memoryview]:
    """Yield all records; each is overwritten by the next."""
    for path in job["paths"]:
        yield from tfrecord_iterator(path)


def parse_photos(job: worker.Job) -> Iterator[bytes]:
    """Yield the encoded picture of all records."""
    for path in job["paths"]:
        for features in tfrecord_loader(path, None, {"image/encoded": "byte"}):
            yield features["image/encoded"]


def mnist_batches(job: worker.Job) -> Iterator[tuple[Any, Any]]:
    """Yield images and labels, stacked one by one."""
    images, labels = [], []
    for path in job["paths"]:
        for features in tfrecord_loader(path, None, {"image_raw": "byte", "label": "int"}):
            images.append(np.frombuffer(features["image_raw"], np.uint8).reshape(job["side"], job["side"]))
            labels.append(features["label"][0])
            if len(images) == job["batch"]:
                yield np.stack(images), np.array(labels)
                images, labels = [], []
    if images:
        yield np.stack(images), np.array(labels)


def pack_photos(job: worker.Job) -> Callable[[], None]:
    """Return what reads each photo and writes it as an Example of three features; nothing is probed."""

    def pack() -> None:
        target = f"{job['dest']}/photos.tfrecord"
        writer = TFRecordWriter(target)
        for label, folder in enumerate(sorted(Path(job["source"]).iterdir())):
            for path in sorted(folder.iterdir()):
                features = {
                    "image/encoded": (path.read_bytes(), "byte"),
                    "image/format": (b"jpeg", "byte"),
                    "image/class/label": (label, "int"),
                }
                writer.write(features)
        writer.close()
        worker.sync(target, job)

    return pack


def write_small(job: worker.Job) -> Callable[[], None]:
    """Return what writes one Example for each MNIST picture."""
    images, labels = np.load(job["images"]), np.load(job["labels"]).tolist()

    def write() -> None:
        writer = TFRecordWriter(f"{job['dest']}/mnist.tfrecord")
        for image, label in zip(images, labels, strict=True):
            features = {
                "height": (28, "int"),
                "width": (28, "int"),
                "depth": (1, "int"),
                "label": (label, "int"),
                "image_raw": (image.tobytes(), "byte"),
            }
            writer.write(features)
        writer.close()

    return write


if __name__ == "__main__":
    worker.serve(
        {
            "scan-photos": scan_photos,
            "parse-photos": parse_photos,
            "mnist-batches": mnist_batches,
            "pack-photos": pack_photos,
            "write-small": write_small,
        },
        distributions=["tfrecord"],
    )
