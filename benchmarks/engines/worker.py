"""The worker: one engine in a process of its own, which repeats one task whenever it is told to.

    harness  {"task": ..., "threads": 1, ...}            "check"             "run"              end of input
    worker                  {"versions": {...}}    {"content": {...}}   {"seconds": 0.12}

One JSON document a line. Imports are done before the job is read, the making of pipelines before the clock starts;
the clock covers the first to the last item. `check` is the warm-up: not timed, it digests all content.
"""

import gc
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from typing import Any

from benchmarks.engines import consume, memory

Job = dict[str, Any]
Make = Callable[[Job], Any]


def serve(tasks: Mapping[str, Make], *, distributions: Iterable[str]) -> None:
    """Answer the harness until its end of the pipe closes.

    Args:
        tasks: Task -> function that takes the job and returns what is consumed, anew for each repetition.
        distributions: Names of the installed packages whose versions are reported; the first names the engine.
    """
    answers = _take_stdout()
    job = json.loads(sys.stdin.readline())
    _keep_to_cores(job["threads"])
    make, consumer = tasks[job["work"]], consume.CONSUMERS[job["consume"]]
    _answer(answers, {"versions": {name: metadata.version(name) for name in distributions}})
    for line in sys.stdin:
        consumer.prepare(job)
        items = make(job)
        gc.collect()
        if line.strip() == "check":
            _answer(answers, {"content": consumer.check(items, job)})
        else:
            seconds = consumer.run(items, job)
            _answer(answers, {"seconds": seconds, "peak_nbytes": memory.peak_nbytes()})
        del items  # pipelines stop their threads: the next engine's turn is quiet


def sync(path: str, job: Job) -> None:
    """Flush a file that was written and closed to disk, if the job says `fsync`."""
    if not job.get("fsync"):
        return
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _take_stdout() -> Any:
    """Keep the pipe to the harness to ourselves: what libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _answer(answers: Any, document: Mapping[str, Any]) -> None:
    print(json.dumps(document), file=answers, flush=True)


def _keep_to_cores(count: int) -> None:
    """Let this process use as many cores as it was given threads, where the system can (Linux)."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-count:])
