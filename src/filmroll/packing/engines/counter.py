"""How many pictures are done, wherever the tasks are, and the word to stop."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol

Progress = Callable[[int, int], None]


class StoppedError(Exception):
    """Another task failed: this one need not go on."""


class Count(Protocol):
    """What a task calls after each picture, or after several."""

    def __call__(self, count: int = 1) -> None:
        """Count pictures that are done.

        Raises:
            StoppedError: Another task has failed.
        """


class Counter:
    """Counts pictures over all tasks, tells the caller's progress, and passes the word to stop.

    Args:
        total: Number of pictures.
        progress: Called with the pictures done and their number, from any thread.

    Attributes:
        stopped: Whether a task has failed, and the others need not go on.
    """

    def __init__(self, total: int, progress: Progress | None = None) -> None:
        self._total, self._progress = total, progress
        self._done, self.stopped = 0, False
        self._lock = Lock()

    def add(self, count: int) -> None:
        """Count pictures that are done."""
        with self._lock:
            self._done += count
            if self._progress is not None:
                self._progress(self._done, self._total)

    def stop(self) -> None:
        """Let every task that counts stop at its next picture."""
        self.stopped = True


class Part:
    """What one task counts. In another process, where a pickle of it arrives, nobody hears it: `Unheard`.

    Args:
        counter: Of all tasks.
        size: How many pictures the task is.
    """

    def __init__(self, counter: Counter, *, size: int) -> None:
        self._counter, self._told, self._size = counter, 0, size

    @property
    def is_done(self) -> bool:
        """Whether all pictures were counted."""
        return self._told >= self._size

    def __call__(self, count: int = 1) -> None:
        """Count pictures that are done.

        Raises:
            StoppedError: Another task has failed.
        """
        self.check()
        self.tell(self._told + count)

    def check(self) -> None:
        """See that there is a reason to go on.

        Raises:
            StoppedError: Another task has failed.
        """
        if self._counter.stopped:
            raise StoppedError

    def tell(self, done: int) -> None:
        """Count up to this number of pictures: a task that is done again counts none twice."""
        if done > self._told:
            count, self._told = done - self._told, done
            self._counter.add(count)

    def stop(self) -> None:
        """Let all tasks stop."""
        self._counter.stop()

    def __reduce__(self) -> tuple[Any, ...]:
        return Unheard, ()


class Unheard:
    """Counts where there is no way back: all is counted when the task is done."""

    def __call__(self, count: int = 1) -> None:
        """Count nothing."""

    def check(self) -> None:
        """Go on."""

    def stop(self) -> None:
        """Stop nobody: the error of the task will."""
