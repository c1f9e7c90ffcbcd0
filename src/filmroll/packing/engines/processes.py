"""Tasks in processes of this machine: for work that holds the interpreter, or that may end the process it is in.

board   int64 [stopped, done of slot 1, done of slot 2, ...] in a file that all processes have mapped

A process that is killed can leave nothing locked there. What it was at is done again by others.
"""

import mmap
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

from filmroll.packing.engines.counter import Count, Part, StoppedError
from filmroll.packing.engines.engine import do

TICK_S = 0.1
NUMBER_NBYTES = 8


class Board:
    """Numbers that several processes see.

    Args:
        path: The file; it is there, and holds a number for each slot and one more.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._mapped = mmap.mmap(file.fileno(), 0)
        self.numbers = memoryview(self._mapped).cast("q")

    def close(self) -> None:
        """Let go of the file."""
        self.numbers.release()
        self._mapped.close()


class Slot:
    """What one task tells on the board."""

    def __init__(self, board: Board, number: int) -> None:
        self._numbers, self._number = board.numbers, number

    def __call__(self, count: int = 1) -> None:
        """Count pictures that are done.

        Raises:
            StoppedError: Another task has failed.
        """
        self.check()
        self._numbers[self._number] += count

    def check(self) -> None:
        """See that there is a reason to go on.

        Raises:
            StoppedError: Another task has failed.
        """
        if self._numbers[0]:
            raise StoppedError

    def stop(self) -> None:
        """Let all tasks stop."""
        self._numbers[0] = 1


class Processes:
    """A pool of processes as an engine.

    Args:
        workers: Processes.
    """

    tick_s: float | None = TICK_S
    patience_s: float | None = None

    def __init__(self, workers: int) -> None:
        self.workers, self.window = workers, 2 * workers
        self._folder = tempfile.TemporaryDirectory(prefix="filmroll-", ignore_cleanup_errors=True)
        self._path = Path(self._folder.name) / "board"
        self._path.write_bytes(bytes(NUMBER_NBYTES * (1 + self.window)))
        self._board = Board(self._path)
        self._free = list(range(1, 1 + self.window))
        self._parts: dict[int, Part] = {}
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.workers,
            mp_context=multiprocessing.get_context("spawn"),  # a fork would copy locks that threads hold
            initializer=_begin,
            initargs=(self._path,),
        )

    def submit(self, work: Callable[[Any, Count], Any], task: Any, part: Part) -> "Future[Any]":
        """Hand over one task.

        Raises:
            BrokenExecutor: A process has ended.
        """
        slot = self._free.pop()
        self._board.numbers[slot] = 0
        try:
            future = self._pool.submit(_do, work, task, slot)
        except BaseException:
            self._free.append(slot)
            raise
        self._parts[slot] = part
        future.add_done_callback(lambda _: self._leave(slot))
        return future

    def _leave(self, slot: int) -> None:
        self._parts.pop(slot)
        self._free.append(slot)

    def pass_on(self) -> None:
        """Count what the processes have told."""
        for slot, part in list(self._parts.items()):
            part.tell(self._board.numbers[slot])

    def stop(self) -> None:
        """Let tasks stop at their next picture."""
        self._board.numbers[0] = 1

    def restart(self) -> None:
        """Begin anew: where one process has ended, its pool ends them all."""
        self._pool.shutdown()
        self._pool = self._new_pool()

    def close(self) -> None:
        """Wait for the processes to end."""
        self._pool.shutdown(cancel_futures=True)
        self._board.close()
        self._folder.cleanup()


def start(*, workers: int | None) -> Processes:
    """Start processes, as many as there are processors where no number is given."""
    return Processes(workers or os.cpu_count() or 1)


_boards: list[Board] = []  # of a worker: one


def _begin(path: Path) -> None:
    """Prepare a worker: Ctrl-C is for the process that has the tasks, whose end is its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _boards.append(Board(path))
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _do(work: Callable[[Any, Count], Any], task: Any, slot: int) -> Any:
    return do(work, task, Slot(_boards[0], slot))
