"""What is killed: `pack` and `convert` into every kind of record file, over nothing and over an earlier set."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import filmroll
from filmroll.converting.convert import convert
from filmroll.packing.pack import pack
from filmroll.packing.report import Report

CLASSES, PICTURES = ("daisy", "rose", "tulip"), 36
KINDS = ("tfrecord", "lmdb", "tar", "parquet", "array_record")
SHARDS = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One command.

    Attributes:
        name: What it does, beginning with the verb.
        run: Called with the destination and the number of threads.
        earlier: Folder that is there already and is replaced; None where nothing is.
    """

    name: str
    run: Callable[[Path, int], Report]
    earlier: Path | None = None


def jobs(folder: Path) -> dict[str, Sequence[Job]]:
    """Make what the jobs need in a folder, and return them by their verbs.

    All is made in a process of its own, so that this one has no threads and can be forked; what the jobs import is
    imported here.
    """
    source, records, earlier = folder / "pictures", folder / "records" / "roll", folder / "earlier"
    process = os.fork()
    if process == 0:
        _prepare(source, records, earlier)
        os._exit(0)
    if os.waitpid(process, 0)[1]:
        raise RuntimeError("the sources of the jobs could not be made")
    _import()
    shards = f"{records}-*.tfrecord"

    def packing(**options: object) -> Callable[[Path, int], Report]:
        return lambda dest, threads: pack(source, dest, shards=SHARDS, threads=threads, **options)  # type: ignore[arg-type]

    def converting(**options: object) -> Callable[[Path, int], Report]:
        return lambda dest, threads: convert(shards, dest, shards=SHARDS, threads=threads, **options)  # type: ignore[arg-type]

    return {
        "pack": [
            *(Job(f"pack --to {kind}", packing(to=kind)) for kind in KINDS),
            Job("pack --dialect tfds", packing(dialect="tfds")),
            Job("pack --compress gzip", packing(compression="gzip")),
            Job("pack --overwrite", packing(overwrite=True), earlier),
        ],
        "convert": [
            *(Job(f"convert --to {kind}", converting(to=kind, check=True)) for kind in KINDS),
            Job("convert --dialect tfod", converting(dialect="tfod")),
            Job("convert --overwrite", converting(overwrite=True), earlier),
        ],
    }


def _prepare(source: Path, records: Path, earlier: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(PICTURES):
        place = source / CLASSES[number % len(CLASSES)]
        place.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (40 + number, 90, 3), np.uint8)
        filmroll.imwrite(place / f"{number:02d}.{'png' if number % 5 == 0 else 'jpg'}", pixels)
    pack(source, records, shards=2)
    pack(source, earlier / "roll", shards=SHARDS + 1, seed=5)


def _import() -> None:
    """Import what is imported late, so that forked processes need not."""
    from filmroll.records import array_record, array_record_writer, arrow, lmdb, parquet, parquet_columns, tar  # noqa: F401

    array_record_writer.require()
    arrow.require()
