"""Where the batches of an epoch end: every rank takes as many, and each has a record at least.

In training in step a rank that had one batch more would wait for the others for ever. So the last step leaves no rank
without a record: where too few are left over for that, they are taken out of the step before.

    7 records, 3 ranks, batches of 2      0 1 2 3 4 5 | 6         rank 0 has two batches, the others one
                                          0 1 2 3 | 4 5 6         all have two

Batches of one record, and fewer records than ranks, cannot be divided so: who has none has one of the first again.
"""

from collections.abc import Iterator

from filmroll.loading.order import Int64Array, Order

POSITIONS = 8192  # shuffled at a time: the cost of a call is that of thousands of them


class Steps:
    """The batches of one rank from a position of the epoch on.

    Args:
        order: Of the records, for the rank.
        size: Records in a batch, at most.
        start: Position of the epoch at which all ranks stand.
        whole: Leave out a last batch that is not full on every rank.

    Attributes:
        count: Number of batches, the same for every rank.
    """

    def __init__(self, order: Order, size: int, *, start: int = 0, whole: bool = False) -> None:
        self._order, self._size, self._start = order, size, start
        self._step = order.world_size * size
        left = order.records - start
        self.count = left // self._step if whole else -(-left // self._step)
        over = left % self._step
        self._lends = self.count > 1 and size > 1 and not whole and 0 < over < order.world_size

    def stop(self, number: int) -> int:
        """Return the position of the epoch behind a batch, of all ranks."""
        if self._lends and number == self.count - 2:
            return self._order.records - self._order.world_size
        return min(self._order.records, self._start + (number + 1) * self._step)

    def __iter__(self) -> Iterator[Int64Array]:
        """Yield the records of each batch."""
        alike = self.count - 2 if self._lends else self.count
        number, start = 0, self._start
        while number < self.count:
            at_once = max(1, min(POSITIONS // self._size, alike - number))
            stop = self.stop(number + at_once - 1)
            found = self._order.between(start, stop)
            for first in range(0, max(1, len(found)), self._size):
                yield found[first : first + self._size] if len(found) else self._order.again(start)
                number += 1
            start = self.stop(number - 1)
