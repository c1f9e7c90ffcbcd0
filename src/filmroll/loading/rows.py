"""The rows of a batch, and what makes them: records -> samples -> plans -> pixels, in threads and in processes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from filmroll.dataset import Dataset
from filmroll.errors import Error
from filmroll.loading import hashing, windows
from filmroll.loading.fetching import Read
from filmroll.loading.loader import NO_LABEL
from filmroll.loading.pixels import Plan, Recipe, UInt8Array, pixels, plan

# Records that are read, and then planned, before the first of them is decoded. While a thread goes on with the like of
# what it did last, the interpreter's code is in the processor's cache; each decoded picture drives it out.
TOGETHER = 8

Given = ParamSpec("Given")
Thing = TypeVar("Thing")
Result = TypeVar("Result")


@dataclass(slots=True)
class Rows:
    """What came of some records, in their order.

    Attributes:
        labels: Of each; NO_LABEL where there is none.
        errors: Why there is no picture, by place among them.
        images: Of each, None where there is none; none at all where they were put into an array that was given.
    """

    labels: list[int] = field(default_factory=list)
    errors: dict[int, Error] = field(default_factory=dict)
    images: list[NDArray[Any] | None] = field(default_factory=list)

    def add(self, others: "Rows") -> None:
        """Append the rows that come next."""
        self.errors |= {len(self.labels) + place: error for place, error in others.errors.items()}
        self.labels += others.labels
        self.images += others.images


def joined(parts: list[Rows]) -> Rows:
    """Put the rows of the parts of a batch together."""
    rows = Rows()
    for part in parts:
        rows.add(part)
    return rows


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes rows; pickled, it makes the same ones in another process.

    Attributes:
        roll: The records.
        recipe: What is done with each picture.
        seed: Of the parts and the mirroring.
    """

    roll: Dataset
    recipe: Recipe
    seed: int

    @property
    def shape(self) -> tuple[int, int, int] | None:
        """Return (height, width, channels) of every picture, uint8; None where each has its own."""
        return None if self.recipe.size is None else (*self.recipe.size, self.recipe.channels)

    def rows(
        self,
        numbers: NDArray[np.int64],
        epoch: int,
        *,
        read: Read,
        images: UInt8Array | None = None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Rows:
        """Make the rows of some records.

        Args:
            numbers: Of the records.
            epoch: Of the parts and the mirroring.
            read: Reads one record.
            images: (n, height, width, channels), where to put the pictures; None has them in the rows.
            wanted: Whether to go on; asked before each picture.
        """
        rows = Rows()
        draws = hashing.uniform(hashing.key_of(self.seed, epoch), numbers, draws=windows.DRAWS)
        for first in range(0, len(numbers), TOGETHER):
            part = slice(first, first + TOGETHER)
            for place, planned in enumerate(self._plans(numbers[part].tolist(), draws[part], read), first):
                if not wanted():
                    return rows
                image = _tried(pixels, planned, self.recipe, out=None if images is None else images[place])
                if isinstance(image, Error):
                    shard, record = self.roll.shards.locate(int(numbers[place]))
                    rows.errors[place] = image.at(path=self.roll.paths[shard], record=record)
                rows.labels.append(NO_LABEL if place in rows.errors else _label(planned))
                if images is None:
                    rows.images.append(None if isinstance(image, Error) else image)
        return rows

    def _plans(self, numbers: list[int], draws: NDArray[np.float64], read: Read) -> list[Plan | Error]:
        samples = [_tried(read, number) for number in numbers]
        return [_tried(plan, sample, self.recipe, drawn) for sample, drawn in zip(samples, draws, strict=True)]


def _label(planned: Plan | Error) -> int:
    label = None if isinstance(planned, Error) else planned.sample.label
    return NO_LABEL if label is None else label


def _tried(
    step: Callable[Concatenate[Thing, Given], Result], thing: Thing | Error, *args: Given.args, **kwargs: Given.kwargs
) -> Result | Error:
    """Take a step with a thing: the error that comes of it, or that there is instead of the thing, is returned."""
    if isinstance(thing, Error):
        return thing
    try:
        return step(thing, *args, **kwargs)
    except Error as exc:
        return exc
