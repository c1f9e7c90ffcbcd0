"""What features records have: their types, the number of their values, what values occur."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from filmroll.messages import Features, Value


@dataclass(slots=True)
class FeatureSpec:
    """What was seen of one feature over many records.

    Attributes:
        type: "bytes", "float32", "int64", "none" where no record gave it a kind, or "mixed".
        records: Number of records that have it.
        least, most: Fewest and most values in one record.
        low, high: Smallest and largest number; for bytes the shortest and longest value in bytes.
        example: First value seen.
    """

    type: str = "none"
    records: int = 0
    least: int = 0
    most: int = 0
    low: float | int | None = None
    high: float | int | None = None
    example: Any = None

    @property
    def shape(self) -> list[int | None]:
        """Return [] for one value, [n] for always n values, [None] for a varying number."""
        if self.least == self.most:
            return [] if self.most == 1 else [self.most]
        return [None]

    def add(self, value: Value) -> None:
        """Count one more record's value."""
        count = 0 if value is None else len(value)
        self.least = count if self.records == 0 else min(self.least, count)
        self.most = max(self.most, count)
        self.records += 1
        if value is None:
            return
        self.type = self.type if self.type == type_of(value) else _joined(self.type, type_of(value))
        if count == 0:
            return
        if self.example is None:
            self.example = bytes(value[0][:64]) if isinstance(value, list) else value[0].item()
        self._stretch(*_extent(value))

    def _stretch(self, low: float, high: float) -> None:
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)


class Schema(dict[str, FeatureSpec]):
    """FeatureSpecs by feature name."""

    def add(self, features: Features) -> None:
        """Count one more record."""
        for name, value in features.items():
            spec = self.get(name)
            if spec is None:
                spec = self[name] = FeatureSpec()
            spec.add(value)

    def add_plain(self, features: Mapping[str, Any]) -> None:
        """Count one more record, given as what is to be serialized."""
        self.add({name: _as_value(value) for name, value in features.items()})

    def merge(self, other: Mapping[str, FeatureSpec]) -> None:
        """Count the records that `other` has counted."""
        for name, spec in other.items():
            if name in self:
                _merge(self[name], spec)
            else:
                self[name] = spec

    def to_json(self, *, records: int) -> dict[str, dict[str, Any]]:
        """Describe each feature as plain JSON values; a feature that some records lack is `optional`."""
        return {
            name: {"type": spec.type, "shape": spec.shape} | ({"optional": True} if spec.records < records else {})
            for name, spec in sorted(self.items())
        }


def schema_of(many_features: Iterable[Features]) -> Schema:
    """Return what was seen over all these features."""
    schema = Schema()
    for features in many_features:
        schema.add(features)
    return schema


def type_of(value: Value) -> str:
    """Name the type of a feature's value: "bytes", "float32", "int64" or "none"."""
    if value is None:
        return "none"
    return "bytes" if isinstance(value, list) else str(value.dtype)


def _as_value(value: Any) -> Value:
    """Give what `messages` serializes the form in which it parses it."""
    if value is None:
        return None
    items = (
        value if isinstance(value, list | tuple) else np.atleast_1d(value) if isinstance(value, np.ndarray) else [value]
    )
    if len(items) and isinstance(items[0], bytes | bytearray | memoryview | str):
        return [memoryview(item.encode() if isinstance(item, str) else item) for item in items]
    numbers = np.asarray(items).ravel()
    return numbers.astype(np.float32) if numbers.dtype.kind == "f" else numbers.astype(np.int64)


def _joined(one: str, other: str) -> str:
    return other if one == "none" else one if other == "none" else "mixed"


def _extent(value: list[memoryview] | np.ndarray) -> tuple[float, float]:
    if isinstance(value, list):
        sizes = [len(item) for item in value]
        return min(sizes), max(sizes)
    if len(value) == 1:
        number = value[0].item()
        return number, number
    return value.min().item(), value.max().item()


def _merge(into: FeatureSpec, other: FeatureSpec) -> None:
    into.type = into.type if into.type == other.type else _joined(into.type, other.type)
    into.least, into.most = min(into.least, other.least), max(into.most, other.most)
    into.records += other.records
    if other.low is not None and other.high is not None:
        into._stretch(other.low, other.high)
    into.example = other.example if into.example is None else into.example
