"""Many tasks done by an engine: a few handed over at a time, lost ones again, all stopped where one fails."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from filmroll.packing.engines.counter import Count, Counter, Part, StoppedError
from filmroll.packing.engines.engine import TRIES, Engine

Task = TypeVar("Task")
Result = TypeVar("Result")


def run(
    work: Callable[[Task, Count], Result],
    tasks: Iterable[Task],
    *,
    engine: Engine,
    counter: Counter,
    size: Callable[[Task], int] = lambda _: 1,
    known: Callable[[Task], Result | None] = lambda _: None,
    finished: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Do all tasks, and return their results in order.

    Args:
        work: What is done with each task; it may call the count that it is given after each picture. For engines
            other than threads it is a function of a module, and tasks and results can be pickled.
        tasks: They are made when their turn comes.
        engine: Who does them.
        counter: At the first error, or at Ctrl-C, it stops the tasks that are not done.
        size: How many pictures a task is.
        known: The result of a task that need not be done; None for others.
        finished: Called with each result as soon as it is there, in the thread of the caller.

    Raises:
        Exception: What the first task to fail raised; `finished` knows of all that did not.
        ChildProcessError: Workers that had the same task were lost again and again.
    """
    return _Run(work, engine, counter, size, known, finished).all(tasks)


@dataclass(slots=True)
class _Run(Generic[Task, Result]):
    """One run, while it lasts: what is under way, lost, and done."""

    work: Callable[[Task, Count], Result]
    engine: Engine
    counter: Counter
    size: Callable[[Task], int]
    known: Callable[[Task], Result | None]
    finished: Callable[[Result], None]
    results: dict[int, Result] = field(default_factory=dict)
    running: "dict[Future[Result], tuple[int, Task, Part]]" = field(default_factory=dict)
    again: list[tuple[int, Task, Part]] = field(default_factory=list)
    lost: Tally[int] = field(default_factory=Tally)

    def all(self, tasks: Iterable[Task]) -> list[Result]:
        numbered = self._numbered(tasks)
        try:
            while self._hand_over(numbered):
                done, _ = wait(self.running, timeout=self.engine.tick_s, return_when=FIRST_COMPLETED)
                self.engine.pass_on()
                for future in done:
                    self._settle(future)
        except BaseException as exc:
            self._stop(exc)
            raise
        return [self.results[number] for number in sorted(self.results)]

    def _numbered(self, tasks: Iterable[Task]) -> Iterator[tuple[int, Task, Part]]:
        """Yield the tasks that are to be done, with their numbers."""
        for number, task in enumerate(tasks):
            part = Part(self.counter, size=self.size(task))
            result = self.known(task)
            if result is None:
                yield number, task, part
            else:
                self._keep(number, task, part, result)

    def _hand_over(self, numbered: Iterator[tuple[int, Task, Part]]) -> bool:
        """Fill the window, and tell whether anything is under way."""
        while len(self.running) < self.engine.window:
            one = self.again.pop() if self.again else next(numbered, None)
            if one is None:
                break
            _, task, part = one
            try:
                self.running[self.engine.submit(self.work, task, part)] = one
            except BrokenExecutor:
                self.again.append(one)
                self._begin_anew()
        return bool(self.running)

    def _settle(self, future: "Future[Result]") -> None:
        """Take the result of a task that is done; one that lost its worker goes back into the line."""
        if future not in self.running:  # it went back already, with others
            return
        try:
            result = future.result()
        except BrokenExecutor:
            self._begin_anew()
        else:
            self._keep(*self.running.pop(future), result)

    def _keep(self, number: int, task: Task, part: Part, result: Result) -> None:
        self.results[number] = result
        self.finished(result)
        part.tell(self.size(task))

    def _begin_anew(self) -> None:
        """Take what is done, and let other workers do what was under way when some were lost.

        Raises:
            ChildProcessError: Too often, or there are no others.
        """
        wait(self.running)
        for future, one in list(self.running.items()):
            if isinstance(future.exception(), BrokenExecutor):
                del self.running[future]
                self.again.append(one)
                self.lost[one[0]] += 1
            else:
                self._settle(future)
        often = [task for number, task, _ in self.again if self.lost[number] >= TRIES]
        if often:
            places = ", ".join(str(getattr(task, "path", task)) for task in often[:3])
            raise ChildProcessError(
                f"a worker ended {TRIES} times at {places}: killed, out of memory, or brought down by a picture;"
                " fewer at a time need less memory"
            )
        self.engine.restart()

    def _stop(self, exc: BaseException) -> None:
        """Stop what is under way, and note what is done all the same.

        Raises:
            Exception: The error of the task that failed, where this one stopped only because of it.
        """
        self.counter.stop()
        self.engine.stop()
        begun = [future for future in self.running if not future.cancel()]
        done, _ = wait(begun, timeout=self.engine.patience_s)
        errors = [_error_of(future) for future in done]
        with suppress(OSError):  # the first error is the one to tell
            for future, error in zip(done, errors, strict=True):
                if error is None:
                    self.finished(future.result())
        if isinstance(exc, StoppedError | CancelledError):
            first = [error for error in errors if not isinstance(error, StoppedError | CancelledError | None)]
            if first:
                raise first[0] from None


def _error_of(future: "Future[Any]") -> BaseException | None:
    try:
        return future.exception()
    except CancelledError as exc:
        return exc
