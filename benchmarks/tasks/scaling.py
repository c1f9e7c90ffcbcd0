"""Does time grow with the number of records, and memory not?

Data: 1,000 to 10,000,000 Examples of 8 x 8 pixels and a label, in one TFRecord file with an index. Timed, each size in
a process of its own: `scan`, every record in hand; `open`, the file opened and the record in the middle in hand;
`batches`, batches of 256 in hand. Memory is looked at in the warm-up: what belongs to no file, imports included. The
rival stops at 1,000,000: minutes a run would follow. Equal content: as in `scan-photos` and `mnist-batches`.
"""

from pathlib import Path

import numpy as np

import filmroll
from benchmarks.task import Engine, Job, Task
from benchmarks.workshop import Workshop
from filmroll.messages import columns

SIDE = 8
COUNTS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
MOST = {"filmroll": 10_000_000, "tensorflow": 1_000_000}
CHUNK = 100_000  # records written at once


def prepare(workshop: Workshop) -> Job:
    """Write the files; quick ones are smaller by a factor of ten, and of 2,000 records at most."""
    paths = {}
    for count in COUNTS:
        actual = min(count // 10, 2_000) if workshop.quick else count
        paths[str(count)] = {"path": str(records(workshop, count=actual)), "count": actual}
    return {"sizes": paths, "batch": 256, "side": SIDE}


def records(workshop: Workshop, *, count: int) -> Path:
    """Return a file of that many small records."""
    path = workshop.made(f"small-{count}.tfrecord")
    if not path.is_file():
        pixels = np.random.default_rng(1).integers(0, 256, (1024, SIDE * SIDE), np.uint8)
        with filmroll.Writer(path) as writer:
            for start in range(0, count, CHUNK):
                labels = np.arange(start, min(start + CHUNK, count))
                side = np.full(len(labels), SIDE)
                features = {"height": side, "width": side, "depth": np.ones_like(side), "label": labels}
                images = columns.Bytes(pixels[labels % len(pixels)])
                writer.write_many(*columns.serialize(features | {"image_raw": images}))
    return path


def _engines() -> tuple[Engine, ...]:
    found = []
    for operation, consume in (("scan", "payloads"), ("open", "payloads"), ("batches", "batches")):
        for count in COUNTS:
            options = {"work": operation, "consume": consume, "size_of": str(count)}
            found += [
                Engine(name, name, name, options=options, group=f"{operation} {count}")
                for name, most in MOST.items()
                if count <= most
            ]
    return tuple(found)


TASK = Task(
    name="scaling",
    title="Growing files",
    unit="s",
    items="records",
    compare="exact",
    prepare=prepare,
    engines=_engines(),
)
