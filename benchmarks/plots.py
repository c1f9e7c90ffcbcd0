"""Plots of the newest kept results: `python -m benchmarks.plots` writes docs/benchmarks/TASK.svg and .png.

Bars, one for each engine and number of threads, less is better; filmroll's and the limits' stand out. Lines for
`scaling`. Needs matplotlib: `pip install -r benchmarks/requirements-plots.txt`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import document
from benchmarks.environments import CHECKOUT
from benchmarks.result import Result
from benchmarks.table import number
from benchmarks.tasks import TASKS

FOLDER = CHECKOUT / "docs" / "benchmarks"
OURS, THEIRS, LIMIT = "#c8451b", "#5b7a99", "#c9c9c9"
STYLE = {"svg.hashsalt": "filmroll", "font.family": "DejaVu Sans", "font.size": 9}
SUFFIXES = ("svg", "png")


def main() -> None:
    """Plot every task that has results."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    documents = document.read()
    for task in TASKS:
        found = document.latest(documents, task)
        if found is not None:
            draw(task, found[1], folder=FOLDER)


def draw(task: str, results: Sequence[Result], *, folder: Path) -> list[Path]:
    """Draw the results of one task; return the files, which are the same for the same results."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    paths = [folder / f"{task}.{suffix}" for suffix in SUFFIXES]
    with matplotlib.rc_context(STYLE):
        figure = _lines(pyplot, results) if task == "scaling" else _bars(pyplot, task, results)
        for path in paths:
            metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
            figure.savefig(path, dpi=120, metadata=metadata)
        pyplot.close(figure)
    return paths


def _bars(pyplot: Any, task: str, results: Sequence[Result]) -> Any:
    ordered = sorted(results, key=lambda one: (one.is_limit, one.value), reverse=True)
    labels = [f"{one.engine}, {one.threads} threads" if one.threads > 1 else one.engine for one in ordered]
    values = [one.value for one in ordered]
    spread = [[one.value - min(one.runs) for one in ordered], [max(one.runs) - one.value for one in ordered]]
    figure, axes = pyplot.subplots(figsize=(8, 0.9 + 0.3 * len(ordered)), layout="constrained")
    bars = axes.barh(labels, values, xerr=spread, color=[_colour(one) for one in ordered], ecolor="#333333")
    axes.bar_label(bars, [f"  {number(one.value, one.unit)}" for one in ordered], padding=4)
    axes.margins(x=0.18)
    axes.set_title(f"{TASKS[task].title}: {ordered[0].unit}, less is better; grey: limits", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _colour(result: Result) -> str:
    if result.is_limit:
        return LIMIT
    return OURS if result.engine.startswith("filmroll") else THEIRS


def _lines(pyplot: Any, results: Sequence[Result]) -> Any:
    """Draw seconds and own megabytes over the number of records, a column of panels for each operation."""
    operations = list(dict.fromkeys(one.group.split()[0] for one in results))
    figure, grid = pyplot.subplots(2, len(operations), figsize=(10, 6), layout="constrained", squeeze=False)
    for column, operation in enumerate(operations):
        of_it = [one for one in results if one.group.split()[0] == operation]
        for engine in dict.fromkeys(one.engine for one in of_it):
            line = [one for one in of_it if one.engine == engine]
            counts = [int(one.group.split()[1]) for one in line]
            style = {"marker": "o", "label": engine, "color": _colour(line[0])}
            grid[0][column].loglog(counts, [one.value for one in line], **style)
            grid[1][column].semilogx(counts, [one.anonymous_mb or 0 for one in line], **style)
        grid[0][column].set_title(operation, loc="left")
        grid[1][column].set_ylim(0, 1.2 * max(one.anonymous_mb or 1 for one in of_it))
        grid[1][column].set_xlabel("records")
    grid[0][0].set_ylabel("seconds")
    grid[1][0].set_ylabel("memory that belongs to no file, MB")
    grid[0][0].legend(frameon=False)
    return figure


if __name__ == "__main__":
    main()
