"""The parts of a sample besides its picture, which most dialects of Examples differ in by name alone.

    key    bytes   name of the picture        label  int64  one class, counted from the dialect's base
    text   bytes   name of the class          boxes and mask   as objects.py says
    ...    any other feature, under its own name

A label or a text of several values, or of none, is no single class: it stays among the other features.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

from filmroll.dialects import fields, objects
from filmroll.messages import Features
from filmroll.sample import Sample

HOLDS = frozenset({"label", "text", "features"}) | objects.HOLDS
LOADED = frozenset({"image/encoded", "image/class/label"})  # what a loader needs of a record of slim's names


@dataclass(frozen=True)
class Parts:
    """What one dialect calls them.

    Attributes:
        dialect: Name of the dialect, for errors.
        key, label, text: Names of these features.
        picture: Names of the features that hold the picture and describe it.
        label_base: Number of the first class.
        objects: Module that names boxes and masks.
    """

    dialect: str
    key: str
    label: str
    text: str
    picture: frozenset[str]
    label_base: int = 0
    objects: ModuleType = objects

    @cached_property
    def own(self) -> frozenset[str]:
        """Every name that the dialect takes for its own."""
        return self.picture | {self.key, self.label, self.text} | frozenset(self.objects.OWN)

    def to_features(self, sample: Sample, picture: Mapping[str, Any]) -> dict[str, Any]:
        """Add the parts of a sample to the features of its picture.

        Raises:
            UnsupportedError: Another feature has a name that is the dialect's own.
        """
        features = dict(picture)
        if sample.key:
            features[self.key] = fields.to_bytes(sample.key)
        if sample.label is not None:
            features[self.label] = sample.label + self.label_base
        if sample.text is not None:
            features[self.text] = fields.to_bytes(sample.text)
        features |= self.objects.to_features(sample)
        if not sample.features:
            return features
        return fields.joined(features, sample, own=self.own_of(features | sample.features), dialect=self.dialect)

    def to_sample(self, features: Features, **picture: Any) -> Sample:
        """Find the parts of a sample.

        Args:
            features: All features of a record.
            picture: `encoded` or `array` of the sample.

        Raises:
            ParseError: A feature has the wrong type.
            FormatError: The lists of boxes have different lengths.
        """
        own = self.own_of(features)
        label = fields.integer(features, self.label) if self.label in own else None
        has_objects = not self.objects.OWN.isdisjoint(features)
        return Sample(
            key=fields.key(features, self.key),
            label=None if label is None else label - self.label_base,
            text=fields.text(features, self.text) if self.text in own else None,
            boxes=self.objects.boxes_of(features) if has_objects else None,
            mask=self.objects.mask_of(features) if has_objects else None,
            features=fields.others(features, own),
            **picture,
        )

    def own_of(self, features: Mapping[str, Any]) -> frozenset[str]:
        """Return the own names without those that hold something else in these features."""
        foreign = [name for name in (self.label, self.text) if name in features and fields.count(features[name]) != 1]
        if not self.objects.OWN.isdisjoint(features):
            foreign += self.objects.foreign_in(features)
        return self.own.difference(foreign) if foreign else self.own
