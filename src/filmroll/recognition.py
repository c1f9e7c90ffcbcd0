"""What the records of some files are: kind of message, dialect, names of the classes, schema; found out as needed."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from types import ModuleType
from typing import Any

from filmroll import dialects, manifest, messages
from filmroll.errors import Error
from filmroll.leniency import OnError
from filmroll.messages import Features
from filmroll.records.kinds import Record
from filmroll.records.shards import Place, Shards
from filmroll.schema import Schema, schema_of

SNIFFED_RECORDS = 64
SNIFFED_NBYTES = 1 << 20
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
        try:
            features = messages.parse(record, kind=self.message_kind_of(place.shard), wanted=wanted)
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
        if self.shards.is_remote and self._of_manifest is not None:  # the first records are not read for it
            return dialects.message_of(self._of_manifest)
        return messages.kind_of_records(record for _, record in self._first_records(shard))

    @cached_property
    def _of_manifest(self) -> ModuleType | None:
        name = (self.manifest or {}).get("dialect")
        return dialects.get(str(name)) if name in dialects.DIALECTS else None

    @cached_property
    def schema(self) -> Schema:
        """Types, shapes and values of the features, seen over the first 64 records."""
        return schema_of(self.first_features())

    @cached_property
    def match(self) -> dialects.Match:
        """The dialect of the records, and why it is taken for that."""
        if self.dialect_named is not None:
            return dialects.Match(self.dialect_named, dialects.get(self.dialect_named), ["it was named"])
        if self._of_manifest is not None:
            return dialects.Match(self._of_manifest.NAME, self._of_manifest, [f"{manifest.NAME} says so"])
        message = self.message_kind
        named = "example" if message in (None, "sequence_example") else message
        return dialects.sniff(self.first_features(), str(named))

    @cached_property
    def manifest(self) -> dict[str, Any] | None:
        """The entry of `filmroll.json` that lists the first file, or None."""
        return manifest.find(self.shards.paths[0])

    def _counts(self) -> dict[str, tuple[int, int]]:
        """Return how many records and bytes the manifest says that files have, by name."""
        return {one["path"]: (one["records"], one["nbytes"]) for one in (self.manifest or {}).get("shards", ())}

    @cached_property
    def label_names(self) -> list[str]:
        """Names of the classes by label, from `filmroll.json` or the file itself; empty where neither names them."""
        names: Sequence[str] = (self.manifest or {}).get("label_names", ())
        return list(names or getattr(self.shards.reader(0), "label_names", ()))

    def first_features(self) -> list[Features]:
        """Parse the first records, over as many files as hold them, as far as they are messages."""
        first: list[tuple[Place, Record]] = []
        for shard in range(len(self.shards.paths)):
            first += self._first_records(shard) if self.message_kind_of(shard) else []
            if len(first) >= SNIFFED_RECORDS:
                break
        return [
            features for found in first[:SNIFFED_RECORDS] if (features := self._parse_if_possible(*found)) is not None
        ]

    def _parse_if_possible(self, place: Place, record: Record) -> Features | None:
        try:
            return self.parse(place, record)
        except Error:
            return None

    def _first_records(self, shard: int) -> list[tuple[Place, Record]]:
        """Read the first records, as far as the first damage: the rest of the file can still be asked for."""
        first: list[tuple[Place, Record]] = []
        try:
            first.extend(self._few(islice(self.shards.walk(shard), SNIFFED_RECORDS)))
        except Error:
            if not first and self._on_error == "raise":
                raise
        return first or self._first_sound_records(shard)

    def _few(self, records: Iterator[tuple[Place, Record]]) -> Iterator[tuple[Place, Record]]:
        """Stop at a megabyte of records of a store: what they are is seen in fewer, too."""
        nbytes = 0
        for found in records:
            yield found
            nbytes += 0 if isinstance(found[1], dict) else len(found[1])
            if self.shards.is_remote and nbytes > SNIFFED_NBYTES:
                return

    def _first_sound_records(self, shard: int) -> list[tuple[Place, Record]]:
        first: list[tuple[Place, Record]] = []
        for number in range(len(self.shards.reader(shard)) if self._on_error != "raise" else 0):
            with suppress(Error):
                first.append((Place(shard, number), self.shards.record(Place(shard, number))))
            if len(first) == SNIFFED_RECORDS:
                break
        return first
