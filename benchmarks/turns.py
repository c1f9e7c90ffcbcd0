"""Engines take turns, A B C A B C, so that a machine that drifts slows them all alike."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import result as results
from benchmarks.environments import AbsentError
from benchmarks.pixels import mean_difference
from benchmarks.result import Result
from benchmarks.sessions import Session
from benchmarks.task import Engine, Job, Task

Start = Callable[[Task, Engine, Job], Session]
Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """What came of some tasks.

    Attributes:
        results: One for each engine and number of threads that did its task.
        absent: Who did not, and why: `task`, `engine`, `reason`.
        faults: Contents that are not what they should be; empty when all is well.
    """

    results: list[Result] = field(default_factory=list)
    absent: list[dict[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """Take over what came of another task."""
        self.results += other.results
        self.absent += other.absent
        self.faults += other.faults


@dataclass(slots=True)
class Entry:
    """One engine with one number of threads, while its turns are taken."""

    engine: Engine
    threads: int
    job: Job
    session: Session
    content: dict[str, Any]
    values: list[float] = field(default_factory=list)
    peak_nbytes: int | None = None

    @property
    def name(self) -> str:
        """Name it in messages."""
        return f"{self.engine.name}, {self.threads} thread{'s' * (self.threads > 1)}"


def take(task: Task, job: Job, *, start: Start, runs: int, threads: Sequence[int], say: Say) -> Outcome:
    """Measure all engines of a task, one group after another.

    Args:
        task: The task.
        job: What its `prepare` returned; `shards` says which files to read by the number of threads.
        start: Starts a session.
        runs: Repetitions of each engine after its warm-up.
        threads: Numbers of threads wanted; an engine takes those it has.
        say: Gets a line of progress.
    """
    outcome = Outcome()
    for group in dict.fromkeys(engine.group for engine in task.engines):
        engines = [engine for engine in task.engines if engine.group == group]
        outcome.add(_take_group(task, job, engines, start=start, runs=runs, threads=threads, say=say))
    results.set_ratios(outcome.results)
    return outcome


def _take_group(
    task: Task, job: Job, engines: Sequence[Engine], *, start: Start, runs: int, threads: Sequence[int], say: Say
) -> Outcome:
    outcome, entries = Outcome(), []
    with ExitStack() as stack:
        for engine in engines:
            for count in [count for count in engine.threads if count in threads]:
                say(f"{task.name}: warming up {engine.group or engine.name} ({count})")
                try:
                    entry = _enter(task, job, engine, threads=count, start=start, stack=stack)
                except AbsentError as exc:
                    outcome.absent.append({"task": task.name, "engine": engine.name, "reason": str(exc)})
                    break
                entries.append(entry)
        for turn in range(runs if task.session != "size" else 1):
            say(f"{task.name}: turn {turn + 1} of {runs}")
            entries = [entry for entry in entries if _run(task, entry, outcome)]
        _judge(task, entries, outcome)
    return outcome


def _enter(task: Task, job: Job, engine: Engine, *, threads: int, start: Start, stack: ExitStack) -> Entry:
    own = _job_of(task, job, engine, threads)
    session = start(task, engine, own)
    stack.callback(session.close)
    content = session.check()
    if task.read_back is not None:
        content = task.read_back(own)
    return Entry(engine, threads, own, session, content)


def _job_of(task: Task, job: Job, engine: Engine, threads: int) -> Job:
    name = "".join(letter if letter.isalnum() else "-" for letter in f"{engine.name}-{threads}")
    own = {"work": task.name, "threads": threads, "compare": task.compare, **job, **engine.options}
    shards = own.pop("shards", None)
    if shards:
        own["paths"] = shards[str(threads)]
    size = own.pop("sizes", {}).get(own.pop("size_of", None))
    if size:
        own |= {"paths": [size["path"]], "count": size["count"]}
    folder = own.pop("folder", None)
    if folder:
        own["dest"] = str(Path(folder) / f"{task.name}-{name}")
        own["pixels_path"] = str(Path(folder) / f"{task.name}-{name}.npy")
    return own


def _run(task: Task, entry: Entry, outcome: Outcome) -> bool:
    try:
        answer = entry.session.run()
    except AbsentError as exc:
        outcome.absent.append({"task": task.name, "engine": entry.name, "reason": str(exc)})
        return False
    entry.values.append(answer["value"])
    entry.peak_nbytes = answer.get("peak_nbytes") or entry.peak_nbytes
    return True


def _judge(task: Task, entries: Sequence[Entry], outcome: Outcome) -> None:
    """Turn entries into results, their content held against the reference's."""
    named = [entry for entry in entries if entry.engine.name == task.reference]
    reference = named[0] if named else next((entry for entry in entries if not entry.engine.is_limit), None)
    for entry in entries:
        result = _result(task, entry)
        if reference is not None and task.compare != "never":
            result.compared = results.common(entry.content, reference.content)
            found = results.faults(entry.content, reference.content)
            if task.compare == "pixels" and Path(entry.job["pixels_path"]).is_file() and not entry.engine.is_limit:
                result.difference = mean_difference(entry.job["pixels_path"], reference.job["pixels_path"])
                result.compared.append("pixels")
                if not result.difference <= task.tolerance:
                    found.append(f"pixels differ by {result.difference:.2f} on average, more than {task.tolerance}")
            outcome.faults += [f"{task.name}, {entry.name}: {fault}" for fault in found]
        outcome.results.append(result)


def _result(task: Task, entry: Entry) -> Result:
    value = results.median_of(entry.values)
    return Result(
        task=task.name,
        group=entry.engine.group,
        engine=entry.engine.name,
        threads=entry.threads,
        version=next(iter(entry.session.versions.values()), ""),
        is_limit=entry.engine.is_limit,
        unit=task.unit,
        value=value,
        runs=entry.values,
        rate=_rate(task, entry, value),
        items=task.items,
        peak_mb=entry.peak_nbytes / 1e6 if entry.peak_nbytes else None,
        anonymous_mb=_megabytes(entry.content.get("anonymous_nbytes")),
        note=entry.engine.note,
    )


def _rate(task: Task, entry: Entry, value: float) -> float | None:
    """Items per second: a value in ms is of one item, a value in s of all of them."""
    if not task.items:
        return None
    if task.unit == "ms":
        return 1e3 / value
    count = entry.content.get("count") or entry.job.get("count")
    return count / value if count else None


def _megabytes(nbytes: int | None) -> float | None:
    return nbytes / 1e6 if nbytes else None
