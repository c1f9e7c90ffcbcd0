"""Check every record: checksums, message, picture; then index and manifest, and what is there twice.

file ── records, each sound or a fault ──> threads: message, label, picture ──> faults, keys, marks
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from filmroll import dataset, manifest
from filmroll.buffer import Buffer
from filmroll.errors import Error, FormatError
from filmroll.records import kinds, salvaged, storage
from filmroll.records.framing import FOOTER, HEADER
from filmroll.records.kinds import Choice, Record
from filmroll.records.lifetime import NumberedReader
from filmroll.records.salvage import error_at
from filmroll.records.shards import Place
from filmroll.sample import Sample
from filmroll.verification import sidecars
from filmroll.verification.report import Duplicate, Fault, Verification
from filmroll.verification.twins import Twins, mark_of

CHUNK = 64  # records that a thread takes at a time
WAITING = 4  # chunks for each thread that are read ahead
MEGABYTE = 1_000_000
Progress = Callable[[int, int], None]


class Found(NamedTuple):
    """One record of a file, or why there is none; where it is, if that is known."""

    number: int
    record: Record | None
    offset: int | None = None
    nbytes: int | None = None
    error: Error | None = None


@dataclass(slots=True)
class Checked:
    """What a thread found in some records."""

    pictures: int = 0
    nbytes: int = 0
    faults: list[Fault] = field(default_factory=list)
    marks: list[tuple[Place, str, int | None]] = field(default_factory=list)


def verify(
    paths: storage.Paths,
    *,
    dialect: str | None = None,
    compression: Choice = "auto",
    decode: bool = False,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Verification:
    """Check every record of every file: both checksums, the message, the label, the picture's header.

    Index and `filmroll.json` are compared with the records, and keys and pictures with each other. Behind damage that
    leads to no record the next one is looked for, as in `repair`. A compressed TFRecord file is decompressed into a
    temporary file for that.

    Args:
        paths: A file, a pattern (`train-*.tfrecord`), a folder, or several of these; of any kind that filmroll reads.
        dialect: How the features are named; None finds out.
        compression: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.
        decode: Decode each picture whole, not only its header.
        threads: Threads that check messages and pictures; None is the number of processors.
        progress: Called with the megabytes done and their number.

    Returns:
        Counts, faults and duplicates; nothing is raised for damaged data.

    Raises:
        FileNotFoundError, SourceError: There are no such files.
        UnsupportedError: There is no dialect of that name.
    """
    report = Verification()
    names = storage.expand(paths)
    report.shards, report.nbytes = len(names), sum(map(storage.nbytes_of, names))
    counts: dict[Path, int | None] = {}
    readable = [path for path in names if _is_readable(path, compression, report, counts)]
    if readable:
        with dataset.open(readable, dialect=dialect, compression=compression, on_error="salvage") as roll:
            _Run(roll, report, counts, decode=decode, progress=progress).go(threads or os.cpu_count() or 1)
    report.faults += sidecars.manifest_faults(counts)
    report.faults.sort(key=lambda fault: (fault.path, -1 if fault.record is None else fault.record))
    return report


def _is_readable(path: Path, compression: Choice, report: Verification, counts: dict[Path, int | None]) -> bool:
    """Open a file once; what cannot be opened at all is a fault."""
    counts[path] = None
    try:
        kinds.open_reader(path, kind=kinds.kind_of(path), compression=compression, salvage=True).close()
    except Error as exc:
        report.faults.append(Fault(str(path), exc.record, exc.offset, exc.message, storage.nbytes_of(path)))
        return False
    return True


class _Run:
    """One verification of files that can be opened."""

    def __init__(
        self,
        roll: dataset.Dataset,
        report: Verification,
        counts: dict[Path, int | None],
        *,
        decode: bool,
        progress: Progress | None,
    ) -> None:
        self._roll, self._report, self._counts, self._decode = roll, report, counts, decode
        self._progress, self._done_nbytes = progress, 0
        self._twins = Twins()
        self._names: dict[int, int] = {}

    def go(self, threads: int) -> None:
        with ThreadPoolExecutor(threads, thread_name_prefix="verify") as pool:
            for shard, path in enumerate(self._roll.paths):
                try:
                    self._shard(pool, shard, limit=threads * WAITING)
                except Error as exc:
                    self._fault(shard, exc)
                self._advance(0, upto=sum(map(storage.nbytes_of, self._roll.paths[: shard + 1])))
                if any(fault.path == str(path) for fault in self._report.faults):
                    self._counts[path] = None
        self._report.duplicates += [self._duplicate("key", *pair) for pair in self._twins.keys]
        identical = self._twins.identical(self._picture_at)
        self._report.duplicates += [self._duplicate("picture", *pair) for pair in identical]

    def _duplicate(self, what: Literal["key", "picture"], place: Place, first: Place) -> Duplicate:
        paths = [str(self._roll.paths[one.shard]) for one in (place, first)]
        return Duplicate(what, paths[0], place.number, paths[1], first.number)

    def _shard(self, pool: ThreadPoolExecutor, shard: int, *, limit: int) -> None:
        reader = self._roll.shards.reader(shard)
        records = self._framed(shard, reader) if isinstance(reader, salvaged.Reader) else _numbered(reader)
        waiting: deque[Future[Checked]] = deque()
        count = 0
        while chunk := list(islice(records, CHUNK)):
            count += len(chunk)
            self._report.faults += [self._fault_of(shard, one) for one in chunk if one.error is not None]
            waiting.append(pool.submit(self._check, shard, [one for one in chunk if one.error is None]))
            if len(waiting) > limit:
                self._add(waiting.popleft().result())
        while waiting:
            self._add(waiting.popleft().result())
        self._report.records += count
        self._counts[self._roll.paths[shard]] = count

    def _framed(self, shard: int, reader: salvaged.Reader) -> Iterator[Found]:
        """Yield the records of a TFRecord file; faults of the file itself are reported at once."""
        file, found = reader.salvage()
        path = self._roll.paths[shard]
        for gap in found.gaps:
            inside = f"; {len(gap.doubtful)} frames inside seem to be part of it" if gap.doubtful else ""
            fault = Fault(str(path), gap.record, gap.offset, gap.error.message + inside, gap.nbytes)
            self._report.faults.append(fault)
        if reader.stream_error is not None:
            self._report.faults.append(Fault(str(path), None, None, reader.stream_error.message))
        places = np.stack((found.offsets, found.sizes), axis=1)
        if reader.compression is None:
            self._report.faults += sidecars.index_faults(path, places if found.is_whole else None)
        for number, (offset, size) in enumerate(places.tolist()):
            if found.headless[number]:
                self._report.faults.append(
                    Fault(str(path), number, offset, f"{error_at(file, offset).message} (its data is sound)", size)
                )
            error = None if found.sound[number] else error_at(file, offset)
            yield Found(number, file.view[offset + HEADER.size : offset + size - FOOTER.size], offset, size, error)

    def _check(self, shard: int, chunk: list[Found]) -> Checked:
        checked = Checked(nbytes=sum(one.nbytes or 0 for one in chunk))
        if self._roll.message_kind_of(shard) is None:
            return checked
        for one in chunk:
            place = Place(shard, one.number)
            try:
                sample = self._roll.to_sample(place, self._roll.parse(place, one.record))
                checked.marks.append((place, sample.key, None if not sample.has_image else mark_of(_bytes_of(sample))))
                checked.pictures += sample.has_image
                self._check_sample(shard, sample)
            except Error as exc:
                fault = Fault(str(self._roll.paths[shard]), one.number, one.offset, exc.message, one.nbytes)
                checked.faults.append(fault)
        return checked

    def _check_sample(self, shard: int, sample: Sample) -> None:
        """Check what would only be found out when training.

        Raises:
            Error: The picture has no header or cannot be decoded, or the label has no name.
        """
        if sample.has_image:
            _ = sample.decode() if self._decode else sample.array is None and sample.header
        if shard not in self._names:
            self._names[shard] = _count_names(self._roll.paths[shard])
        if sample.label is not None and 0 < self._names[shard] <= sample.label:
            count = self._names[shard]
            raise FormatError(f"label {sample.label}, where {manifest.NAME} names {count} classes, 0 to {count - 1}")

    def _add(self, checked: Checked) -> None:
        self._report.pictures += checked.pictures
        self._report.faults += checked.faults
        for place, key, mark in checked.marks:
            self._twins.add(place, key=key, mark=mark)
        self._advance(checked.nbytes)

    def _advance(self, nbytes: int, *, upto: int = 0) -> None:
        self._done_nbytes = max(self._done_nbytes + nbytes, upto)
        if self._progress is not None:
            done = min(self._done_nbytes, self._report.nbytes)
            self._progress(-(-done // MEGABYTE), -(-self._report.nbytes // MEGABYTE))

    def _fault_of(self, shard: int, one: Found) -> Fault:
        message = "" if one.error is None else one.error.message
        return Fault(str(self._roll.paths[shard]), one.number, one.offset, message, one.nbytes)

    def _fault(self, shard: int, exc: Error) -> None:
        self._report.faults.append(Fault(str(self._roll.paths[shard]), exc.record, exc.offset, exc.message))

    def _picture_at(self, place: Place) -> Buffer:
        return _bytes_of(self._roll.to_sample(place, self._roll.parse(place, self._roll.shards.record(place))))


def _numbered(reader: NumberedReader[Record]) -> Iterator[Found]:
    """Yield the records of any other file: in order, and behind a damaged one by number."""
    number = 0
    try:
        for number, record in enumerate(reader):
            yield Found(number, record)
    except Error as exc:
        number = number if exc.record is None else exc.record
        yield Found(number, None, exc.offset, None, exc)
    else:
        return
    for rest in range(number + 1, len(reader)):
        try:
            yield Found(rest, reader[rest])
        except Error as exc:
            yield Found(rest, None, exc.offset, None, exc)


def _bytes_of(sample: Sample) -> Buffer:
    """Return what a picture is compared by: its file, or the values of its array behind their shape and type."""
    if sample.array is None:
        return sample.encoded or b""
    array = np.ascontiguousarray(sample.array)
    return f"{array.dtype} {array.shape} ".encode() + array.tobytes()


def _count_names(path: Path) -> int:
    try:
        return len((manifest.find(path) or {}).get("label_names") or ())
    except Error:
        return 0
