"""MNIST for the tasks: the real test set's 10,000 pictures, six times over, as pixels and in records."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import filmroll
from benchmarks.workshop import Workshop
from filmroll.messages import datum_columns, example
from filmroll.records import lmdb

IMAGE_NBYTES = 28 * 28
TIMES = 6


def arrays(workshop: Workshop) -> tuple[np.ndarray, np.ndarray]:
    """Return uint8 images (count, 28, 28) and uint8 labels (count,); 60,000 of them, 3,000 quick."""
    with gzip.open(workshop.real / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(workshop.real / "mnist" / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    count = workshop.count(TIMES * len(labels), quick=3000)
    chosen = np.arange(count) % len(labels)
    return images[chosen], labels[chosen]


def pixels(workshop: Workshop) -> tuple[Path, Path]:
    """Return .npy files of the images and of the labels, for engines that write them."""
    paths = workshop.made("mnist-images.npy"), workshop.made("mnist-labels.npy")
    if not all(path.is_file() for path in paths):
        for path, array in zip(paths, arrays(workshop), strict=True):
            np.save(path, array)
    return paths


def records(workshop: Workshop, *, shards: int) -> list[Path]:
    """Return the shards that hold them as Examples of height, width, depth, label (int64) and image_raw (bytes)."""
    paths = [workshop.made(f"mnist-in-{shards}/mnist-{n:05}-of-{shards:05}.tfrecord") for n in range(shards)]
    if not all(path.is_file() for path in paths):
        examples = list(_examples(workshop))
        for number, path in enumerate(paths):
            with filmroll.Writer(path) as writer:
                for one in examples[number::shards]:
                    writer.write(one)
    return paths


def environment(workshop: Workshop) -> Path:
    """Return the LMDB environment that holds them as Caffe's Datums."""
    path = workshop.made("mnist.lmdb")
    if not path.is_dir():
        images, labels = arrays(workshop)
        with lmdb.Writer(path) as writer:
            writer.write_many(*datum_columns.serialize(images[:, None], labels=labels))
    return path


def _examples(workshop: Workshop) -> Iterator[list]:
    for image, label in zip(*arrays(workshop), strict=True):
        features = {"height": 28, "width": 28, "depth": 1, "label": int(label), "image_raw": image.tobytes()}
        yield example.serialize(features)
