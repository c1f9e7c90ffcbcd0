"""One damaged ArrayRecord file into a clean one: its sound chunks as they are, and a new footer."""

from filmroll import atomic
from filmroll.errors import Error, SourceError
from filmroll.records import array_record, array_record_copy, cache
from filmroll.records.array_record_rescue import Rescued, rescue
from filmroll.repairing.report import Kind, Loss, Repaired
from filmroll.repairing.task import Task, count_lost, expected_by_manifest, why


def repair_file(task: Task) -> Repaired:
    """Repair one file.

    Raises:
        SourceError: There is no record in it.
        UnsupportedError: Its groups of records differ in their number.
        MissingDependencyError: The package array_record is not installed.
    """
    expected, error = _expected(task)
    rescued = rescue(cache.local(task.source))
    if not rescued.records and (rescued.losses or error):
        raise SourceError("no whole record was found in it", path=task.source)
    report = Repaired(shards=[task.dest], kept=rescued.records)
    report.losses = _losses(task, rescued, error)
    at_least = sum(one.records if one.records is not None else one.nbytes > 0 for one in report.losses)
    is_exact = all(one.records is not None for one in report.losses)
    count_lost(report, expected, at_least=at_least, is_exact=is_exact)
    with atomic.writing(task.dest) as file:
        array_record_copy.write(file, rescued.view, rescued.chunks)
    return report


def _expected(task: Task) -> tuple[int | None, Error | None]:
    """Return how many records the file had, if its own footer or `filmroll.json` tells; and what is wrong with that."""
    try:
        with array_record.Reader(task.source) as reader:
            return len(reader), None
    except Error as exc:
        return expected_by_manifest(task.source), exc


def _losses(task: Task, rescued: Rescued, error: Error | None) -> list[Loss]:
    path = str(task.source)
    losses = []
    for one in rescued.losses:
        kind: Kind = "bad data" if one.is_chunk else "gap"
        losses.append(Loss(path, kind, one.record, one.offset, one.nbytes, one.records, 0, why(one.error)))
    if error is not None and not losses:
        losses.append(Loss(path, "gap", rescued.records, len(rescued.view), 0, None, 0, why(error)))
    return losses
