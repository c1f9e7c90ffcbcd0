"""Results as plain tables, one for each task."""

from collections.abc import Iterable, Sequence

from benchmarks.result import Result
from benchmarks.tasks import TASKS
from benchmarks.turns import Outcome

HEADER = ("engine", "threads", "median", "min", "max", "x filmroll", "rate", "peak MB", "own MB", "content", "note")


def render(outcome: Outcome) -> str:
    """Return the tables as text, the absent and what is wrong below them."""
    parts = []
    for task in dict.fromkeys(result.task for result in outcome.results):
        rows = [result for result in outcome.results if result.task == task]
        parts.append(f"{task}: {TASKS[task].title if task in TASKS else task}\n{_aligned([HEADER, *map(_row, rows)])}")
    parts += [f"absent: {one['engine']} in {one['task']}: {one['reason']}" for one in outcome.absent]
    parts += [f"NOT EQUAL: {fault}" for fault in outcome.faults]
    return "\n\n".join(parts)


def number(value: float | None, unit: str = "") -> str:
    """Write a number with three digits, or what it has before the point; nothing for None."""
    if value is None:
        return ""
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def name(result: Result) -> str:
    """Name an engine as in tables: its group before, limits marked."""
    return f"{result.group} {result.engine}".strip() + (" (limit)" if result.is_limit else "")


def content(result: Result) -> str:
    """Say how the content was held against the reference's."""
    if result.difference is not None:
        return f"pixels off by {result.difference:.2f}"
    return "equal" if "digest" in result.compared else "counts" if result.compared else ""


def _row(result: Result) -> tuple[str, ...]:
    return (
        name(result),
        str(result.threads),
        number(result.value, result.unit),
        number(min(result.runs)),
        number(max(result.runs)),
        number(result.ratio_to_filmroll),
        number(result.rate, f"{result.items}/s" if result.rate else ""),
        number(result.peak_mb),
        number(result.anonymous_mb),
        content(result),
        result.note,
    )


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: Iterable[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
