"""One damaged tar into a clean one: members are copied as they stand, with their headers.

broken.tar ── tar_salvage ──> fixed.tar              the samples that are whole, and members of none
                         └──> fixed.tar.bad-data     members of samples that lost others, if they are to be kept
"""

from collections.abc import Iterable
from pathlib import Path

from filmroll.errors import Error, SourceError
from filmroll.packing import room
from filmroll.records import inflated, tar, tar_salvage
from filmroll.records.tar_salvage import Found
from filmroll.records.tar_writer import Writer
from filmroll.repairing.report import Kind, Loss, Repaired
from filmroll.repairing.task import Task, count_lost, expected_by_manifest, why


def repair_file(task: Task) -> Repaired:
    """Repair one file.

    Raises:
        SourceError: There is no sample in it.
    """
    view, error = _open(task)
    found = tar_salvage.find(view)
    if not found.groups and (found.losses or error):
        raise SourceError("no whole sample was found in it", path=task.source)
    report = Repaired(shards=[task.dest], kept=len(found.groups))
    if task.compression is None:
        report.without_checksums.add("tar")
    report.losses = _losses(task.source, found, error, nbytes=len(view))
    keys = {key for loss in report.losses for key in loss.keys}
    is_exact = all(loss.records is not None for loss in report.losses)
    count_lost(report, expected_by_manifest(task.source), at_least=len(keys), is_exact=is_exact)
    aside = [(loss.offset, loss.offset + loss.nbytes) for loss in found.losses if loss.is_sound]
    try:
        if task.keep_bad_data and aside:
            report.bad_data.append(task.bad_data)
            _write(task.bad_data, view, aside, task)
        _write(task.dest, view, ((one.offset, one.stop) for one in found.kept), task)
    except BaseException:
        room.remove(report.bad_data)
        raise
    return report


def _open(task: Task) -> tuple[memoryview, Error | None]:
    if task.compression is None:
        return tar.mapped(task.source), None
    file, error = inflated.inflate(task.source, task.compression)
    return file.view, error


def _losses(source: Path, found: Found, error: Error | None, *, nbytes: int) -> list[Loss]:
    path = str(source)
    losses = []
    counted: set[str] = set()
    for one in found.losses:
        records = None
        if one.is_sound:
            records = len({*one.keys} - counted)
            counted.update(one.keys)
        kind: Kind = "left out" if one.is_sound else "gap"
        losses.append(Loss(path, kind, one.record, one.offset, one.nbytes, records, 0, why(one.error), [*one.keys]))
    if error is not None:
        losses.append(Loss(path, "stream", len(found.groups), nbytes, 0, None, 0, why(error)))
    return losses


def _write(path: Path, view: memoryview, spans: Iterable[tuple[int, int]], task: Task) -> None:
    with Writer(path, compression=None if task.compression is None else "gzip") as writer:
        for start, stop in spans:
            writer.copy(view[start:stop])
