"""The check of one file: each record sound or a fault, each sound one's message, label and picture.

file ── records ── chunks ──> threads: message, label, picture ──> faults, keys, marks
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from filmroll import manifest
from filmroll.buffer import Buffer
from filmroll.dataset import Dataset
from filmroll.errors import Error, FormatError
from filmroll.packing.engines.counter import Count
from filmroll.records import salvaged, storage
from filmroll.records.framing import FOOTER, HEADER
from filmroll.records.kinds import Record
from filmroll.records.lifetime import NumberedReader
from filmroll.records.salvage import error_at
from filmroll.records.shards import Place
from filmroll.sample import Sample
from filmroll.verification import sidecars
from filmroll.verification.report import Fault
from filmroll.verification.twins import mark_of

CHUNK = 64  # records that a thread takes at a time
WAITING = 4  # chunks for each thread that are read ahead


class Found(NamedTuple):
    """One record of a file, or why there is none; where it is, if that is known."""

    number: int
    record: Record | None
    offset: int | None = None
    nbytes: int | None = None
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One file to check: the work of one process, or of all threads.

    Attributes:
        roll: All files; each is opened where it is read.
        shard: Number of the one.
        decode: Decode each picture whole.
        threads: That check its records.
    """

    roll: Dataset
    shard: int
    decode: bool
    threads: int

    @property
    def path(self) -> Path:
        """The file."""
        return self.roll.paths[self.shard]


@dataclass(slots=True)
class Checked:
    """What was found in some records, or in a file.

    Attributes:
        shard: Number of the file.
        records: How many; None where the file could not be read to its end.
        pictures: How many of them hold one.
        nbytes: Bytes of the records.
        faults: What is wrong.
        marks: Place, key and mark of the picture of each record that is sound.
    """

    shard: int
    records: int | None = None
    pictures: int = 0
    nbytes: int = 0
    faults: list[Fault] = field(default_factory=list)
    marks: list[tuple[Place, str, int | None]] = field(default_factory=list)


def check_shard(task: Task, count: Count) -> Checked:
    """Check one file, and count its bytes; nothing is raised for damaged data."""
    return _Shard(task, count).checked()


class _Shard:
    """One file, while it is checked."""

    def __init__(self, task: Task, count: Count) -> None:
        self._task, self._roll, self._shard = task, task.roll, task.shard
        self._path = task.path
        self._count, self._left = count, storage.nbytes_of(self._path)
        self._found = Checked(task.shard)
        self._names = _count_names(self._roll, self._shard)

    def checked(self) -> Checked:
        with ThreadPoolExecutor(self._task.threads, thread_name_prefix="verify") as pool:
            try:
                self._found.records = self._check_records(pool)
            except Error as exc:
                self._found.faults.append(Fault(str(self._path), exc.record, exc.offset, exc.message))
        return self._found

    def _check_records(self, pool: ThreadPoolExecutor) -> int:
        reader = self._roll.shards.reader(self._shard)
        records = self._framed(reader) if isinstance(reader, salvaged.Reader) else self._numbered(reader)
        waiting: deque[Future[Checked]] = deque()
        total = 0
        while chunk := list(islice(records, CHUNK)):
            total += len(chunk)
            self._found.faults += [self._fault_of(one) for one in chunk if one.error is not None]
            waiting.append(pool.submit(self._check, [one for one in chunk if one.error is None]))
            if len(waiting) > self._task.threads * WAITING:
                self._add(waiting.popleft().result())
        while waiting:
            self._add(waiting.popleft().result())
        return total

    def _framed(self, reader: salvaged.Reader) -> Iterator[Found]:
        """Yield the records of a TFRecord file; faults of the file itself are reported at once."""
        file, found = reader.salvage()
        path, faults = self._path, self._found.faults
        self._note_gaps(reader)
        places = np.stack((found.offsets, found.sizes), axis=1)
        if reader.compression is None:
            faults += sidecars.index_faults(path, places if found.is_whole else None)
        for number, (offset, size) in enumerate(places.tolist()):
            if found.headless[number]:
                detail = f"{error_at(file, offset).message} (its data is sound)"
                faults.append(Fault(str(path), number, offset, detail, size))
            error = None if found.sound[number] else error_at(file, offset)
            yield Found(number, file.view[offset + HEADER.size : offset + size - FOOTER.size], offset, size, error)

    def _note_gaps(self, reader: NumberedReader[Record]) -> None:
        path, faults = str(self._path), self._found.faults
        for gap in reader.gaps:
            inside = f"; {len(gap.doubtful)} frames inside seem to be part of it" if gap.doubtful else ""
            faults.append(Fault(path, gap.record, gap.offset, gap.error.message + inside, gap.nbytes))
        if reader.stream_error is not None:
            faults.append(Fault(path, None, None, reader.stream_error.message))

    def _numbered(self, reader: NumberedReader[Record]) -> Iterator[Found]:
        """Yield the records of any other file: in order, and behind a damaged one by number."""
        try:
            for number, record in enumerate(reader):
                yield Found(number, record)
        except Error as exc:
            if exc.record is None:  # it is the file, and no record of it
                self._found.faults.append(Fault(str(self._path), None, exc.offset, exc.message))
            else:
                yield Found(exc.record, None, exc.offset, None, exc)
                yield from _behind(reader, exc.record)
        self._note_gaps(reader)

    def _check(self, chunk: list[Found]) -> Checked:
        checked = Checked(self._shard, nbytes=sum(one.nbytes or 0 for one in chunk))
        if self._roll.message_kind_of(self._shard) is None:
            return checked
        for one in chunk:
            place = Place(self._shard, one.number)
            try:
                sample = self._roll.to_sample(place, self._roll.parse(place, one.record))
                mark = mark_of(bytes_of(sample)) if sample.has_image else None
                checked.marks.append((place, sample.key, mark))
                checked.pictures += sample.has_image
                self._check_sample(sample)
            except Error as exc:
                checked.faults.append(Fault(str(self._path), one.number, one.offset, exc.message, one.nbytes))
        return checked

    def _check_sample(self, sample: Sample) -> None:
        """Check what would only be found out when training.

        Raises:
            Error: The picture has no header or cannot be decoded, or the label has no name.
        """
        if sample.has_image:
            _ = sample.decode() if self._task.decode else sample.array is None and sample.header
        count = self._names
        if sample.label is not None and 0 < count <= sample.label:
            raise FormatError(f"label {sample.label}, where {manifest.NAME} names {count} classes, 0 to {count - 1}")

    def _add(self, checked: Checked) -> None:
        self._found.pictures += checked.pictures
        self._found.faults += checked.faults
        self._found.marks += checked.marks
        step = min(checked.nbytes, self._left)  # decompressed there are more than the file has
        self._left -= step
        self._count(step)

    def _fault_of(self, one: Found) -> Fault:
        message = "" if one.error is None else one.error.message
        return Fault(str(self._path), one.number, one.offset, message, one.nbytes)


def _behind(reader: NumberedReader[Record], damaged: int) -> Iterator[Found]:
    """Yield the records behind a damaged one; none where they cannot be counted."""
    try:
        count = len(reader)
    except Error:
        return
    for number in range(damaged + 1, count):
        try:
            yield Found(number, reader[number])
        except Error as exc:
            yield Found(number, None, exc.offset, None, exc)


def bytes_of(sample: Sample) -> Buffer:
    """Return what a picture is compared by: its file, or the values of its array behind their shape and type."""
    if sample.array is None:
        return sample.encoded or b""
    array = np.ascontiguousarray(sample.array)
    return f"{array.dtype} {array.shape} ".encode() + array.tobytes()


def _count_names(roll: Dataset, shard: int) -> int:
    try:
        return len(roll.label_names_of(shard))
    except Error:  # of the manifest, which is a fault of its own
        return 0
