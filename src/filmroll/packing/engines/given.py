"""Tasks in an Executor that the caller has, of whatever kind: Dask's, MPI's, a pool of processes.

Where its workers are is not known. Tasks that are threads of this process count each picture; of others, whose tasks
are pickled, a whole task is counted when it is done.
"""

import os
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from filmroll.packing.engines.counter import Count, Part
from filmroll.packing.engines.engine import do

WINDOW = 256  # tasks handed over at a time where the number of workers is not known


class Given:
    """An Executor as an engine.

    Args:
        executor: Whose it is stays open.
        workers: Tasks done at a time.
        window: Tasks handed over at a time.
    """

    tick_s: float | None = None
    patience_s: float | None = None

    def __init__(self, executor: Executor, *, workers: int, window: int) -> None:
        self.workers, self.window = workers, window
        self._executor = executor

    def submit(self, work: Callable[[Any, Count], Any], task: Any, part: Part) -> "Future[Any]":
        """Hand over one task."""
        return self._executor.submit(do, work, task, part)

    def pass_on(self) -> None:
        """Do nothing: tasks count by themselves, or nobody hears them."""

    def stop(self) -> None:
        """Do nothing: tasks ask by themselves, or go on to their end."""

    def restart(self) -> None:
        """Give up: it is not known how such workers are made."""
        raise ChildProcessError("the workers of the executor have ended; make a new one, and call again to go on")

    def close(self) -> None:
        """Leave the executor open: it is not ours."""


def start(executor: Executor, *, workers: int | None) -> Given:
    """Take an Executor."""
    return Given(executor, workers=workers or os.cpu_count() or 1, window=workers or WINDOW)
