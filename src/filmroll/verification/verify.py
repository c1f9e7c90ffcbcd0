"""Check every record: checksums, message, picture; then index and manifest, and what is there twice.

files ──> engine: each file's faults, keys, marks (shard.py) ──> report, and what is there twice
"""

import os
from pathlib import Path
from typing import Literal

from filmroll import dataset
from filmroll.buffer import Buffer
from filmroll.errors import Error
from filmroll.packing.engines import choice
from filmroll.packing.engines.counter import Counter, Progress
from filmroll.packing.engines.run import run
from filmroll.records import kinds, storage
from filmroll.records.kinds import Choice
from filmroll.records.shards import Place
from filmroll.verification import sidecars
from filmroll.verification.report import Duplicate, Fault, Verification
from filmroll.verification.shard import Checked, Task, bytes_of, check_shard
from filmroll.verification.twins import Twins

MEGABYTE = 1_000_000

WITHOUT_CHECKSUMS = ("lmdb", "tar")


def verify(
    paths: storage.Paths,
    *,
    dialect: str | None = None,
    compression: Choice = "auto",
    decode: bool = False,
    threads: int | None = None,
    engine: choice.Choice = "threads",
    address: str | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Check every record of every file: both checksums, the message, the label, the picture's header.

    Index and `filmroll.json` are compared with the records, and keys and pictures with each other. Behind damage that
    leads to no record the next one is looked for, as in `repair`. A compressed TFRecord file is decompressed into a
    temporary file for that; one that holds more than 4 GiB and 64 times its bytes is a fault, unless
    FILMROLL_INFLATED_NBYTES allows more.

    Args:
        paths: A file, a pattern (`train-*.tfrecord`), a folder, or several of these; of any kind that filmroll reads.
        dialect: How the features are named; None finds out for each file.
        compression: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.
        decode: Decode each picture whole, not only its header.
        threads: Threads that check messages and pictures; None is the number of processors. Of other engines the
            number of files checked at a time.
        engine: Who checks: "threads"; or a file each, "processes", "ray" or a `concurrent.futures.Executor`, which is
            handed absolute paths.
        address: Of the Ray cluster, which sees the same files; None is the one that runs here, else a new one.
        progress: Called with the megabytes done and their number.

    Returns:
        Counts, faults and duplicates; nothing is raised for damaged data.

    Raises:
        FileNotFoundError, SourceError: There are no such files.
        UnsupportedError: There is no dialect or engine of that name.
        MissingDependencyError: The engine needs an extra that is not installed.
        ConnectionError: There is no Ray cluster at the address.
        ChildProcessError: Workers were lost again and again with the same file.

    Warns:
        StaleWarning: Shards of two packs are among the files, and no `filmroll.json` tells which are old; else the
            old ones are faults.
    """
    report = Verification()
    names = storage.expand(paths)
    report.shards, report.nbytes = len(names), sum(map(storage.nbytes_of, names))
    counts: dict[Path, int | None] = {}
    readable = [path for path in names if _is_readable(path, compression, report, counts)]
    if readable:
        own = max(1, threads or os.cpu_count() or 1) if engine == "threads" else 1
        with (
            dataset.open(readable, dialect=dialect, compression=compression, on_error="salvage") as roll,
            choice.opened(engine, workers=1 if engine == "threads" else threads, address=address) as workers,
        ):
            merged = _Merged(roll, report, counts)
            run(
                check_shard,
                (Task(roll, shard, decode, own) for shard in range(len(readable))),
                engine=workers,
                counter=Counter(report.nbytes, progress and _in_megabytes(progress)),
                size=lambda task: storage.nbytes_of(task.path),
                finished=merged.add,
            )
            merged.find_twins()
    report.faults += sidecars.manifest_faults(counts)
    report.faults += sidecars.stale_faults(names)
    report.faults.sort(key=lambda fault: (fault.path, -1 if fault.record is None else fault.record))
    return report


def _is_readable(path: Path, compression: Choice, report: Verification, counts: dict[Path, int | None]) -> bool:
    """Open a file once; what cannot be opened at all is a fault."""
    counts[path] = None
    try:
        kind = kinds.kind_of(path)
        with kinds.open_reader(path, kind=kind, compression=compression, salvage=True) as reader:
            if kind in WITHOUT_CHECKSUMS and reader.compression is None:  # GZIP has one of all
                report.without_checksums.add(kind)
    except Error as exc:
        report.faults.append(Fault(str(path), exc.record, exc.offset, exc.message, storage.nbytes_of(path)))
        return False
    return True


def _in_megabytes(progress: Progress) -> Progress:
    return lambda done, total: progress(-(-done // MEGABYTE), -(-total // MEGABYTE))


class _Merged:
    """What was found in each file, put together in the order of the files."""

    def __init__(self, roll: dataset.Dataset, report: Verification, counts: dict[Path, int | None]) -> None:
        self._roll, self._report, self._counts = roll, report, counts
        self._twins = Twins()
        self._waiting: dict[int, Checked] = {}
        self._next = 0

    def add(self, checked: Checked) -> None:
        """Take one file; those before it may come later."""
        self._waiting[checked.shard] = checked
        while self._next in self._waiting:
            self._take(self._waiting.pop(self._next))
            self._next += 1

    def _take(self, checked: Checked) -> None:
        path = self._roll.paths[checked.shard]
        self._report.records += checked.records or 0
        self._report.pictures += checked.pictures
        self._report.faults += checked.faults
        is_damaged = any(fault.path == str(path) for fault in checked.faults)
        self._counts[path] = None if is_damaged else checked.records
        for place, key, mark in checked.marks:
            self._twins.add(place, key=key, mark=mark)
        checked.marks.clear()

    def find_twins(self) -> None:
        """Compare the pictures that may be the same, byte for byte, and report what is there twice."""
        self._report.duplicates += [self._duplicate("key", *pair) for pair in self._twins.keys]
        identical = self._twins.identical(self._picture_at)
        self._report.duplicates += [self._duplicate("picture", *pair) for pair in identical]

    def _duplicate(self, what: Literal["key", "picture"], place: Place, first: Place) -> Duplicate:
        paths = [str(self._roll.paths[one.shard]) for one in (place, first)]
        return Duplicate(what, paths[0], place.number, paths[1], first.number)

    def _picture_at(self, place: Place) -> Buffer:
        return bytes_of(self._roll.to_sample(place, self._roll.parse(place, self._roll.shards.record(place))))
