"""Damaged record files into clean ones: what is sound is kept byte for byte, and what was lost is said.

file ──> its kind ──> tfrecord.py, tar.py, array_record.py: a copy ──> report, and filmroll.json beside the copies
"""

import errno
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from filmroll import atomic, manifest
from filmroll.errors import Error, FormatError, MissingDependencyError, SourceError, UnsupportedError
from filmroll.packing import plan, room
from filmroll.packing.engines import choice
from filmroll.packing.engines.counter import Counter, Progress
from filmroll.packing.engines.run import run
from filmroll.records import cache, kinds, storage
from filmroll.records import compression as compressions
from filmroll.records.compression import GZIP_SIGNATURE, Compression
from filmroll.records.kinds import Choice, Kind
from filmroll.remote.path import path_of
from filmroll.repairing import array_record, tar, tfrecord
from filmroll.repairing.report import Repaired
from filmroll.repairing.task import Task, bad_data_of

REPAIRERS = {
    "tfrecord": tfrecord.repair_file,
    "tar": tar.repair_file,
    "array_record": array_record.repair_file,
}
KNOWN_BY_THEIR_MIDDLE: tuple[Kind, ...] = ("array_record", "tar")
REFUSALS = {
    "lmdb": "LMDB keeps no checksums, so that nothing is found again behind a damaged page",
    "parquet": "the end of a Parquet file tells where all is, so that nothing is found again by itself",
}


def repair(
    source: storage.Paths,
    dest: str | os.PathLike[str],
    *,
    keep_bad_data: bool = False,
    compression: Choice = "auto",
    threads: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Repaired:
    """Write clean copies of damaged record files: every undamaged record, in order, byte for byte.

    TFRecord: after damage the next record is found by the checksum of its length, at whatever offset it is, and
    confirmed by the checksum of its data. A record whose header alone was overwritten is found by that of its data.
    What lies inside a record is never taken for one. The copy has a new index.

    Tar: the next member is found by the checksum of its header. A sample that lost members is left out whole; one is
    taken to have lost some if it is beside the damage and has fewer fields than others. Members keep their headers.

    ArrayRecord: the next chunk is found by the hash of its header, and kept as it is if its records can be read. The
    copy has a new footer.

    Of a compressed file all records before the damage are kept, and of GZIP those of the members behind it; the copy
    is compressed in the same way. The damaged files are only read.

    Args:
        source: The files: a file, a pattern, a folder, or several of these.
        dest: The clean copy; of several files the folder for the copies, which have their names. It is made.
        keep_bad_data: Write what is left out and may be of use into a file of its own, the name of the copy and
            ".bad-data": records whose length is right but whose data is not, and frames that seem to be a part of a
            damaged record; of tars sound members of samples that lost others.
        compression: Of TFRecord files: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.
        threads: Files repaired at a time; None is the number of processors.
        overwrite: Replace files that are already there.
        progress: Called with the files done and their number, from any thread.

    Returns:
        What was kept and what was lost, with the places.

    Raises:
        FileNotFoundError, SourceError: There are no such files, or one of them holds no record at all.
        FormatError: One of them is something else that is known, and holds no record.
        UnsupportedError: A file is of another kind, in which nothing is found again.
        FileExistsError: A copy, or the file of what is kept beside it, would be a damaged file itself, or is there
            already, and `overwrite` is False.
        OSError: Writing failed. No copy stays, whatever the error.
        LimitError: A compressed file begins with a length above the limit, or holds more than 4 GiB and 64 times its
            bytes; FILMROLL_INFLATED_NBYTES allows more.
        MissingDependencyError: The engine or the store needs an extra that is not installed.
    """
    sources = storage.expand(source)
    found = [_kind_of(path) for path in sources]
    paths = _destinations(sources, dest)
    bad_data = [bad_data_of(path) for path in paths] if keep_bad_data else []
    _make_room(sources, [*paths, *bad_data], overwrite=overwrite)
    tasks = [
        Task(one, other, kind, _compression_of(one, kind, compression), keep_bad_data)
        for one, other, kind in zip(sources, paths, found, strict=True)
    ]
    finished: list[Repaired] = []
    try:
        with choice.opened("threads", workers=threads, name="repair") as workers:
            counter = Counter(len(sources), progress)
            done = run(_repair_file, tasks, engine=workers, counter=counter, finished=finished.append)
        _describe(tasks, done)
    except BaseException:  # what stood under the other names still does
        room.remove(path for one in finished for path in (*one.shards, *one.bad_data))
        raise
    report = Repaired()
    for one in done:
        report.merge(one)
    return report


def _repair_file(task: Task, _: object) -> Repaired:
    try:
        return REPAIRERS[task.kind](task)
    except SourceError:  # a file whose beginning is gone is taken for one of TFRecord
        if task.kind != "tfrecord" or task.compression is not None:
            raise
        for kind in KNOWN_BY_THEIR_MIDDLE:
            with suppress(SourceError, UnsupportedError, MissingDependencyError):
                return REPAIRERS[kind](replace(task, kind=kind))
        raise


def _kind_of(path: Path) -> Kind:
    try:
        kind = kinds.kind_of(path)
    except FormatError:
        return "tfrecord"  # whatever it begins with, there may be records behind it
    if kind in REFUSALS:
        raise UnsupportedError(f"{REFUSALS[kind]}; {_instead(path, kind)}", path=path)
    return kind


def _instead(path: Path, kind: Kind) -> str:
    """Say what to do with a file that cannot be repaired: of one that cannot even be opened nothing is left."""
    try:
        with kinds.open_reader(path, kind=kind) as reader:
            return f"'filmroll convert --on-error skip' copies what can be read of its {len(reader):,} records"
    except Error as exc:
        return f"fetch or write this one again: {exc.message}"


def _compression_of(path: Path, kind: Kind, named: Choice) -> Compression | None:
    if kind == "tfrecord":
        return compressions.choose(path, named)
    if kind != "tar":
        return None
    return "gzip" if cache.head(path, len(GZIP_SIGNATURE)) == GZIP_SIGNATURE else None


def _destinations(sources: list[Path], dest: str | os.PathLike[str]) -> list[Path]:
    folder = path_of(dest)
    if len(sources) == 1 and not folder.is_dir() and not os.fspath(dest).endswith((os.sep, "/")):
        return [folder]
    names = [path.name for path in sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UnsupportedError(f"two files are called {twice}: repair them into two folders")
    return [folder / name for name in names]


def _make_room(sources: list[Path], paths: list[Path], *, overwrite: bool) -> None:
    atomic.make_folder(paths[0].parent)
    originals = {path.resolve() for path in sources}
    for path in paths:
        if path.resolve() in originals:
            raise FileExistsError(errno.EEXIST, "this is the damaged file itself; choose another name", str(path))
        if path.is_dir():
            raise FileExistsError(errno.EEXIST, "a folder; choose another name", str(path))
        if path.exists() and not overwrite:
            raise FileExistsError(errno.EEXIST, "there already; choose another name, or say --overwrite", str(path))


def _describe(tasks: list[Task], done: list[Repaired]) -> None:
    """Hand on what `filmroll.json` says of the damaged files: the copies are read the same way."""
    entries: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}
    for task, report in zip(tasks, done, strict=True):
        try:
            name, split = manifest.find_named(task.source)
        except FormatError:
            continue
        if split is not None:
            name = plan.split_name(task.dest) if len(tasks) == 1 else name
            shard = {"path": task.dest.name, "records": report.kept, "nbytes": storage.nbytes_of(task.dest)}
            entries.setdefault(name, (split, []))[1].append(shard)
    for name, (split, shards) in entries.items():
        kept = manifest.Split(split["dialect"], split["features"], split["label_names"], shards)
        manifest.write(manifest.path_of(tasks[0].dest), name=name, split=kept)
