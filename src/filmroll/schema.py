"""What features records have: their types, the number of their values, what values occur."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from filmroll.messages import Features, Value


@dataclass(slots=True)
class FeatureSpec:
    """What was seen of one feature over many records.

    Attributes:
        type: "bytes", "float32", "int64", "none" where no record gave it a kind, or "mixed"; lists without values have
            no say beside those that have some.
        records: Number of records that have it.
        least, most: Fewest and most values in one record.
        low, high: Smallest and largest number, NaN where there is no other; for bytes the shortest and longest value
            in bytes.
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
        if self.type != type_of(value):
            self.type = _joined((self.type, self.most), (type_of(value), count))
        self.least = count if self.records == 0 else min(self.least, count)
        self.most = max(self.most, count)
        self.records += 1
        if value is None or count == 0:
            return
        if self.example is None:
            self.example = bytes(value[0][:64]) if isinstance(value, list) else value[0].item()
        self._stretch(*_extent(value))

    def _stretch(self, low: float, high: float) -> None:
        self.low = low if self.low is None or math.isnan(self.low) else min(self.low, low)
        self.high = high if self.high is None or math.isnan(self.high) else max(self.high, high)


class Schema(dict[str, FeatureSpec]):
    """FeatureSpecs by feature name."""

    def add(self, features: Features) -> None:
        """Count one more record."""
        for name, value in features.items():
            spec = self.get(name)
            if spec is None:
                spec = self[name] = FeatureSpec()
            spec.add(value)

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


Layout = tuple[tuple[str, str, int], ...]
"""Name, type and number of values of each feature of one record."""


def layout_of(features: Mapping[str, Any]) -> Layout:
    """Return the layout of features that are to be serialized; a few microseconds, most records of a set share one."""
    known = _layout_of_single(tuple(features), tuple(map(type, features.values())))
    return known or tuple([(name, *_plain_type(value)) for name, value in features.items()])


@lru_cache(maxsize=64)
def _layout_of_single(names: tuple[str, ...], kinds: tuple[type, ...]) -> Layout | None:
    """Return the layout of features with one value each, which their types tell; None where they do not."""
    if not ONE_VALUE.keys() >= set(kinds):
        return None
    return tuple([(name, *ONE_VALUE[kind]) for name, kind in zip(names, kinds, strict=True)])


def schema_of_layouts(layouts: Counter[Layout]) -> Schema:
    """Return what is known from layouts and how many records have each; extents and examples stay unknown."""
    schema = Schema()
    for layout, records in layouts.items():
        schema.merge({name: FeatureSpec(type, records, count, count) for name, type, count in layout})
    return schema


def type_of(value: Value) -> str:
    """Name the type of a feature's value: "bytes", "float32", "int64" or "none"."""
    if value is None:
        return "none"
    return "bytes" if isinstance(value, list) else str(value.dtype)


ONE_VALUE = {bytes: ("bytes", 1), str: ("bytes", 1), int: ("int64", 1), bool: ("int64", 1), float: ("float32", 1)}


def _plain_type(value: Any) -> tuple[str, int]:
    known = ONE_VALUE.get(type(value))
    if known is not None:
        return known
    if isinstance(value, bytes | bytearray | memoryview | str):
        return "bytes", 1
    if isinstance(value, int | np.integer | np.bool_):
        return "int64", 1
    if isinstance(value, float | np.floating):
        return "float32", 1
    if isinstance(value, np.ndarray):
        return "float32" if value.dtype.kind == "f" else "int64", value.size
    if not value:
        return "none" if value is None else "bytes", 0
    kinds = {_plain_type(item)[0] for item in value}
    return "float32" if "float32" in kinds else kinds.pop(), len(value)


def _joined(one: tuple[str, int], other: tuple[str, int]) -> str:
    """Return the type of two, each with the most values that were seen of it."""
    (type, most), (other_type, other_most) = one, other
    if type == "none" or (other_most and not most):
        return other_type
    return type if other_type == "none" or (most and not other_most) else "mixed"


def _extent(value: list[memoryview] | np.ndarray) -> tuple[float, float]:
    if isinstance(value, list):
        sizes = [len(item) for item in value]
        return min(sizes), max(sizes)
    if len(value) == 1:
        number = value[0].item()
        return number, number
    return np.fmin.reduce(value).item(), np.fmax.reduce(value).item()


def _merge(into: FeatureSpec, other: FeatureSpec) -> None:
    if into.type != other.type:
        into.type = _joined((into.type, into.most), (other.type, other.most))
    into.least, into.most = min(into.least, other.least), max(into.most, other.most)
    into.records += other.records
    if other.low is not None and other.high is not None:
        into._stretch(other.low, other.high)
    into.example = other.example if into.example is None else into.example
