"""webdataset: samples into a tar file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import webdataset

from benchmarks.engines import worker


def pack_photos(job: worker.Job) -> Callable[[], None]:
    """Return what puts each photo and its label into a tar file."""

    def pack() -> None:
        target = f"{job['dest']}/photos.tar"
        with webdataset.TarWriter(target) as writer:
            for label, folder in enumerate(sorted(Path(job["source"]).iterdir())):
                for path in sorted(folder.iterdir()):
                    writer.write({"__key__": path.stem, "jpg": path.read_bytes(), "cls": label})
        worker.sync(target, job)

    return pack


def write_small(job: worker.Job) -> Callable[[], None]:
    """Return what writes the bytes and the label of each MNIST picture."""
    images, labels = np.load(job["images"]), np.load(job["labels"]).tolist()

    def write() -> None:
        with webdataset.TarWriter(f"{job['dest']}/mnist.tar") as writer:
            for number, (image, label) in enumerate(zip(images, labels, strict=True)):
                writer.write({"__key__": f"{number:08}", "bin": image.tobytes(), "cls": label})

    return write


if __name__ == "__main__":
    worker.serve({"pack-photos": pack_photos, "write-small": write_small}, distributions=["webdataset"])
