"""Tasks in threads of this process: what decodes, compresses and writes lets go of the interpreter."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from filmroll.packing.engines.counter import Count, Part
from filmroll.packing.engines.engine import do
from filmroll.packing.engines.given import Given
from filmroll.packing.engines.turns import Line, Turn
from filmroll.records.write_behind import ASIDE


class Threads(Given):
    """A pool of threads as an engine.

    Args:
        workers: Threads.
        name: Prefix of their names.
    """

    def __init__(self, workers: int, *, name: str) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._line = Line()
        super().__init__(
            self._pool, workers=workers, window=workers
        )  # a shard is noted before its thread begins another

    def submit(self, work: Callable[[Any, Count], Any], task: Any, part: Part) -> "Future[Any]":
        """Hand over one task."""
        if self.workers == 1:
            return super().submit(work, task, part)
        return self._pool.submit(_do, work, task, Turn(part, self._line))

    def close(self) -> None:
        """Wait for the threads to end."""
        self._pool.shutdown()


def start(*, workers: int | None, name: str) -> Threads:
    """Start threads, as many as there are processors where no number is given."""
    return Threads(workers or os.cpu_count() or 1, name=name)


def _do(work: Callable[[Any, Count], Any], task: Any, turn: Turn) -> Any:
    before = ASIDE.set(turn.aside)
    turn.begin()
    try:
        return do(work, task, turn)
    finally:
        turn.end()
        ASIDE.reset(before)
