"""What is done with the items that an engine hands out: little when the clock runs, a digest of all when it does not.

Digests do not depend on the order of the items: they are sums of the CRC-32 of each, so that shards read in turns
give the same.
"""

import shutil
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any, Protocol

from benchmarks.engines import memory

Job = dict[str, Any]
Content = dict[str, Any]
SAMPLED_PICTURES = 8
MEMORY_EVERY = 256  # items between two looks at the memory


class Consumer(Protocol):
    """Takes what an engine made: `run` returns seconds, `check` the content."""

    def prepare(self, job: Job) -> None:
        """Make room for a repetition, before the engine is asked for the items."""

    def run(self, items: Any, job: Job) -> float:
        """Consume the items with the clock running; return seconds."""

    def check(self, items: Any, job: Job) -> Content:
        """Consume the items without a clock; return what they were."""


class Payloads:
    """Bytes, one record or picture at a time: the clock covers having each in hand and asking its length."""

    def prepare(self, job: Job) -> None:
        """Need nothing."""

    def run(self, items: Iterable[Any], job: Job) -> float:
        """Count all bytes."""
        start = time.perf_counter()
        nbytes = 0
        for payload in items:
            nbytes += len(payload)
        return time.perf_counter() - start

    def check(self, items: Iterable[Any], job: Job) -> Content:
        """Digest all bytes, and watch the memory."""
        count = nbytes = digest = peak = 0
        for payload in items:
            if count % MEMORY_EVERY == 0:
                peak = max(peak, memory.anonymous_nbytes() or 0)
            count, nbytes, digest = count + 1, nbytes + len(payload), digest + zlib.crc32(payload)
        return {"count": count, "nbytes": nbytes, "digest": digest, "anonymous_nbytes": peak}


class Totals:
    """A function that goes over all items by itself and returns what it counted, such as {"nbytes": ...}."""

    def prepare(self, job: Job) -> None:
        """Need nothing."""

    def run(self, items: Callable[[], Content], job: Job) -> float:
        """Call it."""
        start = time.perf_counter()
        items()
        return time.perf_counter() - start

    def check(self, items: Callable[[], Content], job: Job) -> Content:
        """Return what it counted."""
        return items()


class Batches:
    """Pairs of arrays (images, labels), labels None where the task has none: the clock covers having each in hand."""

    def prepare(self, job: Job) -> None:
        """Need nothing."""

    def run(self, items: Iterable[Any], job: Job) -> float:
        """Count all images."""
        start = time.perf_counter()
        count = 0
        for images, _ in items:
            count += len(images)
        return time.perf_counter() - start

    def check(self, items: Iterable[Any], job: Job) -> Content:
        """Digest images and labels; keep the first batch where the job says where; watch the memory."""
        count = digest = peak = 0
        shapes, dtypes = set(), set()
        for number, (images, labels) in enumerate(items):
            count += len(images)
            shapes.add("x".join(map(str, images.shape[1:])))
            dtypes.add(str(images.dtype))
            if job.get("pixels_path") and not number:
                _keep(images, job["pixels_path"])
            if job["compare"] == "exact":
                digest += _digest(images, labels)
            if number % MEMORY_EVERY == 0:
                peak = max(peak, memory.anonymous_nbytes() or 0)
        content = {"count": count, "shape": sorted(shapes), "dtype": sorted(dtypes), "anonymous_nbytes": peak}
        return content | ({"digest": digest} if job["compare"] == "exact" else {})


class Pictures:
    """A function from encoded bytes to pixels: the clock covers one photo, a run's value is the median photo."""

    def prepare(self, job: Job) -> None:
        """Need nothing."""

    def run(self, items: Any, job: Job) -> float:
        """Decode each photo once; return the median of their seconds."""
        seconds = []
        for photo in _photos(job):
            start = time.perf_counter()
            items(photo)
            seconds.append(time.perf_counter() - start)
        return median(seconds)

    def check(self, items: Any, job: Job) -> Content:
        """Count the pixels of all photos and keep those of a few."""
        import numpy as np

        decoded = [np.asarray(items(photo)) for photo in _photos(job)]
        kept = np.concatenate([picture.ravel() for picture in decoded[:SAMPLED_PICTURES]])
        _keep(kept, job["pixels_path"])
        return {"count": len(decoded), "nbytes": sum(one.nbytes for one in decoded)}


class Files:
    """A function that writes files into the job's `dest`: the clock covers all of it, closing included."""

    def prepare(self, job: Job) -> None:
        """Make an empty folder for the files."""
        shutil.rmtree(job["dest"], ignore_errors=True)
        Path(job["dest"]).mkdir(parents=True)

    def run(self, items: Any, job: Job) -> float:
        """Write them."""
        start = time.perf_counter()
        items()
        return time.perf_counter() - start

    def check(self, items: Any, job: Job) -> Content:
        """Write them; the harness reads them back."""
        items()
        return {}


CONSUMERS: dict[str, Consumer] = {
    "payloads": Payloads(),
    "totals": Totals(),
    "batches": Batches(),
    "pictures": Pictures(),
    "files": Files(),
}


def _digest(images: Any, labels: Any) -> int:
    total = 0
    for number in range(len(images)):
        label = b"" if labels is None else int(labels[number]).to_bytes(8, "little", signed=True)
        total += zlib.crc32(label, zlib.crc32(images[number].tobytes()))
    return total


def _keep(array: Any, path: str) -> None:
    import numpy as np

    np.save(path, array)


def _photos(job: Job) -> list[bytes]:
    return [Path(path).read_bytes() for path in job["paths"]]
