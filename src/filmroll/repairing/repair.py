"""Damaged TFRecord files into clean ones: every undamaged record is kept, and what was lost is said.

broken.tfrecord ── salvage ──> fixed.tfrecord, its index        the records that are sound
                          └──> fixed.tfrecord.bad-data          those whose data is not, if they are to be kept
"""

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from filmroll import atomic, manifest
from filmroll.errors import Error, FormatError, SourceError, UnsupportedError
from filmroll.packing import plan, room
from filmroll.packing.engines import choice
from filmroll.packing.engines.counter import Counter, Progress
from filmroll.packing.engines.run import run
from filmroll.records import compression as compressions
from filmroll.records import index, inflated, kinds, salvage, storage
from filmroll.records.compression import Compression
from filmroll.records.framing import MAX_RECORD_NBYTES, Int64Array
from filmroll.records.kinds import Choice
from filmroll.records.mapped import MappedFile
from filmroll.records.tfrecord import Writer
from filmroll.remote.path import path_of
from filmroll.repairing.report import Loss, Repaired

CHUNK_RECORDS = 8192  # written at once
ADVICE = "; run 'filmroll repair'"  # that errors give
BAD_DATA_SUFFIX = ".bad-data"


@dataclass(frozen=True, slots=True)
class Task:
    """One file to repair: the work of one thread."""

    source: Path
    dest: Path
    compression: Compression | None
    keep_bad_data: bool


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
    """Write clean copies of damaged TFRecord files: every undamaged record, in order, with a new index.

    After damage the next record is found by the checksum of its length, at whatever offset it is, and confirmed by the
    checksum of its data. A record whose header alone was overwritten is found by that of its data. What lies inside a
    record is never taken for one. Of a compressed file all records before the damage are kept, and of GZIP those of
    the members behind it; the copy is compressed in the same way.

    The damaged files are only read.

    Args:
        source: TFRecord files: a file, a pattern, a folder, or several of these.
        dest: The clean copy; of several files the folder for the copies, which have their names. It is made.
        keep_bad_data: Write records whose length is right but whose data is not, and frames that seem to be a part of
            a damaged record, into a TFRecord file of their own: the name of the copy and ".bad-data".
        compression: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.
        threads: Files repaired at a time; None is the number of processors.
        overwrite: Replace files that are already there.
        progress: Called with the files done and their number, from any thread.

    Returns:
        What was kept and what was lost, with the places.

    Raises:
        FileNotFoundError, SourceError: There are no such files, or one of them holds no record at all.
        FormatError: One of them is something else that is known, and holds no record.
        UnsupportedError: A file is of another kind: these have no checksums to go by.
        FileExistsError: A copy, or the file of what is kept beside it, would be a damaged file itself, or is there
            already, and `overwrite` is False.
        OSError: Writing failed. No copy stays, whatever the error.
        LimitError: A compressed file begins with a length above the limit, or holds more than 4 GiB and 64 times its
            bytes; FILMROLL_INFLATED_NBYTES allows more.
        MissingDependencyError: The engine or the store needs an extra that is not installed.
    """
    sources = storage.expand(source)
    for path in sources:
        _require_tfrecord(path)
    paths = _destinations(sources, dest)
    bad_data = [_bad_data_of(path) for path in paths] if keep_bad_data else []
    _make_room(sources, [*paths, *bad_data], overwrite=overwrite)
    tasks = [
        Task(one, other, compressions.choose(one, compression), keep_bad_data)
        for one, other in zip(sources, paths, strict=True)
    ]
    finished: list[Repaired] = []
    try:
        with choice.opened("threads", workers=threads, name="repair") as workers:
            counter = Counter(len(sources), progress)
            done = run(
                lambda task, _: repair_file(task), tasks, engine=workers, counter=counter, finished=finished.append
            )
        _describe(tasks, done)
    except BaseException:  # what stood under the other names still does
        room.remove(path for one in finished for path in (*one.shards, *one.bad_data))
        raise
    report = Repaired()
    for one in done:
        report.merge(one)
    return report


def repair_file(task: Task) -> Repaired:
    """Repair one file.

    Raises:
        SourceError, FormatError: There is no record in it.
    """
    file, error = _open(task)
    found = salvage.find(file)
    if not len(found.starts) and file.nbytes:
        kinds.kind_of(task.source)  # it may be something that is known, named by mistake
        raise SourceError("no record was found in it: it may be no TFRecord file", path=task.source)
    report = Repaired(shards=[task.dest], kept=int(found.sound.sum()), headless=int(found.headless.sum()))
    expected = _expected(task.source, file, report)
    report.losses = sorted(_losses(task, file, found, error), key=lambda loss: loss.offset)
    report.lost_nbytes = sum(loss.nbytes for loss in report.losses)
    at_least = sum(1 if loss.records is None else loss.records for loss in report.losses)
    is_known = expected is not None and expected >= report.kept
    report.lost = expected - report.kept if expected is not None and is_known else at_least
    report.lost_is_exact = is_known or all(loss.records is not None for loss in report.losses)
    if task.keep_bad_data:
        report.bad_data += _keep_bad_data(task, file, found)
    try:
        _write(task.dest, file, found.starts[found.sound], found.lengths[found.sound], compression=task.compression)
    except BaseException:
        room.remove(report.bad_data)
        raise
    return report


def _keep_bad_data(task: Task, file: MappedFile, found: salvage.Found) -> list[Path]:
    """Write the records whose data is bad, and frames that may be records, if there are any; return where."""
    doubtful = np.array([one for gap in found.gaps for one in gap.doubtful], np.int64).reshape(-1, 2)
    starts = np.concatenate((found.starts[~found.sound], doubtful[:, 0]))
    if not len(starts):
        return []
    lengths = np.concatenate((found.lengths[~found.sound], doubtful[:, 1]))
    rows, path = np.argsort(starts), _bad_data_of(task.dest)
    _write(path, file, starts[rows], lengths[rows], compression=task.compression, index=False)
    return [path]


def _require_tfrecord(path: Path) -> None:
    try:
        kind = kinds.kind_of(path)
    except FormatError:
        return  # whatever it begins with, there may be records behind it
    if kind != "tfrecord":
        raise UnsupportedError(
            f"a file of kind {kind}; behind damage records are found again in TFRecord files alone;"
            " 'filmroll convert --on-error skip' copies what can be read",
            path=path,
        )


def _destinations(sources: list[Path], dest: str | os.PathLike[str]) -> list[Path]:
    folder = path_of(dest)
    if len(sources) == 1 and not folder.is_dir() and not os.fspath(dest).endswith((os.sep, "/")):
        return [folder]
    names = [path.name for path in sources]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UnsupportedError(f"two files are called {twice}: repair them into two folders")
    return [folder / name for name in names]


def _bad_data_of(dest: Path) -> Path:
    return dest.with_name(dest.name + BAD_DATA_SUFFIX)


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


def _open(task: Task) -> tuple[MappedFile, Error | None]:
    if task.compression is None:
        return MappedFile(task.source, verify=True, max_record_nbytes=MAX_RECORD_NBYTES), None
    return inflated.inflate(task.source, task.compression)


def _expected(source: Path, file: MappedFile, report: Repaired) -> int | None:
    """Return how many records the file had before the damage, if index or manifest say so; note a broken index."""
    beside = index.path_of(source)
    try:
        places = index.read(beside)
    except FileNotFoundError:
        pass
    except FormatError:
        report.bad_indexes.append(beside)
    else:
        if len(places) and np.array_equal(places[1:, 0], places.sum(axis=1)[:-1]) and places[0, 0] == 0:
            return len(places)
        report.bad_indexes.append(beside)
    try:
        split = manifest.find(source) or {}
    except FormatError:
        return None
    return next((one["records"] for one in split.get("shards", ()) if one["path"] == source.name), None)


def _losses(task: Task, file: MappedFile, found: salvage.Found, error: Error | None) -> list[Loss]:
    path = str(task.source)
    losses = [
        Loss(path, "gap", gap.record, gap.offset, gap.nbytes, None, len(gap.doubtful), _why(gap.error))
        for gap in found.gaps
    ]
    offsets, sizes = found.offsets.tolist(), found.sizes.tolist()
    for number in np.flatnonzero(~found.sound).tolist():
        why = _why(salvage.error_at(file, offsets[number]))
        losses.append(Loss(path, "bad data", number, offsets[number], sizes[number], 1, 0, why))
    if error is not None:
        losses.append(Loss(path, "stream", len(offsets), file.nbytes, 0, None if not found.gaps else 0, 0, _why(error)))
    return losses


def _why(error: Error) -> str:
    """Return what is wrong, without the advice to repair it: that is being done."""
    return error.message.partition(ADVICE)[0]


def _write(
    path: Path,
    file: MappedFile,
    starts: Int64Array,
    lengths: Int64Array,
    *,
    compression: Compression | None,
    index: bool = True,
) -> None:
    with Writer(path, compression=compression, index=index) as writer:
        for first in range(0, len(starts), CHUNK_RECORDS):
            rows = slice(first, first + CHUNK_RECORDS)
            writer.write_many(file.view, starts[rows], lengths[rows])


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
