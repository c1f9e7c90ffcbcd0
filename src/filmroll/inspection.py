"""What is in these records: features, types, shapes, pictures, sizes, and which dialect they are in."""

from collections import Counter
from collections.abc import Hashable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from filmroll import dataset, stale
from filmroll.dialects import GENERIC, MIXED
from filmroll.errors import Error
from filmroll.records import storage
from filmroll.records.kinds import Choice, Record
from filmroll.records.shards import Place
from filmroll.sample import Sample
from filmroll.schema import Schema

FIRST_RECORDS = 5


@dataclass(slots=True)
class Pictures:
    """The pictures of some records.

    Attributes:
        count: Records that hold a picture.
        formats: Format ("jpeg", ..., or "array uint8") -> number of pictures.
        heights, widths: Smallest and largest, in pixels; None where there are none.
        channels: Number of channels -> number of pictures.
        nbytes: Bytes of all pictures as stored.
        unreadable: Records whose picture has no readable header, by number, with the reason.
    """

    count: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    heights: tuple[int, int] | None = None
    widths: tuple[int, int] | None = None
    channels: Counter[int] = field(default_factory=Counter)
    nbytes: int = 0
    unreadable: dict[int, str] = field(default_factory=dict)

    def add(self, sample: Sample, *, number: int) -> None:
        """Count one more record's picture, by its header alone."""
        if not sample.has_image:
            return
        self.count += 1
        try:
            format, shape, nbytes = _facts(sample)
        except Error as exc:
            self.formats["unreadable"] += 1
            self.unreadable[number] = exc.message
            return
        self.formats[format] += 1
        self.nbytes += nbytes
        if len(shape) >= 2:
            height, width, *rest = shape[-3:] if len(shape) >= 3 else shape
            self.heights, self.widths = _stretch(self.heights, height), _stretch(self.widths, width)
            self.channels[rest[0] if rest else 1] += 1

    def merge(self, other: "Pictures") -> None:
        """Count the pictures that `other` has counted."""
        self.count += other.count
        self.nbytes += other.nbytes
        self.formats += other.formats
        self.channels += other.channels
        self.unreadable |= other.unreadable
        self.heights, self.widths = _both(self.heights, other.heights), _both(self.widths, other.widths)


@dataclass(slots=True)
class Inspection:
    """What `inspect` found.

    Attributes:
        paths: The files.
        records: Number of records in all of them.
        nbytes: Bytes of the files.
        compression: Compression of each kind found, "none" included -> number of files.
        message_kind: One of `messages.KINDS`, "members" of a tar, "columns" of a table, "mixed" where files differ, or
            None for unknown bytes.
        dialect: Name of the dialect; "generic" where none fits, "mixed" where files differ, None where the records are
            no Examples.
        why: What makes it that dialect.
        features: What was seen of each feature over all records.
        pictures: The pictures.
        label_names: Names of the classes, where `filmroll.json` is beside.
        labels: Label, from 0 -> number of records.
        first: The first records by number: features, or bytes where they are no Examples.
        parts: Where files differ in their dialect or the names of their classes, what was found in those that are
            alike; records keep the numbers that they have among all. Names and numbers of labels are here alone.
    """

    paths: list[str]
    records: int = 0
    nbytes: int = 0
    compression: Counter[str] = field(default_factory=Counter)
    message_kind: str | None = None
    dialect: str | None = None
    why: list[str] = field(default_factory=list)
    features: Schema = field(default_factory=Schema)
    pictures: Pictures = field(default_factory=Pictures)
    label_names: list[str] = field(default_factory=list)
    labels: Counter[int] = field(default_factory=Counter)
    first: dict[int, Any] = field(default_factory=dict)
    parts: "list[Inspection]" = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return what was found as plain JSON values."""
        parts = [{"paths": part.paths, **part.to_json()} for part in self.parts]
        return {
            "records": self.records,
            "shards": len(self.paths),
            "nbytes": self.nbytes,
            "compression": dict(self.compression),
            "message": self.message_kind,
            "dialect": self.dialect,
            "why": self.why,
            "features": self.features.to_json(records=self.records),
            "pictures": {
                "count": self.pictures.count,
                "formats": dict(self.pictures.formats),
                "heights": self.pictures.heights,
                "widths": self.pictures.widths,
                "channels": {str(n): count for n, count in self.pictures.channels.items()},
                "nbytes": self.pictures.nbytes,
            },
            "label_names": self.label_names,
            "labels": {str(label): count for label, count in sorted(self.labels.items())},
        } | ({"parts": parts} if parts else {})

    def add(self, roll: dataset.Dataset, place: Place, record: Record, *, number: int) -> None:
        """Count one more record.

        Raises:
            ParseError: It is no message of the kind that the first ones are.
        """
        self.records += 1
        if self.message_kind is None:
            self._keep_first(number, bytes(record[:64]))
            return
        features = roll.parse(place, record)
        self.features.add(features)
        self._keep_first(number, features)
        try:
            sample = roll.to_sample(place, features)
        except Error as exc:
            self.pictures.unreadable[number] = exc.message
            return
        self.pictures.add(sample, number=number)
        if sample.label is not None:
            self.labels[sample.label] += 1

    def _keep_first(self, number: int, record: Any) -> None:
        if len(self.first) < FIRST_RECORDS:
            self.first[number] = record


def inspect(paths: storage.Paths, *, dialect: str | None = None, compression: Choice = "auto") -> Inspection:
    """Say what is in record files that anyone wrote; all records are read and verified, no picture is decoded.

    Args:
        paths: A file, a pattern (`train-*.tfrecord`), a folder, or several of these.
        dialect: How the features are named; None finds out for each file.
        compression: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.

    Returns:
        Counts, features, pictures, and the first records.

    Raises:
        FileNotFoundError, SourceError: There are no such files.
        ChecksumError, TruncatedError: A record is damaged; the error says which and where.
        FormatError: A file is damaged, or something else than records.
        UnsupportedError: There is no such dialect or compression, or a URL is of no store that is known.

    Warns:
        StaleWarning: Shards of an earlier pack are among the files, however they were named.
    """
    names = storage.expand(paths)
    stale.warn(names)
    with dataset.open(names, dialect=dialect, compression=compression) as roll:
        found: dict[Hashable, Inspection] = {}
        part_of = [_part_of(found, roll, shard) for shard in range(len(roll.paths))]
        for number, (place, record) in enumerate(roll.records()):
            part_of[place.shard].add(roll, place, record, number=number)
        parts = list(found.values())
        return parts[0] if len(parts) == 1 else _whole(list(map(str, roll.paths)), parts)


def _part_of(parts: dict[Hashable, Inspection], roll: dataset.Dataset, shard: int) -> Inspection:
    """Return what is found in the files that are like this one, and count it as one of them."""
    message, match, path = roll.message_kind_of(shard), roll.match_of(shard), roll.paths[shard]
    names = roll.label_names_of(shard)
    key = (match.reading, message if match.name == GENERIC else None, tuple(names))
    part = parts.setdefault(key, Inspection([], message_kind=message))
    if not part.paths and message is not None:
        part.dialect, part.why, part.label_names = match.name, match.why, names
    part.paths.append(str(path))
    part.nbytes += storage.nbytes_of(path)
    part.compression[roll.shards.reader(shard).compression or "none"] += 1
    return part


def _whole(paths: list[str], parts: Sequence[Inspection]) -> Inspection:
    """Put together what is in files that differ."""
    whole = Inspection(paths, parts=list(parts))
    whole.message_kind = _one_of([part.message_kind for part in parts])
    whole.dialect = _one_of([part.dialect for part in parts])
    whole.why = [f"{part.dialect or 'no message'} in {_first_of(part.paths)}" for part in parts]
    for part in parts:
        whole.records += part.records
        whole.nbytes += part.nbytes
        whole.compression += part.compression
        whole.features.merge(deepcopy(part.features))
        whole.pictures.merge(part.pictures)
    first = {number: record for part in parts for number, record in part.first.items()}
    whole.first = {number: first[number] for number in sorted(first)[:FIRST_RECORDS]}
    return whole


def _first_of(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1:,} more"


def _one_of(names: Sequence[str | None]) -> str | None:
    return names[0] if len(set(names)) == 1 else MIXED


def _facts(sample: Sample) -> tuple[str, tuple[int, ...], int]:
    if sample.array is not None:
        return f"array {sample.array.dtype}", sample.array.shape, sample.array.nbytes
    return sample.header.format, sample.header.shape, len(sample.encoded or b"")


def _stretch(extent: tuple[int, int] | None, value: int) -> tuple[int, int]:
    return (value, value) if extent is None else (min(extent[0], value), max(extent[1], value))


def _both(one: tuple[int, int] | None, other: tuple[int, int] | None) -> tuple[int, int] | None:
    return one or other if one is None or other is None else (min(one[0], other[0]), max(one[1], other[1]))
