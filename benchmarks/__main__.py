"""`python -m benchmarks`: measure, print, keep."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from benchmarks import arguments, document, sessions, table, turns, workshop
from benchmarks.task import Engine, Job, Task
from benchmarks.tasks import TASKS
from benchmarks.turns import Outcome


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tasks; return 0, or 1 if a content was not what it should be."""
    options = arguments.parse(argv)
    place = workshop.Workshop(workshop.find_real(), options.workshop, options.quick)
    outcome = Outcome()

    def start(task: Task, engine: Engine, job: Job) -> sessions.Session:
        return sessions.start(task, engine, root=options.environments, job=job)

    for task in (only(TASKS[name], options.engines) for name in options.tasks):
        say(f"{task.name}: making its data")
        job = task.prepare(place)
        outcome.add(turns.take(task, job, start=start, runs=options.runs, threads=options.threads, say=say))
    found = document.make(outcome, day=datetime.now().astimezone().date())
    if options.save:
        say(f"kept as {document.save(found).name}")
    print(json.dumps(found, indent=1) if options.json else table.render(outcome))
    return 1 if outcome.faults else 0


def only(task: Task, names: str | None) -> Task:
    """Return the task with just some engines; filmroll stays, for the ratios."""
    if names is None:
        return task
    chosen = {"filmroll", *names.split(",")}
    return replace(task, engines=tuple(engine for engine in task.engines if engine.name in chosen))


def say(line: str) -> None:
    """Tell the progress on a terminal."""
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
