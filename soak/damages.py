"""Real shards, damaged at random, repaired, and compared with what they were.

    python -m soak damages --cases 10000 --seed 1 --save docs/damages.md

In each case: every record that no damage touched is kept, in order; nothing is kept that was no record of the shard.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import filmroll
from filmroll.repairing.report import Repaired
from soak.shards import Shard, real_shards

KINDS = ("flip", "cut", "insert", "delete", "zero")
PLACES = (1, 1, 1, 2, 3)  # damaged in one case: most often one
LARGEST_NBYTES = 8192  # of what is inserted, deleted or zeroed


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes `start` to `stop` of the file become `new`."""

    kind: str
    start: int
    stop: int
    new: bytes


@dataclass(slots=True)
class Tally:
    """What happened over many cases.

    Attributes:
        cases: Kind of damage -> cases.
        touched, lost, headless: Kind -> records touched, not kept, kept although their header was overwritten.
        doubtful: Cases in which frames were taken for a part of a damaged record.
        losses: Records lost in a case -> cases.
        faults: What went wrong, one line each.
    """

    cases: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    touched: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    headless: Counter[str] = field(default_factory=Counter)
    doubtful: Counter[str] = field(default_factory=Counter)
    losses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Run the cases, print what was lost, and return 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m soak damages", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=Path, help="write the page here as well")
    options = parser.parse_args(arguments)
    begin = time.perf_counter()
    tally = run(options.cases, seed=options.seed)
    page = render(tally, seed=options.seed, seconds=time.perf_counter() - begin)
    print(page, end="")
    if options.save is not None:
        options.save.write_text(page, "utf-8")
    for fault in tally.faults:
        print(fault, file=sys.stderr)
    return 1 if tally.faults else 0


def run(cases: int, *, seed: int) -> Tally:
    """Damage and repair so many times."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        shards = real_shards(Path(folder))
        for number in range(cases):
            shard = shards[number % len(shards)]
            _case(
                tally,
                shard,
                Path(folder),
                name=f"seed {seed}, case {number}",
                rng=np.random.default_rng((seed, number)),
            )
    return tally


def _case(tally: Tally, shard: Shard, folder: Path, *, name: str, rng: np.random.Generator) -> None:
    edits = list(draw(shard, rng))
    kinds = " + ".join(sorted({edit.kind for edit in edits})) if len(edits) > 1 else edits[0].kind
    kind = kinds if len(edits) == 1 else f"{len(edits)} places"
    source, dest = folder / "damaged.tfrecord", folder / "repaired.tfrecord"
    source.write_bytes(apply(shard.data, edits))
    untouched = [not any(touches(edit, *span) for edit in edits) for span in shard.spans]
    try:
        report = filmroll.repair(source, dest, overwrite=True)
    except filmroll.SourceError:
        report, kept = Repaired(), []
    else:
        with filmroll.Reader(dest) as reader:
            kept = [bytes(record) for record in reader]
    wrong = compare(shard.records, untouched, kept)
    tally.cases[kind] += 1
    tally.records[kind] += len(shard.records)
    tally.touched[kind] += untouched.count(False)
    tally.lost[kind] += len(shard.records) - len(kept)
    tally.headless[kind] += report.headless
    tally.doubtful[kind] += any(loss.doubtful for loss in report.losses)
    tally.losses[len(shard.records) - len(kept)] += 1
    if wrong:
        tally.faults.append(f"{name}: {shard.name}, {kinds} at {[(one.start, one.stop) for one in edits]}: {wrong}")


def draw(shard: Shard, rng: np.random.Generator) -> Iterator[Edit]:
    """Draw one to three damages that do not overlap, in their order."""
    nbytes, count = len(shard.data), int(rng.choice(PLACES))
    edges = np.sort(rng.integers(0, nbytes, 2 * count)).tolist()
    for number, (low, high) in enumerate(zip(edges[::2], edges[1::2], strict=True)):
        kind = str(rng.choice(KINDS))
        if kind == "cut" and number < count - 1:
            kind = "zero"  # only the last place can be where the file ends
        size = min(int(rng.integers(1, LARGEST_NBYTES)) >> int(rng.integers(0, 13)), high - low) or 1
        start = _start(shard, rng, low, max(low, high - size))
        yield _edit(shard.data, kind, start, min(start + size, nbytes), rng)


def _start(shard: Shard, rng: np.random.Generator, low: int, high: int) -> int:
    """Choose where damage begins: anywhere, or near the header of a record, where it does most."""
    near = [start for start, _ in shard.spans if low <= start - 8 and start + 12 <= high]
    if near and rng.random() < 0.5:
        return int(rng.choice(near)) + int(rng.integers(-8, 12))
    return int(rng.integers(low, high + 1))


def _edit(data: bytes, kind: str, start: int, stop: int, rng: np.random.Generator) -> Edit:
    if kind == "flip":
        return Edit(kind, start, start + 1, bytes([data[start] ^ 1 << int(rng.integers(8))]))
    if kind == "insert":
        return Edit(kind, start, start, rng.bytes(stop - start) if rng.random() < 0.8 else bytes(stop - start))
    if kind == "cut":
        return Edit(kind, start, len(data), b"")
    return Edit(kind, start, stop, b"" if kind == "delete" else bytes(stop - start))


def apply(data: bytes, edits: Sequence[Edit]) -> bytes:
    """Return the damaged file."""
    for edit in reversed(edits):
        data = data[: edit.start] + edit.new + data[edit.stop :]
    return data


def touches(edit: Edit, start: int, stop: int) -> bool:
    """Tell whether a damage touches the bytes from `start` to `stop`; what is put between two records touches none."""
    if edit.start == edit.stop:
        return start < edit.start < stop
    return edit.start < stop and start < edit.stop


def compare(records: Sequence[bytes], untouched: Sequence[bool], kept: Sequence[bytes]) -> str:
    """Say what is wrong with what was kept: "" where it is all untouched records, in order, and no others."""
    number = 0
    for record in kept:
        while number < len(records) and records[number] != record:
            if untouched[number]:
                return f"record {number} was not touched and is not kept"
            number += 1
        if number == len(records):
            return f"a false record of {len(record)} bytes"
        number += 1
    missing = next((row for row in range(number, len(records)) if untouched[row]), None)
    return "" if missing is None else f"record {missing} was not touched and is not kept"


def render(tally: Tally, *, seed: int, seconds: float) -> str:
    """Return the page with what was lost."""
    cases = sum(tally.cases.values())
    lines = [
        "# Random damages, repaired",
        "",
        f"Made by `python -m soak damages --cases {cases} --seed {seed} --save docs/damages.md`.",
        "",
        f"{cases:,} cases, {sum(tally.records.values()):,} records, {len(tally.faults)} promises broken: every record"
        " that no damage touched was kept, in order, and nothing was kept that was no record of the shard.",
        "",
        "| damage | cases | records | touched | lost | kept without their header | cases with doubtful frames |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for kind, count in sorted(tally.cases.items(), key=lambda item: (item[0][0].isdigit(), item[0])):
        numbers = (one[kind] for one in (tally.records, tally.touched, tally.lost, tally.headless, tally.doubtful))
        lines.append(f"| {kind} | {count:,} | " + " | ".join(f"{number:,}" for number in numbers) + " |")
    lines += ["", "Records lost in one case:", "", "| lost | cases | share |", "|--:|--:|--:|"]
    for low, high in ((0, 0), (1, 1), (2, 2), (3, 3), (4, 10), (11, 100), (101, 10**9)):
        count = sum(found for lost, found in tally.losses.items() if low <= lost <= high)
        name = str(low) if low == high else f"{low} to {high}" if high < 10**9 else f"{low} and more"
        lines.append(f"| {name} | {count:,} | {count / max(cases, 1):.1%} |")
    print(f"{seconds:.0f} s", file=sys.stderr)
    return "\n".join(lines) + "\n"
