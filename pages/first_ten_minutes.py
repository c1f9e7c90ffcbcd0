"""Do the first ten minutes in a new environment, on real files, and write down what happened, and how long it took.

    FILMROLL_TEST_DATA=FOLDER python -m pages.first_ten_minutes        makes docs/first-ten-minutes.md

FOLDER is the folder of real files that the tests read; none of them is copied into the page.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine

import filmroll
from pages import CHECKOUT, DOCS
from pages.example import EXITS

PAGE = DOCS / "first-ten-minutes.md"
LINKS = {  # what stands in the folder -> which real file it is
    "photos": "photos",
    "cows.record": "records/cow/test.record",
    "digits": "mnist",
}
SCRIPT = """import filmroll

cows = filmroll.open("mended.record")
for batch in cows.batches(16, size=224, crop="random", flip=True, shuffle=True, seed=1):
    print(batch["image"].shape, batch["image"].dtype, "records", batch["record"][:6].tolist(), "...")
print(cows[0].key, len(cows[0].boxes), "boxes of", set(cows[0].boxes.texts))
"""


class Step(NamedTuple):
    """What is done next: a title, a sentence, the commands."""

    title: str
    text: str
    commands: Sequence[str]


class Done(NamedTuple):
    """A command that was run: what it printed, and the seconds that it took."""

    command: str
    printed: str
    seconds: float


INSTALL = Step(
    "Install",
    "A new environment, and filmroll with two extras: the page in the browser and the faster resizer.",
    ("python3 -m venv venv", "venv/bin/python -m pip install './checkout[view,simd]' | tail -1"),
)
STEPS = (
    Step(
        "Pack pictures",
        "64 photos in a folder. Every byte is kept: what comes out again is compared with what went in.",
        (
            "ls photos | wc -l",
            "filmroll pack photos/ out/photos --shards 2",
            "filmroll verify out/photos-*.tfrecord",
            "filmroll unpack out/photos-*.tfrecord again/",
            "diff -r photos again && echo the same",
        ),
    ),
    Step(
        "Solve a foreign file",
        "Somebody's records, without a word about what is in them: pictures with boxes, named as the TF Object"
        " Detection API names them, and labels that begin at 1.",
        (
            "filmroll inspect cows.record",
            "filmroll contact-sheet cows.record cows.png",
            "filmroll view --export look/ cows.record",
            "filmroll verify cows.record",
        ),
    ),
    Step(
        "Repair a damaged copy",
        "Four bytes are overwritten in the middle of a copy.",
        (
            "cp cows.record broken.record && chmod u+w broken.record",
            "printf oops | dd of=broken.record bs=1 seek=400000 conv=notrunc status=none",
            "filmroll verify broken.record  # exits with 1",
            "filmroll repair broken.record mended.record  # exits with 1",
            "filmroll verify mended.record",
        ),
    ),
    Step(
        "Train from it",
        "Random crops of the repaired file, in batches; then ten epochs on the 10,000 digits of MNIST's test files,"
        " with NumPy alone (`examples/softmax.py`).",
        ("cat train.py", "python train.py", "python softmax.py"),
    ),
)


def lay_out(folder: Path, data: Path) -> None:
    """Put into an empty folder what the commands speak of; the real files are linked to."""
    for name, target in LINKS.items():
        (folder / name).symlink_to(data / target)
    (folder / "checkout").symlink_to(CHECKOUT)
    (folder / "train.py").write_text(SCRIPT, "utf-8")
    shutil.copy(CHECKOUT / "examples" / "softmax.py", folder)


def do(command: str, *, folder: Path, environment: dict[str, str]) -> Done:
    """Run one command line by bash.

    Raises:
        RuntimeError: Its exit code is not the one that it should be; the message has what it printed.
    """
    exits = EXITS.search(command)
    start = time.perf_counter()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if "pip install" in command else subprocess.STDOUT,  # which index pip asks is no news
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode != int(exits[1] if exits else 0):
        raise RuntimeError(f"{command}: exit code {done.returncode}\n{done.stdout}")
    return Done(command, done.stdout, seconds)


def render(done: Sequence[tuple[Step, Sequence[Done]]], *, head: str) -> str:
    """Return the page."""
    parts = [head]
    for step, commands in done:
        shown = "".join(f"$ {one.command}\n{one.printed}" for one in commands)
        times = ", ".join(f"{one.seconds:.1f}" for one in commands)
        text = textwrap.fill(step.text, 120)
        parts.append(f"## {step.title}\n\n{text}\n\n```console\n{shown}```\n\nSeconds: {times}.\n")
    total = sum(one.seconds for _, commands in done for one in commands)
    parts.append(f"## In all\n\n{total:.0f} seconds for the commands; the rest of the ten minutes is for reading.\n")
    return "\n".join(parts)


def head() -> str:
    """Say on which machine and when, in the page's first lines."""
    here = machine.describe()
    said = (
        f"Made by `python -m pages.first_ten_minutes` on {datetime.now(UTC):%-d %B %Y}: {here['processor']},"
        f" {here['cores']} cores, {here['memory_gb']} GB, {here['system']}, Python {here['python']}, filmroll"
        f" {filmroll.__version__}. The commands stand here as they were run, one after another, on real files that are"
        " no part of the repository; below each step are the seconds that its commands took. A test runs all of them"
        " but the first step again, and compares."
    )
    return f"# The first ten minutes\n\n{textwrap.fill(said, 120)}\n"


def main() -> None:
    """Do everything in a temporary folder, and write the page."""
    data = os.environ.get("FILMROLL_TEST_DATA")
    if not data:
        sys.exit("set FILMROLL_TEST_DATA to the folder of real files")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder, Path(data).resolve())
        environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
        environment["PATH"] = f"{folder / 'venv' / 'bin'}{os.pathsep}{environment['PATH']}"
        done = [(step, told(step, folder=folder, environment=environment)) for step in (INSTALL, *STEPS)]
    PAGE.write_text(render(done, head=head()), "utf-8")
    print(PAGE)


def told(step: Step, *, folder: Path, environment: dict[str, str]) -> list[Done]:
    """Run the commands of a step, and say on standard error which one runs, and how long it took.

    Raises:
        RuntimeError: An exit code is not the one that it should be.
    """
    done = []
    for command in step.commands:
        print(f"{step.title}: {command}", end=" ", file=sys.stderr, flush=True)
        done.append(do(command, folder=folder, environment=environment))
        print(f"({done[-1].seconds:.1f} s)", file=sys.stderr, flush=True)
    return done


if __name__ == "__main__":
    main()
