"""The records of a dataset as entries."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from copy import copy
from functools import cached_property
from itertools import accumulate
from typing import Any

from filmroll.dataset import Dataset
from filmroll.dialects import MIXED
from filmroll.errors import Error
from filmroll.records.salvage import Gap
from filmroll.records.shards import Place
from filmroll.view.entry import BYTES, Entry, notice_unreadable, reason


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
        facts = [("files", f"{len(self.paths):,}"), ("kind", self._all(self.roll.shards.kind))]
        try:
            facts += [("message", self._all(lambda shard: self.roll.message_kind_of(shard) or "none that is known"))]
            is_mixed = self.roll.dialect == MIXED
            why = (
                self._all(lambda shard: self.roll.match_of(shard).name) if is_mixed else "; ".join(self.roll.match.why)
            )
            facts += [("dialect", f"{self.roll.dialect}: {why}")]
        except (Error, OSError) as exc:
            facts += [("dialect", f"cannot be told: {reason(exc)}")]
        return facts

    def _all(self, told: Callable[[int], str]) -> str:
        """Say what each file is, each word once."""
        return ", ".join(dict.fromkeys(map(told, range(len(self.paths)))))

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
            if self.roll.message_kind_of(place.shard) is not None:
                raise
            entry.features = {BYTES: [memoryview(record)]}
            return
        entry.sample = self.roll.to_sample(place, entry.features)
        notice_unreadable(entry)


def _gap_sentence(gap: Gap) -> str:
    return f"{gap.nbytes:,} bytes at offset {gap.offset:,} belong to no record: {gap.error.message}"
