"""One damaged TFRecord file into a clean one.

broken.tfrecord ── salvage ──> fixed.tfrecord, its index        the records that are sound
                          └──> fixed.tfrecord.bad-data          those whose data is not, if they are to be kept
"""

from pathlib import Path

import numpy as np

from filmroll.errors import Error, FormatError, SourceError
from filmroll.packing import room
from filmroll.records import index, inflated, kinds, salvage
from filmroll.records.compression import Compression
from filmroll.records.framing import MAX_RECORD_NBYTES, Int64Array
from filmroll.records.mapped import MappedFile
from filmroll.records.tfrecord import Writer
from filmroll.repairing.report import Loss, Repaired
from filmroll.repairing.task import Task, count_lost, expected_by_manifest, why

CHUNK_RECORDS = 8192  # written at once


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
    at_least = sum(1 if loss.records is None else loss.records for loss in report.losses)
    is_exact = all(loss.records is not None for loss in report.losses)
    count_lost(report, expected, at_least=at_least, is_exact=is_exact)
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
    rows, path = np.argsort(starts), task.bad_data
    _write(path, file, starts[rows], lengths[rows], compression=task.compression, index=False)
    return [path]


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
    return expected_by_manifest(source)


def _losses(task: Task, file: MappedFile, found: salvage.Found, error: Error | None) -> list[Loss]:
    path = str(task.source)
    losses = [
        Loss(path, "gap", gap.record, gap.offset, gap.nbytes, None, len(gap.doubtful), why(gap.error))
        for gap in found.gaps
    ]
    offsets, sizes = found.offsets.tolist(), found.sizes.tolist()
    for number in np.flatnonzero(~found.sound).tolist():
        error_there = salvage.error_at(file, offsets[number])
        losses.append(Loss(path, "bad data", number, offsets[number], sizes[number], 1, 0, why(error_there)))
    if error is not None:
        losses.append(Loss(path, "stream", len(offsets), file.nbytes, 0, None if not found.gaps else 0, 0, why(error)))
    return losses


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
