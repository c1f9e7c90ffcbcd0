"""Plots of the newest kept results: `python -m benchmarks.plots` writes docs/benchmarks/TASK.svg and .png.

Bars, one for each engine and number of threads, less is better; filmroll's and the limits' stand out. Lines for
`scaling`. `summary` has all tasks in one: each rival, at its fastest, over filmroll.

Needs matplotlib: `pip install -r benchmarks/requirements-plots.txt`.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import document
from benchmarks.environments import CHECKOUT
from benchmarks.result import Result
from benchmarks.rivals import beside
from benchmarks.table import number
from benchmarks.tasks import TASKS

FOLDER = CHECKOUT / "docs" / "benchmarks"
OURS, THEIRS, LIMIT = "#c8451b", "#5b7a99", "#c9c9c9"
STYLE = {"svg.hashsalt": "filmroll", "font.family": "DejaVu Sans", "font.size": 9}
SUFFIXES = ("svg", "png")
TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
OTHERS = "others"
FAMILIES = {
    "tensorflow": ("#e69f00", "o"),
    "dali": ("#3f8f3f", "s"),
    "torchvision": ("#7a5ba6", "D"),
    "tfrecord": ("#2f6fb3", "^"),
    "webdataset": ("#b3447a", "v"),
    OTHERS: ("#8a8a8a", "o"),
}


def main() -> None:
    """Plot every task that has results."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    documents = document.read()
    found = {task: latest[1] for task in TASKS if (latest := document.latest(documents, task)) is not None}
    for task, results in found.items():
        draw(task, results, folder=FOLDER)
    draw_summary(found, folder=FOLDER)


def draw(task: str, results: Sequence[Result], *, folder: Path) -> list[Path]:
    """Draw the results of one task; return the files, which are the same for the same results."""
    return _save(
        lambda pyplot: _lines(pyplot, results) if task == "scaling" else _bars(pyplot, task, results), folder / task
    )


def draw_summary(found: Mapping[str, Sequence[Result]], *, folder: Path) -> list[Path]:
    """Draw all tasks but `scaling` in one plot: how many times as long each rival takes; return the files."""
    rows = {TASKS[task].title: times(results) for task, results in found.items() if task != "scaling"}
    return _save(lambda pyplot: _dots(pyplot, rows), folder / "summary")


def times(results: Sequence[Result]) -> dict[str, float]:
    """Return "x filmroll" of each rival, of the fastest of its ways to do the task."""
    _, rivals = beside(results)
    ordered = sorted(rivals, key=lambda one: one.value, reverse=True)  # the fastest comes last, and stays
    return {one.engine.split(" (")[0]: one.ratio_to_filmroll for one in ordered if one.ratio_to_filmroll is not None}


def _save(figure_of: Callable[[Any], Any], stem: Path) -> list[Path]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    paths = [stem.with_name(f"{stem.name}.{suffix}") for suffix in SUFFIXES]
    with matplotlib.rc_context(STYLE):
        figure = figure_of(pyplot)
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


def _dots(pyplot: Any, rows: Mapping[str, Mapping[str, float]]) -> Any:
    titles = [title for title, row in rows.items() if row]
    figure, axes = pyplot.subplots(figsize=(8, 1.2 + 0.32 * len(titles)), layout="constrained")
    axes.axvline(1, color=OURS, linewidth=2, zorder=1)
    for family, (colour, marker) in FAMILIES.items():
        points = [
            (value, y)
            for y, title in enumerate(titles)
            for rival, value in rows[title].items()
            if rival == family or (family == OTHERS and rival not in FAMILIES)
        ]
        if points:
            axes.scatter(*zip(*points, strict=True), s=46, c=colour, marker=marker, label=family, alpha=0.9, zorder=2)
    axes.set(xscale="log", yticks=range(len(titles)), yticklabels=titles, ylim=(len(titles) - 0.4, -0.6))
    ticks = [tick for tick in TICKS if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    axes.set_xticks(ticks, [f"{tick:g} x" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="x", color="#e4e4e4", zorder=0)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.set_title("Times filmroll's time or size; right of the line, filmroll is ahead", loc="left")
    figure.legend(loc="outside lower center", ncols=len(FAMILIES), frameon=False, handletextpad=0.1, columnspacing=1.2)
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
