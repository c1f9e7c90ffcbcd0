"""Rows made by processes: for more processors than threads of one interpreter keep busy.

    Task ──> worker: record -> sample -> pixels ──> Rows           through pipes
                                          └───────> slot ──> array of the batch    shared memory, not copied

A process is started anew, not forked, and imports filmroll alone: scripts need no `if __name__ == "__main__"`. It ends
when its pipe is closed, which the end of this process does in any case.
"""

import os
import pickle
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import Error, LostProcessError, UnsupportedError
from filmroll.loading import fetching
from filmroll.loading.pixels import UInt8Array
from filmroll.loading.rows import Maker, Rows, joined
from filmroll.loading.slots import Layout, Memory, Slots
from filmroll.loading.threads import AHEAD
from filmroll.loading.worker import Setup, Task

LEAST, MOST = 8, 64  # pictures of a task: handing one over costs a tenth of a picture; the last one is waited for
LENT = 4  # batches that the user has at a time before they are copies
PATIENCE_S = 10  # for a process to end by itself

KEPT = {"MALLOC_MMAP_THRESHOLD_": str(1 << 25), "MALLOC_TRIM_THRESHOLD_": str(1 << 26)}
"""Lets glibc keep the memory of one picture for the next: to ask the system for it anew costs a fifth of decoding."""

PROGRAM = "import sys; sys.path[:] = {path!r}; from filmroll.loading import worker; worker.serve()"


class Processes:
    """Processes that make rows; started for the first batch, and kept until this is dropped."""

    def __init__(self, maker: Maker, processes: int, batch_size: int) -> None:
        if processes < 1:
            raise ValueError(f"{processes} processes: give a number above 0, or None for threads")
        self._maker, self._processes, self._batch_size = maker, processes, batch_size
        self._pool: Pool | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """Let another process have the same, with processes of its own."""
        return type(self), (self._maker, self._processes, self._batch_size)

    @contextmanager
    def opened(self) -> Iterator["Pool"]:
        """Start them if they do not run.

        Raises:
            UnsupportedError: This Python does not know its own program.
            LostProcessError: One ended at once.
        """
        if self._pool is None or not self._pool.is_running():
            self._pool = Pool(self._maker, self._processes, self._batch_size)
            weakref.finalize(self, self._pool.close)
        yield self._pool


class Worker:
    """One process, seen from the one that has the batches.

    Attributes:
        handed: Pictures handed over so far.
    """

    def __init__(self, inherited: Sequence[int]) -> None:
        path = [entry for entry in sys.path if isinstance(entry, str)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(path=path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**KEPT, **os.environ},
            **_apart(inherited),
        )
        self._due: deque[_Part] = deque()
        self.handed = 0

    def is_running(self) -> bool:
        """Tell whether it has not ended."""
        return self._process.poll() is None

    def send(self, thing: Setup | Task | None) -> None:
        """Hand over something.

        Raises:
            LostProcessError: It has ended.
        """
        stdin = _pipe(self._process.stdin)
        try:
            pickle.dump(thing, stdin)
            stdin.flush()
        except OSError as exc:
            raise self._lost() from exc

    def hand_over(self, part: "_Part") -> None:
        """Let it make a part of a batch.

        Raises:
            LostProcessError: It has ended.
        """
        self._due.append(part)
        self.handed += len(part.task.numbers)
        self.send(part.task)

    def receive(self) -> None:
        """Wait for the answer to its oldest task.

        Raises:
            LostProcessError: It has ended.
        """
        try:
            self._due[0].answer = pickle.load(_pipe(self._process.stdout))
        except (EOFError, OSError, pickle.UnpicklingError) as exc:
            raise self._lost() from exc
        self._due.popleft()

    def _lost(self) -> LostProcessError:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE_S)
        code = self._process.returncode
        how = "closed its pipe" if code is None else f"ended with exit code {code}"
        how = f"was ended by signal {-code}" if code is not None and code < 0 else how
        numbers = self._due[0].task.numbers if self._due else None
        where = "" if numbers is None else f" at records {numbers.min()} to {numbers.max()}"
        return LostProcessError(
            f"a process of the loader {how}{where}: killed, out of memory, or brought down by a picture; fewer"
            " processes need less memory; iterating again goes on at this batch"
        )

    def let_go(self) -> None:
        """Let it end, if it has not."""
        with suppress(OSError, LostProcessError):
            self.send(None)
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                _pipe(pipe).close()

    def wait(self) -> None:
        """Wait for its end."""
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _apart(inherited: Sequence[int]) -> dict[str, Any]:
    """Start a process so that Ctrl-C does not reach it: it is for this one, whose end is the other's too."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0, "pass_fds": inherited}


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise LostProcessError("the process has no pipe")
    return pipe


class Pool:
    """The processes of one loader, running.

    Attributes:
        ahead: Batches to begin beyond the one in use, so that there is work for all.

    Raises:
        UnsupportedError: This Python does not know its own program.
        LostProcessError: One ended at once.
    """

    def __init__(self, maker: Maker, processes: int, batch_size: int) -> None:
        if not sys.executable:
            raise UnsupportedError("this Python does not know its own program, and starts no processes; use threads")
        batch_size = min(batch_size, max(1, len(maker.roll.shards)))
        self._chunk = min(MOST, max(LEAST, -(-batch_size // processes)))
        self.ahead = max(AHEAD, -(-AHEAD * processes * self._chunk // batch_size))
        if maker.roll.shards.is_remote:
            self.ahead = max(self.ahead, fetching.BATCHES)
        shape = None if maker.shape is None else (batch_size, *maker.shape)
        layout = Layout(processes, self.ahead + 1 + LENT, shape)
        self._process = os.getpid()
        self._is_closed = False
        memory = Memory(layout)
        self._shared, self._slots = memory.shared, Slots(memory.shared, layout.slots)
        self._workers: list[Worker] = []
        try:
            for _ in range(processes):  # side by side: they take a quarter of a second to begin
                self._workers.append(Worker(memory.inherited))
            pickled = pickle.dumps(maker)
            for index, worker in enumerate(self._workers):
                worker.send(Setup(index, layout, memory.key, pickled))
        except BaseException:
            self.close()
            raise
        finally:
            memory.close()

    def is_running(self) -> bool:
        """Tell whether all processes are there; to a process that was forked, none is."""
        is_own = self._process == os.getpid() and not self._is_closed
        if is_own and not all(worker.is_running() for worker in self._workers):
            self.close()
        return is_own and not self._is_closed

    def begin(self, numbers: NDArray[np.int64], epoch: int) -> "Pending":
        """Hand over a batch.

        Raises:
            LostProcessError: A process has ended; the others are ended too.
        """
        slot = self._slots.take()
        starts = range(0, len(numbers), self._chunk)
        tasks = [Task(numbers[start : start + self._chunk], epoch, slot, start) for start in starts]
        try:
            parts = [_Part(task, self._least_busy()) for task in tasks]
        except BaseException:
            self.close()
            raise
        return Pending(self, self._slots, parts, slot)

    def _least_busy(self) -> Worker:
        left = [worker.handed - int(begun) for worker, begun in zip(self._workers, self._shared.begun, strict=True)]
        return self._workers[left.index(min(left))]

    def finish(self, part: "_Part") -> Rows | Exception:
        """Wait for the answer to a part; those before it come first.

        Raises:
            LostProcessError: A process has ended; the others are ended too.
        """
        while part.answer is None:
            self._receive(part.worker)
        return part.answer

    def _receive(self, worker: Worker) -> None:
        if self._is_closed:
            raise LostProcessError("the processes of the loader have been ended; iterate again")
        try:
            worker.receive()
        except BaseException:  # an answer may be read in part
            self.close()
            raise

    def cancel(self, slot: int) -> None:
        """Let the processes leave out what is not begun of a batch."""
        self._shared.wanted[slot] = 0

    def close(self) -> None:
        """End the processes."""
        if self._is_closed or self._process != os.getpid():
            return
        self._is_closed = True
        self._shared.wanted[:] = 0
        for worker in self._workers:
            worker.let_go()
        for worker in self._workers:
            worker.wait()


class _Part:
    """A part of a batch, with the process that makes it, and its answer when it is there."""

    def __init__(self, task: Task, worker: Worker) -> None:
        self.task, self.worker = task, worker
        self.answer: Rows | Exception | None = None
        worker.hand_over(self)


class Pending:
    """A batch that processes are at work on."""

    def __init__(self, pool: Pool, slots: Slots, parts: list[_Part], slot: int | None) -> None:
        self._pool, self._slots, self._parts, self._slot = pool, slots, parts, slot

    def take(self) -> tuple[Rows, UInt8Array | None]:
        """Wait for the rows, and the array with their pictures if all are of one size.

        Raises:
            Exception: What a process raised.
        """
        answers = [self._pool.finish(part) for part in self._parts]
        rows = [answer for answer in answers if isinstance(answer, Rows)]
        count = sum(len(part.task.numbers) for part in self._parts)
        images = None if self._slot is None else self._slots.lend(self._slot, count)
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return joined(rows), images

    def cancel(self) -> None:
        """Leave out what is not begun, and wait for what is."""
        if self._slot is not None:
            self._pool.cancel(self._slot)
        with suppress(Error):
            for part in self._parts:
                self._pool.finish(part)
            if self._slot is not None:
                self._slots.give_back(self._slot)
