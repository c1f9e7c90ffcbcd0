"""Kill `pack` and `convert` at any instant, and see that the same command finishes the job.

    python -m soak kills --kills 200 --seed 1 --save docs/kills.md

at random      SIGKILL after a time drawn from the length of a whole run, up to three times before the run may end
between calls  SIGKILL right before a call that changes a name or waits for the disk, or in the middle of a line of the
               journal: a try for each of them, or for every so many (--stride)

After a kill, every file that has its name is, byte for byte, what an uninterrupted run puts there, or what it replaces.
After the last run there are the same files with the same bytes and no other, the report is the same, and the shards
that were finished before the kill are the same files still.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from soak import instants
from soak.jobs import Job, jobs

MOST_KILLS = 3  # of one run, before it may end
REFERENCE_RUNS = 2


@dataclass(slots=True)
class Tally:
    """What happened to one job.

    Attributes:
        name: Of the job.
        random, between: Kills at random, and between calls.
        seconds: How long a whole run takes.
        kept: Shards that were finished when a run was killed.
        faults: What went wrong, one line each.
    """

    name: str
    random: int = 0
    between: int = 0
    seconds: float = 0.0
    kept: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: killed, or with a report and the calls that it passed."""

    killed: bool
    report: dict[str, Any] | None = None
    calls: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Kill, print what happened, and return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m soak kills", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200, help="at random, of each verb")
    parser.add_argument("--stride", type=int, default=1, help="leave out all but every so many calls")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="work in this folder, such as one in memory")
    parser.add_argument("--save", type=Path, help="write the page here as well")
    options = parser.parse_args(arguments)
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        tallies = run(Path(folder), kills=options.kills, stride=options.stride, seed=options.seed)
    page = render(tallies, stride=options.stride, seed=options.seed, seconds=time.perf_counter() - begin)
    print(page, end="")
    if options.save is not None:
        options.save.write_text(page, "utf-8")
    faults = [f"{tally.name}: {fault}" for tally in tallies for fault in tally.faults]
    print(*faults, sep="\n", file=sys.stderr, end="")
    return 1 if faults else 0


def run(folder: Path, *, kills: int, stride: int, seed: int) -> list[Tally]:
    """Do all jobs in a folder, with so many kills at random for each verb."""
    tallies = []
    for verb, of_verb in jobs(folder).items():
        for number, job in enumerate(of_verb):
            rng = np.random.default_rng((seed, len(tallies)))
            share = kills * (number + 1) // len(of_verb) - kills * number // len(of_verb)
            tallies.append(_Soak(job, folder / verb, rng).run(kills=share, stride=stride))
    return tallies


class _Soak:
    """One job, again and again in the same folder."""

    def __init__(self, job: Job, folder: Path, rng: np.random.Generator) -> None:
        self._job, self._rng = job, rng
        self._out, self._told = folder / "out", folder / "told.json"
        self._tally = Tally(job.name)
        folder.mkdir(exist_ok=True)

    def run(self, *, kills: int, stride: int) -> Tally:
        times = []
        for _ in range(REFERENCE_RUNS):
            self._begin()
            begin = time.perf_counter()
            whole = self._start(threads=2)
            times.append(time.perf_counter() - begin)
        self._tally.seconds = min(times)
        self._earlier, self._wanted, self._report = tree(self._job.earlier), tree(self._out), whole.report
        while self._tally.random < kills:
            self._begin()
            for _ in range(min(int(self._rng.integers(1, MOST_KILLS + 1)), kills - self._tally.random)):
                delay = float(self._rng.uniform(0, self._tally.seconds))
                if not self._kill(f"after {delay:.4f} s", threads=2, delay=delay):
                    break
                self._tally.random += 1
            self._finish("killed at random")
        self._begin()
        calls = self._start(threads=1, stop_at=0).calls
        for number in range(1 + int(self._rng.integers(stride)), len(calls) + 1, stride):
            self._begin()
            where = f"before call {number}, {calls[number - 1]}"
            self._tally.between += self._kill(where, threads=1, stop_at=number)
            self._finish(where)
        return self._tally

    def _begin(self) -> None:
        shutil.rmtree(self._out, ignore_errors=True)
        if self._job.earlier is not None:
            shutil.copytree(self._job.earlier, self._out)

    def _start(self, *, threads: int, delay: float | None = None, stop_at: int | None = None) -> Ended:
        """Run the job in a process of its own, which is forked: all that it imports is there."""
        process = os.fork()
        if process == 0:
            code = 1
            try:
                calls = [] if stop_at is None else instants.watch(self._out, stop_at=stop_at)
                report = self._job.run(self._out / "roll", threads).to_json()
                self._told.write_text(json.dumps({"report": report, "calls": calls}))
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        if delay is not None:
            time.sleep(delay)
            os.kill(process, signal.SIGKILL)
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            return Ended(killed=True)
        if os.WEXITSTATUS(status):
            self._tally.faults.append("a run failed; its traceback is above")
            return Ended(killed=False)
        return Ended(killed=False, **json.loads(self._told.read_text()))

    def _kill(self, where: str, **how: Any) -> bool:
        """Run and kill; False where the run had ended before."""
        if not self._start(**how).killed or self._is_done():
            return False
        for name, content in tree(self._out).items():
            is_hidden = any(part.startswith(".") for part in Path(name).parts)
            if not is_hidden and content not in (self._wanted.get(name), self._earlier.get(name)):
                self._tally.faults.append(f"{where}: {name} is neither the new one nor the old one")
        return True

    def _is_done(self) -> bool:
        return tree(self._out) == self._wanted

    def _finish(self, where: str) -> None:
        """Let the same command run to its end, and compare all that it leaves."""
        if self._is_done():  # it ended before it was killed
            return
        finished = _finished(self._out)
        self._tally.kept += len(finished)
        ended = self._start(threads=2)
        found = tree(self._out)
        for name in sorted(found.keys() | self._wanted.keys()):
            if found.get(name) != self._wanted.get(name):
                self._tally.faults.append(f"{where}: {name} is not what an uninterrupted run leaves")
        if ended.report is not None and ended.report | {"resumed": 0} != self._report:
            self._tally.faults.append(f"{where}: the report is another")
        for name, number in finished.items():
            if (self._out / name).stat().st_ino != number:
                self._tally.faults.append(f"{where}: {name} was finished and is written again")


def tree(root: Path | None) -> dict[str, bytes]:
    """Return all files below a folder, by path."""
    paths = [] if root is None else root.rglob("*")
    return {path.relative_to(root or path).as_posix(): path.read_bytes() for path in paths if path.is_file()}


def _finished(out: Path) -> dict[str, int]:
    """Return the numbers of the inodes of shards that stand by the journal, by name."""
    found: dict[str, int] = {}
    for path in out.glob(".*.journal"):
        for line in path.read_bytes().splitlines():
            try:
                document = json.loads(line)
            except ValueError:  # empty, or cut short
                continue
            if "plan" in document:
                found = {}
            else:
                name = document["shard"]["path"]
                found[name] = (out / name).stat().st_ino
    return found


def render(tallies: Sequence[Tally], *, stride: int, seed: int, seconds: float) -> str:
    """Write the page."""
    lines = [
        "# Killed at any instant, finished by the same command",
        "",
        f"`python -m soak kills --kills {_of_verb(tallies, 'pack')} --stride {stride} --seed {seed}`:"
        f" {date.today():%d %B %Y}, {platform.machine()}, {os.cpu_count()} processors,"
        f" Python {platform.python_version()}, {platform.system()}; {seconds:.0f} s.",
        "",
        "```",
        *__doc__.split("\n\n", 3)[2].strip().splitlines(),
        "```",
        "",
        *__doc__.split("\n\n", 3)[3].strip().splitlines(),
        "",
        "| job | s | killed at random | killed between calls | shards finished then, kept | faults |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.name} | {one.seconds:.3f} | {one.random} | {one.between} | {one.kept} | {len(one.faults)} |"
        for one in tallies
    ]
    for verb in ("pack", "convert"):
        own = [one for one in tallies if one.name.startswith(verb)]
        lines.append(
            f"| **{verb}** | | **{_of_verb(tallies, verb)}** | **{sum(one.between for one in own)}** |"
            f" **{sum(one.kept for one in own)}** | **{sum(len(one.faults) for one in own)}** |"
        )
    return "\n".join(lines) + "\n"


def _of_verb(tallies: Sequence[Tally], verb: str) -> int:
    return sum(one.random for one in tallies if one.name.startswith(verb))
