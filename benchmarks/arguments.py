"""The command line of `python -m benchmarks`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.environments import DEFAULT_ROOT
from benchmarks.tasks import TASKS

RUNS, QUICK_RUNS = 7, 3


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the arguments; a wrong one ends the program with exit code 2."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure filmroll, its rivals and the limits of the machine: the same data, in the same run.",
        epilog="Example: python -m benchmarks --quick scan-photos decode-photo",
    )
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"all of these if none is named: {', '.join(TASKS)}")
    parser.add_argument("--quick", action="store_true", help="small data and 3 runs, to try the harness; not kept")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    parser.add_argument("--runs", type=_positive, metavar="N", help="runs of each engine (7; 5 at least are kept)")
    parser.add_argument("--threads", type=_numbers, default=[1, 2], metavar="N,N", help="numbers of threads (1,2)")
    parser.add_argument("--engines", metavar="NAME,NAME", help="only these engines and filmroll")
    parser.add_argument("--environments", type=Path, default=DEFAULT_ROOT, metavar="DIR", help="where they are made")
    parser.add_argument("--workshop", type=Path, metavar="DIR", help="where data is made (a folder beside those)")
    parser.add_argument("--save", action="store_true", help="keep the results in benchmarks/results")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.tasks if name not in TASKS]
    if unknown:
        parser.error(f"no task is named {unknown[0]}; there are {', '.join(TASKS)}")
    options.runs = options.runs or (QUICK_RUNS if options.quick else RUNS)
    if options.save and (options.quick or options.runs < 5):
        parser.error("results that are kept need full data and 5 runs at least")
    options.tasks = options.tasks or list(TASKS)
    options.workshop = options.workshop or options.environments / "data"
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not above 0")
    return number


def _numbers(text: str) -> list[int]:
    return [_positive(part) for part in text.split(",")]
