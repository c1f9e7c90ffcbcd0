"""Results: medians of runs, ratios to filmroll, and whether contents are equal."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

Content = dict[str, Any]
COUNTED = ("count", "nbytes", "digest", "shape", "dtype")


@dataclass(slots=True)
class Result:
    """What one engine did in one task.

    Attributes:
        task, group, engine, threads: What was measured; `group` is "" where a task has one.
        version: Of the engine's package.
        is_limit: It is a bound, no engine.
        unit: Of `value` and `runs`: "s", "ms" or "MB"; less is better.
        value: Median of `runs`.
        runs: One value for each repetition, in the order they were made.
        ratio_to_filmroll: `value` over filmroll's with the same threads, or else with the most: 2.0 takes twice as
            long. None where filmroll did not do it.
        rate: Items per second, of `items`; None where there are none to count.
        peak_mb: Largest resident memory of the process in 10**6 bytes, mapped files and imports included.
        anonymous_mb: Largest resident memory in the warm-up that belongs to no file; None where it is not counted.
        compared: What its content has in common with the reference's; empty where there was nothing to compare.
        difference: Mean absolute difference of pixels from the reference, of 255.
        note: What to know about it.
    """

    task: str
    engine: str
    value: float
    unit: str
    runs: list[float]
    threads: int = 1
    version: str = ""
    group: str = ""
    is_limit: bool = False
    ratio_to_filmroll: float | None = None
    rate: float | None = None
    items: str = ""
    peak_mb: float | None = None
    anonymous_mb: float | None = None
    compared: list[str] = field(default_factory=list)
    difference: float | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain values, numbers rounded to what a clock is good for."""
        return {name: _rounded(value) for name, value in asdict(self).items()}


def median_of(runs: Sequence[float]) -> float:
    """Return the median; of no runs there is none.

    Raises:
        ValueError: There are no runs.
    """
    if not runs:
        raise ValueError("a median of no runs")
    return float(median(runs))


def set_ratios(results: Sequence[Result]) -> None:
    """Fill in `ratio_to_filmroll` of all results, which may be of several tasks."""
    for result in results:
        ours = [
            one
            for one in results
            if (one.task, one.group, one.engine) == (result.task, result.group, "filmroll") and one.value > 0
        ]
        same = [one for one in ours if one.threads == result.threads]
        base = (same or sorted(ours, key=lambda one: one.threads))[-1:]
        result.ratio_to_filmroll = result.value / base[0].value if base else None


def common(content: Content, reference: Content) -> list[str]:
    """Name the facts that two contents both state."""
    return [name for name in COUNTED if content.get(name) is not None and reference.get(name) is not None]


def faults(content: Content, reference: Content) -> list[str]:
    """Say where two contents differ, one sentence for each fact."""
    differing = [name for name in common(content, reference) if content[name] != reference[name]]
    return [f"{name} is {content[name]}, the reference has {reference[name]}" for name in differing]


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.5g}") if isinstance(value, float) else value
