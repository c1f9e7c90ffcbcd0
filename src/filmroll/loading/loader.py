"""What every loader does: go through the epochs in order, know where it stands, go on from there.

What a batch holds depends on the seed, the epoch and the position alone: not on the number of threads, on the
number of ranks it was resumed with, or on what was read before.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import Error
from filmroll.loading.order import Order, require_whole
from filmroll.loading.steps import Steps

Batch = dict[str, Any]
NO_LABEL = -1


class Loader(ABC):
    """Iterate over the batches of an epoch; the next iteration is the next epoch.

    Attributes:
        epoch: Number of the epoch that the next iteration begins or goes on with.
        skipped: Records left out since the loader was made, with the reason, where errors are to be skipped.
    """

    def __init__(self, batch_size: int, *, order: Order, drop_last: bool = False) -> None:
        require_whole(batch_size=batch_size)
        if batch_size < 1:
            raise ValueError(f"batches of {batch_size}: give a number above 0")
        self._batch_size, self._order, self._drop_last = batch_size, order, drop_last
        self._position = 0
        self.epoch = order.epoch
        self.skipped: dict[int, Error] = {}

    def __len__(self) -> int:
        """Return the number of batches of a whole epoch, for each rank: it is the same for all."""
        batches = Steps(self._order, self._batch_size, whole=self._drop_last).count
        return len(range(self._order.worker, batches, self._order.workers))

    def __repr__(self) -> str:
        return f"<filmroll.{type(self).__name__}: {self.description}>"

    @property
    def description(self) -> str:
        """What comes, in a line: how many batches, of what, in which order, for whom, and where the loader stands."""
        order = self._order
        batches = f"{len(self):,} batch{'' if len(self) == 1 else 'es'} of {self._batch_size}"
        parts = [batches, self._contents(), f"epoch {self.epoch}"]
        if order.seed is not None:
            parts.insert(2, f"shuffled ({order.shuffle.strength}, seed {order.seed})")
        if order.world_size > 1:
            parts.append(f"rank {order.rank} of {order.world_size}")
        if order.workers > 1:
            parts.append(f"worker {order.worker} of {order.workers}")
        if self._position:
            parts.append(f"{self._position:,} of {order.records:,} records used")
        return ", ".join(parts)

    def _contents(self) -> str:
        """Say what is in a batch."""
        return "records"

    def take_part(self, *, worker: int, workers: int) -> None:
        """Leave the batches of other workers of this rank out: they take them in turn.

        A state is then that of a round, in which each worker has had one batch.

        Raises:
            ValueError: There is no such worker.
        """
        self._order = replace(self._order, worker=worker, workers=workers)

    def state_dict(self) -> dict[str, int]:
        """Return where the training stands: epoch, and records of it that all ranks together have used."""
        return {"epoch": self.epoch, "position": self._position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where `state_dict` was taken, also with another number of ranks, threads or another batch size.

        Raises:
            ValueError: The state is not of a loader of these records.
        """
        try:
            epoch, position = (operator.index(state[name]) for name in ("epoch", "position"))  # a checkpoint's, perhaps
        except (TypeError, LookupError):
            epoch = position = -1
        if epoch < 0 or not 0 <= position <= self._order.records:
            raise ValueError(f"state {state} is not of a loader of {self._order.records} records")
        self.epoch, self._position = epoch, position

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches from the present position to the end of the epoch.

        Raises:
            Error: A record or picture is damaged, and is not to be skipped; the error says which.
            LostProcessError: A process that decodes has ended.
        """
        batches = self._batches(replace(self._order, epoch=self.epoch), self._position)
        try:
            for position, batch in batches:
                self._position = position
                yield batch
        finally:
            batches.close()
        self.epoch, self._position = self.epoch + 1, 0

    def take_range(self, first: int, stop: int) -> None:
        """Load the records from one number up to another alone, in their order, for the epoch that comes."""
        self._order = replace(self._order, records=stop, seed=None, rank=0, world_size=1)
        self._position = first

    def __getitem__(self, number: object) -> NoReturn:
        """Refuse to be asked for a batch by its number, as torch's DataLoader asks what is no IterableDataset.

        Raises:
            TypeError: Always.
        """
        raise TypeError(
            "batches come in their order: iterate over the loader, or make it go on from load_state_dict; what a"
            " DataLoader takes is filmroll.loading.torch.batches(loader), with batch_size=None"
        )

    @abstractmethod
    def _batches(self, order: Order, position: int) -> Generator[tuple[int, Batch], None, None]:
        """Yield, batch by batch, the position after it and what it holds."""

    def _steps(self, order: Order, position: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Yield, batch by batch, the position after it and the records in it."""
        steps = Steps(order, self._batch_size, start=position, whole=self._drop_last)
        for number, numbers in enumerate(steps):
            if number % order.workers == order.worker:
                after_round = number - order.worker + order.workers
                yield steps.stop(min(after_round, steps.count) - 1), numbers
