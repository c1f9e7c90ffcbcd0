"""One shard of a conversion: its records, in the new dialect or byte for byte."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filmroll import dialects
from filmroll.dataset import Dataset
from filmroll.dialects import datum
from filmroll.errors import DecodeError, Error, FormatError, LimitError, SourceError, TruncatedError
from filmroll.packing import digest, loss, probe
from filmroll.packing.copies import Copies
from filmroll.packing.engines.counter import Count
from filmroll.packing.report import Finding, Report, Written
from filmroll.packing.sink import USUAL_DIALECT, Sink, is_kept
from filmroll.records.compression import Compression
from filmroll.records.kinds import Kind
from filmroll.records.shards import Place
from filmroll.remote.path import RemotePath
from filmroll.sample import Sample
from filmroll.schema import Layout, layout_of

DAMAGE = (FormatError, DecodeError, LimitError)


@dataclass(frozen=True, slots=True)
class Task:
    """One shard to write: the work of one thread or process.

    Attributes:
        numbers: Of its records.
        digest: Of the files that these come from.
        source_files: The source's files, and how many bytes they had at first.
        dialect: What the features are to be named by; None copies the records as they are.
        copies: What pictures are to be like that get smaller or seekable; None keeps their bytes.
        quality: Of the JPEG that they become.
    """

    path: Path
    roll: Dataset
    numbers: Sequence[int]
    digest: str
    source_files: Sequence[tuple[Path, int]]
    kind: Kind
    dialect: str | None
    drop: frozenset[str]
    copies: Copies | None
    quality: int
    label_names: Sequence[str]
    compression: Compression | None

    @property
    def count(self) -> int:
        """Number of its records."""
        return len(self.numbers)


def write_shard(task: Task, count: Count) -> Written:
    """Write the records of one shard; it has its name only when it is whole.

    Raises:
        SourceError: The source changed meanwhile.
        TruncatedError: A file of it is shorter than it was.
        Error: What a record that is damaged, or that the dialect does not hold, makes `convert` raise.
    """
    report, layouts = Report(shards=[task.path]), Counter[Layout]()
    left_out: list[tuple[int, Error]] = []
    module = dialects.get(task.dialect or USUAL_DIALECT[task.kind])
    with Sink(
        task.path, kind=task.kind, dialect=module, compression=task.compression, label_names=task.label_names
    ) as sink:
        for number in task.numbers:
            place = task.roll.shards.locate(number)
            _require_length(task, place)
            report.read += 1
            try:
                features = _write_record(sink, task, place, report)
            except DAMAGE as exc:
                error = exc.at(path=task.roll.paths[place.shard], record=place.number)
                if task.roll.on_error == "raise":
                    raise error from exc.__cause__
                left_out.append((number, error))
                report.skipped += 1
                report.findings.append(Finding(_where(task.roll, place), "damaged", "skipped", exc.message))
            else:
                if features is not None:
                    layouts[layout_of(features)] += 1
                report.written += 1
            count()
        if digest_of(task.roll, task.numbers) != task.digest:
            changed = _sources(task.roll, task.numbers)[0]
            raise SourceError("it changed while it was converted; convert it again", path=changed)
    report.nbytes = sink.nbytes
    shard = {"path": task.path.name, "records": report.written, "nbytes": report.nbytes}
    return Written(report, layouts, shard, task.digest, left_out)


def digest_of(roll: Dataset, numbers: Sequence[int]) -> str:
    """Digest the files that some records come from."""
    return digest.of_files(_sources(roll, numbers))


def _sources(roll: Dataset, numbers: Sequence[int]) -> list[Path]:
    """Return the files that a shard's records come from."""
    first, last = (roll.shards.locate(number).shard for number in (numbers[0], numbers[-1]))
    return roll.paths[first : last + 1]


def _require_length(task: Task, place: Place) -> None:
    """Check that a file is not shorter than it was: to read what is mapped into memory behind its end is fatal.

    Raises:
        TruncatedError: It is.
        OSError: It is gone.
    """
    file, before = task.source_files[place.shard]
    if isinstance(file, RemotePath):  # nothing of it is mapped
        return
    now = os.stat(file).st_size
    if now < before:
        raise TruncatedError(
            f"it had {before} bytes and has {now} now; something writes to it", path=file, record=place.number
        )


def _write_record(sink: Sink, task: Task, place: Place, report: Report) -> dict[str, Any] | None:
    """Write one record, and note what became of its picture; return its features, None where it was copied unseen."""
    if task.dialect is None:
        _copy(sink, task.roll, place)
        return None
    return _translate(sink, task, place, report)


def _where(roll: Dataset, place: Place) -> str:
    return f"{roll.paths[place.shard]}: record {place.number}"


def _copy(sink: Sink, roll: Dataset, place: Place) -> None:
    key = (roll.shards.key(place) or b"").decode("utf-8", "surrogateescape")
    sink.write_record(roll.shards.record(place), key=datum.without_number(key))  # it is numbered anew


def _translate(sink: Sink, task: Task, place: Place, report: Report) -> dict[str, Any]:
    """Write one record in the other dialect."""
    roll = task.roll
    try:
        sample = loss.without(roll.to_sample(place, roll.parse(place, roll.shards.record(place))), task.drop)
        loss.check(sample, dialect=sink.dialect, label_names=task.label_names)
        _require_sound(sample, label_names=task.label_names)
        probed = probe.copy(sample, _where(roll, place), copies=task.copies, quality=task.quality)
        sample = probed.sample or sample
        features = sink.write(sample)
    except Error as exc:
        exc.offset = None
        raise exc.at(path=roll.paths[place.shard], record=place.number) from exc.__cause__
    report.findings += probed.findings
    if probed.copied is not None:
        report.copied.add(probed.copied)
    is_kept_by_dialect = is_kept(sample, features)
    report.changed += probed.is_changed or not is_kept_by_dialect
    if not is_kept_by_dialect:
        report.findings.append(_decoded(sink, task.roll, place))
    return features


def _require_sound(sample: Sample, *, label_names: Sequence[str]) -> None:
    """Check what would only be found out when training.

    Raises:
        FormatError: A box lies outside the picture, or the label outside the names.
    """
    if sample.boxes is not None:
        sample.boxes.check()
    if label_names and sample.label is not None and sample.label >= len(label_names):
        raise FormatError(
            f"label {sample.label} where {len(label_names)} classes are named, 0 to {len(label_names) - 1}"
        )


def _decoded(sink: Sink, roll: Dataset, place: Place) -> Finding:
    detail = f"the {sink.dialect.NAME} dialect does not keep the file as it is"
    return Finding(_where(roll, place), "re-encoded", "changed", detail)
