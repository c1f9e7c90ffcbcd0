"""What should you use? The verb: choose pictures, measure every way to store them, recommend one."""

import os
import time
from collections.abc import Collection

from filmroll.advising.advice import Advice
from filmroll.advising.picture import notes_on
from filmroll.advising.recommendation import GOALS, Goal, facts_of, recommend
from filmroll.advising.sample import Source, choose
from filmroll.advising.sentence import otherwise, sentence
from filmroll.advising.survey import Progress, Survey
from filmroll.errors import UnsupportedError
from filmroll.packing.engines import choice

BUDGET_S = 50.0
PIXELS_PER_S = 80_000  # of the sample for each second of the budget: all quick candidates take about 6 s a million


def advise(
    source: Source,
    *,
    goal: Goal = "balanced",
    seed: int = 0,
    sample: int = 256,
    budget_s: float = BUDGET_S,
    edge: int | None = None,
    size: int | None = None,
    without: Collection[str] = (),
    threads: int | None = None,
    engine: choice.Choice = "threads",
    address: str | None = None,
    progress: Progress | None = None,
) -> Advice:
    """Measure every way to store these pictures, on this machine, and say which one to use.

    Args:
        source: A picture; a folder of pictures, MNIST's or CIFAR's files, a table or a list, as `pack` takes them;
            record files: names, patterns or a folder; or several of one of these.
        goal: "balanced", "smallest", "fastest" or "lossless" (every value comes back).
        seed: Of the sample.
        sample: Pictures that are measured, at most.
        budget_s: How long it may take, in seconds, about: fewer pictures are measured in less, and slow encoders
            are left out, by name.
        edge: Compare also copies of which the shorter side is so many pixels.
        size: Side of the pictures that the training takes, as random crops, to measure reading; None is 224, or the
            pictures as they are where they are smaller.
        without: What the names of candidates begin with that are not to be measured: "Guetzli", "AVIF".
        threads: Slow encoders that run side by side: more of them measure more pictures in the same time. What is
            timed runs alone all the same. None is one, or of another engine as many as it has processors.
        engine: Who runs them, each in a process of its own: "threads" of this one, "processes", "ray", or a
            `concurrent.futures.Executor`.
        address: Of the Ray cluster; None is the one that runs here, else a new one.
        progress: Called with the steps done and their number.

    Returns:
        The measurements, the recommendation, its reason, and what would change it.

    Raises:
        FileNotFoundError: There is no such file.
        SourceError: There is no picture, or none that can be decoded.
        UnsupportedError: There is no such goal, candidate or engine, or a number makes no sense.
        MissingDependencyError: The engine needs an extra that is not installed.
        ConnectionError: There is no Ray cluster at the address.
    """
    _check(goal, sample=sample, budget_s=budget_s, edge=edge, size=size)
    start = time.perf_counter()
    if engine == "threads":
        threads = threads or 1
    with choice.opened(engine, workers=threads, address=address, name="advise") as workers:
        chosen = choose(source, seed=seed, most=sample, pixels=int(budget_s * PIXELS_PER_S))
        found = Survey(
            chosen,
            start=start,
            budget_s=budget_s,
            edge=edge,
            size=size,
            without=without,
            helpers=None if engine == "threads" and threads == 1 else workers,
            progress=progress,
        )
        found.run()
    facts = facts_of(chosen.pictures, goal=goal, count=chosen.count)
    best = recommend(found.measurements, facts)
    return Advice(
        source=_name_of(source),
        goal=goal,
        seed=seed,
        count=chosen.count,
        sample=[one.name for one in chosen.pictures],
        size=found.size,
        candidates=found.measurements,
        recommended=best.measurement.name,
        why=sentence(best, found.measurements, facts),
        otherwise=otherwise(best, found.measurements, facts),
        containers=found.contain(best.measurement),
        left_out=found.left_out,
        unreadable=chosen.unreadable,
        notes=[*found.notes, *notes_on(chosen.pictures, count=chosen.count)],
        seconds=time.perf_counter() - start,
        pictures=chosen.pictures,
    )


def _name_of(source: Source) -> str:
    names = [os.fspath(source)] if isinstance(source, str | os.PathLike) else [os.fspath(one) for one in source]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _check(goal: str, *, sample: int, budget_s: float, edge: int | None, size: int | None) -> None:
    if goal not in GOALS:
        raise UnsupportedError(f"goal {goal!r}; there are {', '.join(GOALS)}")
    if sample < 1 or not budget_s > 0:
        raise UnsupportedError(f"a sample of {sample} pictures in {budget_s:g} s; give both above 0")
    if min(edge or 1, size or 1) < 1 or 0 in (edge, size):
        raise UnsupportedError(f"an edge of {edge} and a size of {size} pixels; give 1 or more")
