"""What is looked at, one entry for each record or picture file: damage is part of an entry, never an exception."""

from bisect import bisect_right
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

from filmroll import codecs, dataset
from filmroll.dataset import Dataset
from filmroll.errors import Error, SourceError
from filmroll.messages import Features
from filmroll.records import storage
from filmroll.records.kinds import Choice
from filmroll.records.salvage import Gap
from filmroll.records.shards import Place
from filmroll.sample import Sample
from filmroll.sources import folder
from filmroll.sources.item import Listing

BYTES = "record"  # the feature that stands for a record without any: its bytes


@dataclass(eq=False)
class Entry:
    """One record, as far as it can be read.

    Attributes:
        number: Its number among all that is looked at, from 0.
        place: Where it is: file and number in it.
        features: What it says; its bytes as "record" where they are no message.
        sample: The picture and its parts; an empty one where that cannot be told.
        fault: What is wrong with it, or None.
    """

    number: int
    place: str
    features: Features = field(default_factory=dict)
    sample: Sample = field(default_factory=Sample)
    fault: str | None = None

    @cached_property
    def header(self) -> codecs.Header | None:
        """What the encoded picture says of itself; None where there is none, or it says nothing readable."""
        try:
            return self.sample.header
        except Error:
            return None

    @property
    def format(self) -> str:
        """Name of the picture's format: "jpeg", "array uint8", "unreadable", or "" where there is no picture."""
        if self.sample.array is not None:
            return f"array {self.sample.array.dtype}"
        if not self.sample.encoded:
            return ""
        return "unreadable" if self.header is None else self.header.format

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) of the picture, in pixels; None where there is none or it has no such thing."""
        if self.sample.array is not None:
            shape = self.sample.array.shape
            return None if len(shape) < 2 else (shape[-3], shape[-2]) if len(shape) > 2 else (shape[0], shape[1])
        return None if self.header is None else (self.header.height, self.header.width)

    @property
    def nbytes(self) -> int:
        """Bytes of the picture as stored; 0 where there is none."""
        if self.sample.array is not None:
            return int(self.sample.array.nbytes)
        return len(self.sample.encoded or b"")

    @property
    def name(self) -> str:
        """What it is called: its key, or its number where it has none."""
        return self.sample.key or f"record {self.number}"


class Entries(Protocol):
    """Entries by number."""

    @property
    def name(self) -> str:
        """What is looked at, for a heading."""

    @property
    def label_names(self) -> Sequence[str]:
        """Names of the classes by label, empty where none are known."""

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """What is known of all of it, a heading and a sentence each."""

    @property
    def paths(self) -> Sequence[Path]:
        """The files."""

    @property
    def can_be_reopened(self) -> bool:
        """Whether closing costs little: a compressed file would be read from its first record again."""

    def close(self) -> None:
        """Let go of the files; they are opened again when needed."""

    def again(self) -> "Entries":
        """Return the same entries, with files of their own."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> Entry:
        """Return one entry, whatever is wrong with it.

        Raises:
            IndexError: There is no such number.
        """
        ...


def open_entries(paths: storage.Paths, *, dialect: str | None = None, compression: Choice = "auto") -> Entries:
    """Open what is to be looked at.

    Args:
        paths: Record files as for `filmroll.open`; or one folder of pictures, or of folders of them by class.
        dialect: How the features of records are named; None finds out.
        compression: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.

    Raises:
        FileNotFoundError, SourceError: There is nothing of that name, or neither records nor pictures in it.
    """
    if isinstance(paths, list | tuple) and len(paths) == 1:
        paths = paths[0]
    root = Path(paths) if isinstance(paths, str | Path) else None
    if root is not None and root.is_dir() and not _holds_records(root):
        return PictureFiles(folder.read(root))
    roll = dataset.open(paths, dialect=dialect, compression=compression, on_error="skip")
    try:
        return Records(roll)
    except UncountedError:
        roll.close()
        return Records(dataset.open(paths, dialect=dialect, compression=compression, on_error="salvage"))


def _holds_records(root: Path) -> bool:
    try:
        return any(codecs.format_of(path.name) is None for path in storage.expand(root))
    except SourceError:
        return False


class UncountedError(Exception):
    """The records of a TFRecord file cannot be counted unless what is left of it is searched for."""


class Records:
    """The records of a dataset; damage stands among them where it is.

    Of a damaged TFRecord file all records show that can be found again; of other files those before the damage.

    Attributes:
        name, label_names, facts, paths, can_be_reopened: As in `Entries`.
        roll: The dataset.

    Raises:
        UncountedError: A TFRecord file is damaged, and the dataset does not salvage.
    """

    def __init__(self, roll: Dataset) -> None:
        self.roll = roll
        self.paths = roll.paths
        more = len(roll.paths) - 1
        self.name = f"{roll.paths[0].name} and {more:,} more" if more else roll.paths[0].name
        self.can_be_reopened = True
        self._faults: dict[int, dict[int, str]] = {}  # shard -> place in it -> what is wrong there
        self._prefixes: dict[int, list[Any]] = {}  # of files that are no TFRecord: the records before the damage
        self._ends = list(accumulate(self._count(shard) for shard in range(len(roll.paths))))

    def _count(self, shard: int) -> int:
        """Count the records of a file, and the damages that stand among them."""
        kind = self.roll.shards.kind(shard)
        try:
            reader = self.roll.shards.reader(shard)
            self.can_be_reopened &= reader.compression is None and kind != "tar"
            count = len(reader)
        except Error as exc:
            if kind == "tfrecord" and self.roll.on_error != "salvage":
                raise UncountedError from exc
            return self._keep_prefix(shard, exc)
        gaps = enumerate(self.roll.shards.gaps(shard))
        faults = {gap.record + number: _gap_sentence(gap) for number, gap in gaps}
        if faults:
            self._faults[shard] = faults
            self.can_be_reopened = False
        return count + len(faults)

    def _keep_prefix(self, shard: int, damage: Error) -> int:
        sound: list[Any] = []
        try:
            sound.extend(record for _, record in self.roll.shards.walk(shard))
        except Error as exc:
            damage = exc
        self._prefixes[shard] = sound
        self._faults[shard] = {len(sound): damage.message}
        return len(sound) + 1

    @cached_property
    def label_names(self) -> Sequence[str]:
        """Names of the classes by label."""
        try:
            return self.roll.label_names
        except (Error, OSError):
            return []

    @cached_property
    def facts(self) -> Sequence[tuple[str, str]]:
        """What is known of all records."""
        facts = [("files", f"{len(self.paths):,}"), ("kind", self.roll.shards.kind(0))]
        try:
            facts += [("message", self.roll.message_kind or "none that is known")]
            facts += [("dialect", f"{self.roll.dialect}: {'; '.join(self.roll.match.why)}")]
        except (Error, OSError) as exc:
            facts += [("dialect", f"cannot be told: {reason(exc)}")]
        return facts

    def close(self) -> None:
        """Let go of the files; they are opened again when needed."""
        self.roll.close()

    def again(self) -> "Records":
        """Return the same records, with files of their own."""
        other = copy(self)
        other.roll = copy(self.roll)
        other.roll.shards = copy(self.roll.shards)
        return other

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, number: int) -> Entry:
        """Return one record, whatever is wrong with it."""
        if not 0 <= number < len(self):
            raise IndexError(f"record {number} of {len(self)}")
        shard = bisect_right(self._ends, number)
        position = number - (self._ends[shard - 1] if shard else 0)
        faults = self._faults.get(shard, {})
        if position in faults:
            return Entry(number, f"{self.paths[shard].name}, damaged part", fault=faults[position])
        place = Place(shard, position - sum(one < position for one in faults))
        entry = Entry(number, f"{self.paths[shard].name}, record {place.number}")
        try:
            self._fill(entry, place)
        except (Error, OSError) as exc:
            entry.fault = reason(exc)
        return entry

    def _fill(self, entry: Entry, place: Place) -> None:
        prefix = self._prefixes.get(place.shard)
        record = self.roll.shards.record(place) if prefix is None else prefix[place.number]
        try:
            entry.features = self.roll.parse(place, record)
        except Error:
            if self.roll.message_kind is not None:
                raise
            entry.features = {BYTES: [memoryview(record)]}
            return
        entry.sample = self.roll.to_sample(place, entry.features)
        _notice_unreadable(entry)


class PictureFiles:
    """The picture files of a folder.

    Attributes:
        name, label_names, facts, paths, can_be_reopened: As in `Entries`.
    """

    can_be_reopened = True

    def __init__(self, listing: Listing) -> None:
        self._items = listing.items
        self.name = listing.root.resolve().name
        self.label_names = listing.label_names
        self.paths = [listing.root]
        self.facts = [("kind", "a folder of pictures"), ("classes", f"{len(listing.label_names):,}")]

    def close(self) -> None:
        """Let go of the files: there are none that stay open."""

    def again(self) -> "PictureFiles":
        """Return the same pictures."""
        return self

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, number: int) -> Entry:
        """Return one picture, whatever is wrong with it."""
        if not 0 <= number < len(self):
            raise IndexError(f"picture {number} of {len(self)}")
        item = self._items[number]
        entry = Entry(number, item.key)
        try:
            entry.sample = item.read()
            entry.features = {BYTES: [memoryview(entry.sample.encoded or b"")]}
            _notice_unreadable(entry)
        except (Error, OSError) as exc:
            entry.fault = reason(exc)
        return entry


def _gap_sentence(gap: Gap) -> str:
    return f"{gap.nbytes:,} bytes at offset {gap.offset:,} belong to no record: {gap.error.message}"


def reason(exc: Exception) -> str:
    """Say in one sentence what is wrong, without the place, which the page shows anyway."""
    if isinstance(exc, Error):
        return exc.message
    return f"the file cannot be read: {exc.strerror or exc}" if isinstance(exc, OSError) else str(exc)


def _notice_unreadable(entry: Entry) -> None:
    if entry.sample.encoded:
        try:
            _ = entry.sample.header
        except Error as exc:
            entry.fault = exc.message
