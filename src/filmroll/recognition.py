"""What the records of some files are: kind of message, dialect, names of the classes, schema; found out as needed.

Each file is read by its own dialect: `filmroll.json` beside it names that, or its first records tell, or those of the
first file where the two are alike.
"""

from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import cached_property
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from filmroll import dialects, manifest, messages
from filmroll.dialects import likeness
from filmroll.errors import Error, ParseError, UnsupportedError
from filmroll.leniency import OnError
from filmroll.messages import Features
from filmroll.records.kinds import Record
from filmroll.records.shards import Place, Shards
from filmroll.schema import Schema, schema_of

SNIFFED_RECORDS = 64
SNIFFED_NBYTES = 1 << 20
COMPARED_RECORDS = 8  # of each other file, with those of the first
KEY = "__key__"  # the key of a record that is kept by key, among its features; WebDataset's name for it
MESSAGE_OF_KIND = {"tar": "members", "parquet": "columns"}  # whose records are features already


class Recognition:
    """What the records are, told by the manifest beside them and by the first of them; each is looked at once.

    Args:
        shards: The files.
        dialect: Name of the dialect, where it is known.
        on_error: What is done about damage among the first records.

    Attributes:
        shards: The files.
        dialect_named: The dialect that was named, or None.

    Raises:
        UnsupportedError: There is no dialect of that name.
    """

    def __init__(self, shards: Shards, *, dialect: str | None, on_error: OnError) -> None:
        self.shards = shards
        self.dialect_named = None if dialect is None else dialects.get(dialect).NAME
        self._on_error = on_error
        self._message_kinds: dict[int, str | None] = {}
        self._matches: dict[int, dialects.Match] = {}
        self._pooled: set[int] = set()  # files whose records tell together what the first one is
        self._label_names: dict[int, list[str]] = {}
        self._beside: dict[Path, dict[str, dict[str, Any]]] = {}
        shards.known = self._counts

    def parse(self, place: Place, record: Record, *, wanted: Collection[str] | None = None) -> Features:
        """Parse one record; an error says where the record is.

        The lists of a SequenceExample come as one feature each, with the values of all steps in a row. A record that
        is kept by key has it as the feature "__key__".

        Args:
            place: Where the record is.
            record: What it holds.
            wanted: Names of the features that are needed; others may be there. None are all.

        Raises:
            ParseError: The record is no message of the kind that the first ones are.
        """
        if isinstance(record, dict):
            return record
        kind = self.message_kind_of(place.shard)
        try:
            if kind is None:
                raise ParseError("the record is no message that is known; its bytes are read with `records`")
            features = messages.parse(record, kind=kind, wanted=wanted)
            key = self.shards.key(place)
            return features if key is None else {KEY: [memoryview(key)], **features}
        except Error as exc:
            exc.offset = None  # it counts within the message; the place of the record says more
            raise exc.at(path=self.shards.paths[place.shard], record=place.number) from exc

    @cached_property
    def message_kind(self) -> str | None:
        """What the records are: one of `messages.KINDS`, "members" of a tar, "columns" of a table, or None."""
        kinds = {self.message_kind_of(shard) for shard in range(len(self.shards.paths))}
        return next((kind for kind in (*messages.KINDS, *MESSAGE_OF_KIND.values()) if kind in kinds), None)

    def message_kind_of(self, shard: int) -> str | None:
        """Tell by its first records what one file holds, once.

        A record or two that are neither do not decide it: reading them is an error. No records count as Examples.
        """
        if shard not in self._message_kinds:
            kind = self.shards.kind(shard)
            self._message_kinds[shard] = MESSAGE_OF_KIND.get(kind) or self._message_kind_told(shard)
        return self._message_kinds[shard]

    def _message_kind_told(self, shard: int) -> str | None:
        if self.shards.is_remote and (listed := self._listed(shard)) is not None:  # no record is read for it
            return dialects.message_of(listed)
        return messages.kind_of_records(record for _, record in self._first_records(shard))

    def _listed(self, shard: int) -> ModuleType | None:
        """Return the dialect that the manifest names for a file."""
        name = (self.manifest_of(shard) or {}).get("dialect")
        return dialects.get(str(name)) if name in dialects.DIALECTS else None

    @cached_property
    def schema(self) -> Schema:
        """Types, shapes and values of the features, seen over the first 64 records."""
        return schema_of(self.first_features())

    def match_of(self, shard: int) -> dialects.Match:
        """Tell the dialect of one file, and why it is taken for that; once."""
        if shard not in self._matches:
            self._matches[shard] = self._match_told(shard)
        return self._matches[shard]

    @property
    def dialects_found(self) -> list[str]:
        """Names of the dialects of all files, in order, each once."""
        return list(dict.fromkeys(self.match_of(shard).name for shard in range(len(self.shards.paths))))

    def _match_told(self, shard: int) -> dialects.Match:
        if self.dialect_named is not None:
            return dialects.Match(self.dialect_named, dialects.get(self.dialect_named), ["it was named"])
        listed = self._listed(shard)
        if listed is not None:
            return dialects.Match(listed.NAME, listed, [f"{manifest.NAME} says so"])
        first = self._first
        if shard in self._pooled or likeness.is_read_alike(first, self._seen(shard, COMPARED_RECORDS)):
            return first.match
        return self._seen(shard).match

    @cached_property
    def _first(self) -> likeness.Seen:
        """What is seen of the first file that no manifest lists, and of those alike where it holds few records."""
        found = likeness.seen([], message=None)
        for shard in range(len(self.shards.paths)):
            if self._listed(shard) is not None:
                continue
            other = self._seen(shard)
            if not found.records:
                found, self._pooled = other, {shard}
            elif likeness.is_read_alike(found, other):
                found = likeness.seen([*found.records, *other.records][:SNIFFED_RECORDS], message=found.message)
                self._pooled.add(shard)
            if len(found.records) >= SNIFFED_RECORDS:
                break
        return found._replace(records=[])  # which would keep a closed file in memory

    def _seen(self, shard: int, most: int = SNIFFED_RECORDS) -> likeness.Seen:
        message = self.message_kind_of(shard)
        return likeness.seen(self._parsed(self._first_records(shard, most) if message else []), message=message)

    @property
    def manifest(self) -> dict[str, Any] | None:
        """The entry of `filmroll.json` that lists the first file, or None."""
        return self.manifest_of(0)

    def manifest_of(self, shard: int) -> dict[str, Any] | None:
        """Return the entry of the `filmroll.json` beside a file that lists it, or None; each is read once.

        Raises:
            ParseError: There is such a file, and it is no manifest.
        """
        path = self.shards.paths[shard]
        if path.parent not in self._beside:
            self._beside[path.parent] = manifest.entries_beside(path)
        return self._beside[path.parent].get(path.name)

    def _counts(self) -> dict[str, tuple[int, int]]:
        """Return how many records and bytes the manifest says that files have, by name."""
        return {one["path"]: (one["records"], one["nbytes"]) for one in (self.manifest or {}).get("shards", ())}

    @property
    def label_names(self) -> list[str]:
        """Names of the classes by label, from `filmroll.json` or the files themselves; empty where one has none.

        Raises:
            UnsupportedError: Two files name a class differently.
        """
        names = {shard: self.label_names_of(shard) for shard in range(len(self.shards.paths))}
        most = max(names, key=lambda shard: len(names[shard]))
        for shard, own in names.items():
            if own is not names[most]:
                self._require_same_names(most, shard)
        return names[most] if all(names.values()) else []

    def label_names_of(self, shard: int) -> list[str]:
        """Return the names of the classes of one file by label; empty where nothing names them."""
        if shard not in self._label_names:
            listed: list[str] = (self.manifest_of(shard) or {}).get("label_names", [])
            if not listed and self.shards.kind(shard) == "parquet":  # others name none, and need not be opened for it
                listed = list(getattr(self.shards.reader(shard), "label_names", ()))
            self._label_names[shard] = listed
        return self._label_names[shard]

    def _require_same_names(self, one: int, other: int) -> None:
        pairs = zip(self.label_names_of(one), self.label_names_of(other), strict=False)
        for label, (name, own) in enumerate(pairs):
            if name != own:
                raise UnsupportedError(
                    f"label {label} is {own!r} here, and {name!r} in {self.shards.paths[one]}: labels of the two mean"
                    " different things; take them one by one",
                    path=self.shards.paths[other],
                )

    def first_features(self) -> list[Features]:
        """Parse the first records, over as many files as hold them, as far as they are messages."""
        first: list[tuple[Place, Record]] = []
        for shard in range(len(self.shards.paths)):
            first += self._first_records(shard) if self.message_kind_of(shard) else []
            if len(first) >= SNIFFED_RECORDS:
                break
        return self._parsed(first[:SNIFFED_RECORDS])

    def _parsed(self, records: list[tuple[Place, Record]]) -> list[Features]:
        return [features for found in records if (features := self._parse_if_possible(*found)) is not None]

    def _parse_if_possible(self, place: Place, record: Record) -> Features | None:
        try:
            return self.parse(place, record)
        except Error:
            return None

    def _first_records(self, shard: int, most: int = SNIFFED_RECORDS) -> list[tuple[Place, Record]]:
        """Read the first records, as far as the first damage: the rest of the file can still be asked for."""
        first: list[tuple[Place, Record]] = []
        try:
            first.extend(self._few(islice(self.shards.walk(shard), most)))
        except Error:
            if not first and self._on_error == "raise":
                raise
        return first or self._first_sound_records(shard, most)

    def _few(self, records: Iterator[tuple[Place, Record]]) -> Iterator[tuple[Place, Record]]:
        """Stop at a megabyte of records of a store: what they are is seen in fewer, too."""
        nbytes = 0
        for found in records:
            yield found
            nbytes += 0 if isinstance(found[1], dict) else len(found[1])
            if self.shards.is_remote and nbytes > SNIFFED_NBYTES:
                return

    def _first_sound_records(self, shard: int, most: int) -> list[tuple[Place, Record]]:
        first: list[tuple[Place, Record]] = []
        for number in range(len(self.shards.reader(shard)) if self._on_error != "raise" else 0):
            with suppress(Error):
                first.append((Place(shard, number), self.shards.record(Place(shard, number))))
            if len(first) == most:
                break
        return first
