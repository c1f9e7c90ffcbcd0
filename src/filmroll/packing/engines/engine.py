"""What an engine is, and how any of them does one task."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol, TypeVar

from filmroll.packing.engines.counter import Count, Part

Task = TypeVar("Task")
Result = TypeVar("Result")
TRIES = 4  # of a task whose worker is lost: once, and three times again


class Engine(Protocol):
    """Does tasks somewhere.

    Attributes:
        workers: Tasks that are done at a time, as far as it is known.
        window: Tasks that are handed over at a time; the others are not made before.
        tick_s: After how many seconds at most `pass_on` is to be called; None where tasks count by themselves.
        patience_s: How long to wait for tasks that were stopped; None is for ever.
    """

    workers: int
    window: int
    tick_s: float | None
    patience_s: float | None

    def submit(self, work: Callable[[Any, Count], Any], task: Any, part: Part) -> "Future[Any]":
        """Hand over one task.

        Raises:
            BrokenExecutor: The workers are lost.
        """

    def pass_on(self) -> None:
        """Count what workers have told."""

    def stop(self) -> None:
        """Let tasks that are under way stop, and begin no others."""

    def restart(self) -> None:
        """Begin anew with other workers, after the others were lost.

        Raises:
            ChildProcessError: There are no others.
        """

    def close(self) -> None:
        """End what was begun."""


class Told(Count, Protocol):
    """What a task counts with, and how it hears that it is to stop, and lets others stop."""

    def check(self) -> None:
        """See that there is a reason to go on.

        Raises:
            StoppedError: Another task has failed.
        """

    def stop(self) -> None:
        """Let all tasks stop."""


def do(work: Callable[[Task, Count], Result], task: Task, told: Told) -> Result:
    """Do one task, and let the others stop where it fails."""
    told.check()
    try:
        return work(task, told)
    except BaseException:
        told.stop()
        raise
