"""The page of kept results: `python -m benchmarks.page` writes docs/benchmarks.md from benchmarks/results."""

from collections.abc import Sequence

from benchmarks import document, table
from benchmarks.document import Document
from benchmarks.environments import CHECKOUT
from benchmarks.result import Result
from benchmarks.rivals import beside
from benchmarks.table import number
from benchmarks.tasks import QUESTIONS, TASKS

PATH = CHECKOUT / "docs" / "benchmarks.md"
INTRODUCTION = """\
# Benchmarks

This page is made by `python -m benchmarks.page` from the files in `benchmarks/results`; do not edit it.

    python -m benchmarks                  all tasks; makes the environments of the rivals when first needed
    python -m benchmarks --quick          the same on small data, to try it
    python -m benchmarks --save           keep the results; then benchmarks.plots and benchmarks.page

Every engine runs in an environment and a process of its own, and may use as many processor cores as it is given
threads. Engines take turns (A B C, A B C, ...), so that a machine that drifts slows them all alike; before that, each
does the task once, untimed, and what it returned is held against the others'. Imports and the making of pipelines are
not timed. A value is the median of the runs; **less is better** everywhere; "x filmroll" is the value over filmroll's
with the same number of threads (or else with the most): 2 takes twice as long. Limits are what any engine must do at
least. "equal" means that a digest of all content is the same.
"""
SUMMARY_PLOT = "![Each rival in each task, over filmroll](benchmarks/summary.svg)"
NO_RESULTS = "No results are kept yet.\n"
HEADER = ("engine", "threads", "median", "min to max", "x filmroll", "rate", "peak memory", "content", "note")
SUMMARY_HEADER = ("task", "filmroll", "fastest rival", "x filmroll", "TensorFlow, x filmroll")


def main() -> None:
    """Write the page."""
    PATH.write_text(render(document.read()), "utf-8")


def render(documents: Sequence[Document]) -> str:
    """Return the page; the newest results of each task, and plots where there are some."""
    found = {task: document.latest(documents, task) for task in TASKS}
    measured = {task: pair for task, pair in found.items() if pair is not None}
    if not measured:
        return f"{INTRODUCTION}\n{NO_RESULTS}"
    summary = _markdown(SUMMARY_HEADER, [_summary(task, results) for task, (_, results) in measured.items()])
    sections = [_section(task, source, results) for task, (source, results) in measured.items()]
    plot = f"{SUMMARY_PLOT}\n" if (PATH.parent / "benchmarks" / "summary.svg").is_file() else ""
    said = "With as many threads as filmroll was measured with at most.\n"
    return "\n".join([INTRODUCTION, "## Summary\n", said, summary, plot, *sections])


def _summary(task: str, results: Sequence[Result]) -> tuple[str, ...]:
    """Return one line: groups count by their largest."""
    group = results[-1].group
    ours, rivals = beside(results)
    best = min(rivals, key=lambda one: one.value, default=None)
    tensorflow = [one.ratio_to_filmroll for one in rivals if one.engine == "tensorflow"]
    return (
        f"[{TASKS[task].title}](#{task})" + (f", {group}" if group else ""),
        number(ours.value, ours.unit) if ours else "absent",
        f"{best.engine} {number(best.value, best.unit)}" if best else "",
        number(best.ratio_to_filmroll) if best else "",
        number(tensorflow[-1]) if tensorflow else "",
    )


def _section(task: str, source: Document, results: Sequence[Result]) -> str:
    question, _, rest = QUESTIONS[task].partition("\n\n")
    parts = [f"## {task}\n", f"**{question.strip()}**\n", rest.strip() + "\n"]
    parts.append(_markdown(HEADER, [_row(one) for one in results]))
    absent = [one for one in source["absent"] if one["task"] == task]
    if absent:
        parts.append("\n" + "\n".join(f"- absent: {one['engine']}: {one['reason']}" for one in absent) + "\n")
    faults = [fault for fault in source["faults"] if fault.startswith(f"{task}, ")]
    if faults:
        parts.append("\n" + "\n".join(f"- **not equal**: {fault}" for fault in faults) + "\n")
    if (PATH.parent / "benchmarks" / f"{task}.svg").is_file():
        parts.append(f"\n![{TASKS[task].title}](benchmarks/{task}.svg)\n")
    parts.append(f"\n{_provenance(source, results)}\n")
    return "\n".join(parts)


def _row(result: Result) -> tuple[str, ...]:
    return (
        f"**{table.name(result)}**" if result.engine == "filmroll" else table.name(result),
        str(result.threads),
        number(result.value, result.unit),
        f"{number(min(result.runs))} to {number(max(result.runs))}",
        number(result.ratio_to_filmroll),
        number(result.rate, f"{result.items}/s") if result.rate else "",
        number(result.peak_mb, "MB") if result.peak_mb else "",
        table.content(result),
        result.note,
    )


def _provenance(source: Document, results: Sequence[Result]) -> str:
    machine = source["machine"]
    versions = {one.engine.split(" (")[0]: one.version for one in results if one.version and not one.is_limit}
    named = ", ".join(f"{engine} {version}" for engine, version in versions.items())
    commit = f" at commit {source['commit']}" if source.get("commit") else ""
    return (
        f"{source['date']}{commit}; {machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['system']}, Python {machine['python']}; {max(len(one.runs) for one in results)} runs; {named}."
    )


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    used = [index for index, _ in enumerate(header) if any(row[index] for row in rows)]
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line[index] for index in used) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
