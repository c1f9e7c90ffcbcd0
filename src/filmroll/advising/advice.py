"""What `advise` found: the measurements, the recommendation, and what there is to know about both."""

from dataclasses import asdict, dataclass, field
from typing import Any

from filmroll.advising.measurement import Measurement
from filmroll.advising.picture import Picture
from filmroll.advising.reading import Container
from filmroll.advising.recommendation import Goal


@dataclass(frozen=True, slots=True)
class Advice:
    """What was measured, and what to use.

    Attributes:
        source: What was asked about.
        goal: What matters.
        seed: Of the sample.
        count: Pictures of the source.
        sample: Names of the pictures that were measured.
        size: Side of the pictures that the training takes; None for their own.
        candidates: The measurements, in the order of the table.
        recommended: Name of one of them.
        why: The reason, one sentence.
        otherwise: What would change the answer.
        containers: What the recommended pictures cost in other record files.
        left_out: Candidate -> why it was not measured.
        unreadable: Pictures chosen that could not be decoded: where, and why.
        notes: What was done to the pictures.
        seconds: How long it took.
        pictures: The sample itself.
    """

    source: str
    goal: Goal
    seed: int
    count: int
    sample: list[str]
    size: int | None
    candidates: list[Measurement]
    recommended: str
    why: str
    otherwise: list[str]
    containers: list[Container]
    left_out: dict[str, str]
    unreadable: list[tuple[str, str]]
    notes: list[str]
    seconds: float
    pictures: list[Picture] = field(repr=False)

    @property
    def chosen(self) -> Measurement:
        """The measurement of the recommended candidate."""
        return next(one for one in self.candidates if one.name == self.recommended)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the pictures as plain JSON values."""
        plain = {
            name: getattr(self, name)
            for name in self.__slots__
            if name not in ("pictures", "candidates", "containers", "unreadable")
        }
        return {
            "recommended": self.recommended,
            "why": self.why,
            **plain,
            "candidates": [one.to_json() for one in self.candidates],
            "containers": [asdict(one) for one in self.containers],
            "unreadable": [{"path": where, "error": why} for where, why in self.unreadable],
        }
