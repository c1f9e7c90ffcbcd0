"""ArrayRecord: raw bytes into its own format, one record a group so that each can be read alone."""

from collections.abc import Callable

import numpy as np
from array_record.python.array_record_module import ArrayRecordWriter

from benchmarks.engines import worker


def write_small(job: worker.Job) -> Callable[[], None]:
    """Return what writes the bytes and the label of each MNIST picture."""
    images, labels = np.load(job["images"]), np.load(job["labels"]).tolist()

    def write() -> None:
        writer = ArrayRecordWriter(f"{job['dest']}/mnist.array_record", job["writer"])
        for image, label in zip(images, labels, strict=True):
            writer.write(bytes((label,)) + image.tobytes())
        writer.close()

    return write


if __name__ == "__main__":
    worker.serve({"write-small": write_small}, distributions=["array-record"])
