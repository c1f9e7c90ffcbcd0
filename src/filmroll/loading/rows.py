"""The rows of a batch, and what makes them: record -> sample -> pixels, the same in threads and in processes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.dataset import Dataset
from filmroll.errors import Error
from filmroll.loading import hashing, windows
from filmroll.loading.fetching import Read
from filmroll.loading.loader import NO_LABEL
from filmroll.loading.pixels import Recipe, UInt8Array, pixels


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
        for place, number in enumerate(numbers.tolist()):
            if not wanted():
                break
            try:
                sample = read(number)
                image = pixels(sample, self.recipe, draws[place], out=None if images is None else images[place])
                label = NO_LABEL if sample.label is None else sample.label
            except Error as exc:
                shard, record = self.roll.shards.locate(number)
                rows.errors[place] = exc.at(path=self.roll.paths[shard], record=record)
                image, label = None, NO_LABEL
            rows.labels.append(label)
            if images is None:
                rows.images.append(image)
        return rows
