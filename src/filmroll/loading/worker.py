"""What a process of a loader does: it makes rows, part by part of a batch, and answers in the order of the tasks.

    standard input    Setup, then Tasks; None or its end ends the process        pickles, one after the other
    standard output   Rows, or the exception that there was, of each task

Pictures of one size go into the memory that is shared. The process knows filmroll alone: no script is imported anew.
"""

import os
import pickle
import threading
import traceback
from contextlib import suppress
from queue import SimpleQueue
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import Error
from filmroll.loading import slots
from filmroll.loading.fetching import Fetching, Read
from filmroll.loading.pixels import UInt8Array
from filmroll.loading.rows import Maker, Rows


class Setup(NamedTuple):
    """What a process must know.

    Attributes:
        number: Its own.
        layout, key: Of the memory.
        maker: A pickled Maker.
    """

    number: int
    layout: slots.Layout
    key: int | str
    maker: bytes


class Task(NamedTuple):
    """A part of a batch.

    Attributes:
        numbers: Of its records.
        epoch: That they are for.
        slot: Where its pictures go; None has them in the rows.
        start: Its place in the batch.
    """

    numbers: NDArray[np.int64]
    epoch: int
    slot: int | None
    start: int


ENDED = (EOFError, pickle.UnpicklingError)  # between two tasks, or in the middle of one
Inbox = SimpleQueue[tuple[Task, Read] | None]


def serve() -> None:
    """Answer all tasks."""
    tasks = os.fdopen(os.dup(0), "rb")  # not sys.stdin, for whose lock the end of the interpreter would wait
    answers = _take_stdout()
    with suppress(BrokenPipeError, *ENDED):
        setup: Setup = pickle.load(tasks)
        shared = slots.of_key(setup.layout, setup.key)
        try:
            maker: Maker = pickle.loads(setup.maker)
        except Exception as exc:
            _answer_all(tasks, answers, exc)
        else:
            _make_all(tasks, answers, maker, _Making(maker, shared, setup.number))


def _take_stdout() -> IO[bytes]:
    """Keep the pipe for the answers: what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    try:
        os.dup2(2, 1)
    except OSError:  # there is none, as for services
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return answers


def _answer_all(tasks: IO[bytes], answers: IO[bytes], exc: Exception) -> None:
    while pickle.load(tasks) is not None:
        _answer(answers, exc)


def _make_all(tasks: IO[bytes], answers: IO[bytes], maker: Maker, making: "_Making") -> None:
    inbox: Inbox = SimpleQueue()
    with Fetching(maker.roll) as fetching:
        threading.Thread(target=_receive, args=(tasks, inbox, fetching), daemon=True).start()
        while (found := inbox.get()) is not None:
            _answer(answers, making(*found))


def _receive(tasks: IO[bytes], inbox: Inbox, fetching: Fetching) -> None:
    """Take tasks as they come, so that nobody waits to hand one over, and begin to fetch their records."""
    try:
        with suppress(*ENDED):
            while (task := pickle.load(tasks)) is not None:
                inbox.put((task, fetching.begin(task.numbers)))
    finally:
        inbox.put(None)


class _Making:
    """Makes the rows of tasks, with the memory that they go to."""

    def __init__(self, maker: Maker, shared: slots.Shared, number: int) -> None:
        self._maker, self._shared, self._number = maker, shared, number

    def __call__(self, task: Task, read: Read) -> Rows | Exception:
        begun, before = self._shared.begun, int(self._shared.begun[self._number])

        def wanted() -> bool:
            begun[self._number] += 1
            return task.slot is None or bool(self._shared.wanted[task.slot])

        try:
            return self._maker.rows(task.numbers, task.epoch, read=read, images=self._images(task), wanted=wanted)
        except Exception as exc:
            return exc
        finally:
            begun[self._number] = before + len(task.numbers)

    def _images(self, task: Task) -> UInt8Array | None:
        if task.slot is None:
            return None
        images = self._shared.images(task.slot, task.start + len(task.numbers))
        return None if images is None else images[task.start :]


def _answer(answers: IO[bytes], answer: Any) -> None:
    answers.write(pickle.dumps(_portable(answer) if isinstance(answer, Exception) else answer))
    answers.flush()


def _portable(exc: Exception) -> Exception:
    """Return the exception, or an error that says what it was where it cannot be pickled; with where it came from."""
    if not isinstance(exc, Error) and not hasattr(exc, "__notes__"):
        exc.add_note("".join(traceback.format_exception(exc)))
    try:
        pickle.loads(pickle.dumps(exc))
    except Exception:
        return Error(f"{type(exc).__name__}: {exc}")
    return exc
