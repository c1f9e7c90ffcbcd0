"""Limits: the least that any engine must do. A checksum, a pass over memory, a decoder, a plain file."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import google_crc32c
import numpy as np
import simplejpeg

from benchmarks.engines import worker

Total = dict[str, int]
CHUNK_NBYTES = 1 << 20


def checksum(job: worker.Job) -> Callable[[], Total]:
    """Return what computes one CRC-32C over the mapped files."""

    def compute() -> Total:
        for path in job["paths"]:
            google_crc32c.value(np.memmap(path, np.uint8, mode="r"))
        return {}

    return compute


def read(job: worker.Job) -> Callable[[], Total]:
    """Return what reads the files out of the page cache, 1 MiB at a time, into the same memory."""
    chunk = bytearray(CHUNK_NBYTES)

    def compute() -> Total:
        for path in job["paths"]:
            with open(path, "rb", buffering=0) as file:
                while file.readinto(chunk):
                    pass
        return {}

    return compute


def copy(job: worker.Job) -> Callable[[], Total]:
    """Return what copies the bytes of the files from memory to memory."""
    arrays = [np.fromfile(path, np.uint8) for path in job["paths"]]
    targets = [np.zeros_like(array) for array in arrays]

    def compute() -> Total:
        for target, array in zip(targets, arrays, strict=True):
            np.copyto(target, array)
        return {}

    return compute


def decode_photo(job: worker.Job) -> Callable[[bytes], Any]:
    """Return the JPEG decoder alone."""
    return simplejpeg.decode_jpeg


def decode_all(job: worker.Job) -> Callable[[], Total]:
    """Return what decodes all photos of the folder whole, in threads, and drops them."""
    photos = [Path(path).read_bytes() for path in job["files"]]

    def compute() -> Total:
        with ThreadPoolExecutor(job["threads"]) as pool:
            for _ in pool.map(simplejpeg.decode_jpeg, photos, chunksize=8):
                pass
        return {"count": len(photos)}

    return compute


def write_photos(job: worker.Job) -> Callable[[], None]:
    """Return what reads all photos and writes their bytes into one file."""

    def write() -> None:
        target = f"{job['dest']}/photos.bin"
        with open(target, "wb") as file:
            for path in job["files"]:
                file.write(Path(path).read_bytes())
        worker.sync(target, job)

    return write


def copy_tree(job: worker.Job) -> Callable[[], object]:
    """Return what copies the folder of photos."""
    return lambda: shutil.copytree(job["source"], f"{job['dest']}/photos")


def write_small(job: worker.Job) -> Callable[[], None]:
    """Return what writes the bytes of each MNIST picture into one file, one call for each."""
    images = np.load(job["images"])

    def write() -> None:
        target = f"{job['dest']}/mnist.bin"
        with open(target, "wb") as file:
            for image in images:
                file.write(image.tobytes())
        worker.sync(target, job)

    return write


if __name__ == "__main__":
    worker.serve(
        {
            "checksum": checksum,
            "read": read,
            "copy": copy,
            "decode-photo": decode_photo,
            "decode-all": decode_all,
            "write-photos": write_photos,
            "copy-tree": copy_tree,
            "write-small": write_small,
        },
        distributions=["simplejpeg", "google-crc32c", "numpy"],
    )
