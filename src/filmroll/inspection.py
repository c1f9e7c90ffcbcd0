"""What is in these records: features, types, shapes, pictures, sizes, and which dialect they are in."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from filmroll import dataset, stale
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


@dataclass(slots=True)
class Inspection:
    """What `inspect` found.

    Attributes:
        paths: The files.
        records: Number of records in all of them.
        nbytes: Bytes of the files.
        compression: Compression of each kind found, "none" included -> number of files.
        message_kind: One of `messages.KINDS`, "members" of a tar, "columns" of a table, or None for unknown bytes.
        dialect: Name of the dialect; "generic" where none fits, None where the records are no Examples.
        why: What makes it that dialect.
        features: What was seen of each feature over all records.
        pictures: The pictures.
        label_names: Names of the classes, where `filmroll.json` is beside.
        labels: Label, from 0 -> number of records.
        first: The first records: features, or bytes where they are no Examples.
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
    first: list[Any] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return what was found as plain JSON values."""
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
        }


def inspect(paths: storage.Paths, *, dialect: str | None = None, compression: Choice = "auto") -> Inspection:
    """Say what is in record files that anyone wrote; all records are read and verified, no picture is decoded.

    Args:
        paths: A file, a pattern (`train-*.tfrecord`), a folder, or several of these.
        dialect: How the features are named; None finds out.
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
        found = Inspection([str(path) for path in roll.paths], message_kind=roll.message_kind)
        found.nbytes = sum(map(storage.nbytes_of, roll.paths))
        found.compression.update(roll.shards.reader(shard).compression or "none" for shard in range(len(roll.paths)))
        if roll.message_kind is not None:
            found.dialect, found.why, found.label_names = roll.dialect, roll.match.why, roll.label_names
        for place, record in roll.records():
            if found.message_kind is None:
                _keep_first(found, bytes(record[:64]))
            else:
                _add(found, roll, place, record)
            found.records += 1
    return found


def _add(found: Inspection, roll: dataset.Dataset, place: Place, record: Record) -> None:
    features = roll.parse(place, record)
    found.features.add(features)
    _keep_first(found, features)
    try:
        sample = roll.to_sample(place, features)
    except Error as exc:
        found.pictures.unreadable[found.records] = exc.message
        return
    found.pictures.add(sample, number=found.records)
    if sample.label is not None:
        found.labels[sample.label] += 1


def _keep_first(found: Inspection, record: Any) -> None:
    if len(found.first) < FIRST_RECORDS:
        found.first.append(record)


def _facts(sample: Sample) -> tuple[str, tuple[int, ...], int]:
    if sample.array is not None:
        return f"array {sample.array.dtype}", sample.array.shape, sample.array.nbytes
    return sample.header.format, sample.header.shape, len(sample.encoded or b"")


def _stretch(extent: tuple[int, int] | None, value: int) -> tuple[int, int]:
    return (value, value) if extent is None else (min(extent[0], value), max(extent[1], value))
