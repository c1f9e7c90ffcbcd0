"""What listing a source costs the process that has the tasks, by the number of pictures: memory, disk and time.

    python -m benchmarks.listing 100000 1000000

A folder of a thousand classes is made of links to a few files; each number of pictures is measured by a process of its
own, which lists them, shuffles them, and makes and pickles the task of every shard, as `pack --engine ray` does. The
memory is what the process has more at its peak than before it began: its own (anonymous) pages and those of files that
it has mapped.
"""

import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

CLASSES = 1000
LINKS = 50_000  # to one file: ext4 allows 65,000
SHARD_PICTURES = 10_000
MEGABYTE = 1e6


def main(arguments: Sequence[str]) -> int:
    """Measure each number of pictures that is given, or be the process that measures one."""
    if arguments[0] == "child":
        print(json.dumps(cost(Path(arguments[1]))))
        return 0
    print("| pictures | memory, own MB | memory, mapped MB | temporary files, MB | list, s | order, s | tasks, s |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for count in map(int, arguments):
        found = measure(count)
        cells = [f"{count:,}", *(f"{found[name]:.1f}" for name in found if name != "pictures")]
        print(f"| {' | '.join(cells)} |")
    return 0


def measure(count: int) -> dict[str, float]:
    """Return what listing so many pictures costs a process that begins with it."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), count)
        command = [sys.executable, "-m", "benchmarks.listing", "child", folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def make(root: Path, count: int) -> None:
    """Make a folder of classes with so many pictures, which are links to a few files."""
    first = root
    for number in range(count):
        place = root / f"class {number % CLASSES:03d}"
        if number < CLASSES:
            place.mkdir()
        name = place / f"picture-{number:09d}.jpg"
        if number % LINKS == 0:
            name.write_bytes(b"\xff\xd8\xff" + bytes(100))
            first = name
        else:
            os.link(first, name)


def cost(root: Path) -> dict[str, float]:
    """List a folder, and make the task of every shard."""
    from filmroll.packing import plan
    from filmroll.sources import kinds

    before, peak = memory(), Peak()
    begin = time.perf_counter()
    items = kinds.read(root, kind="folder").items
    listed = time.perf_counter()
    numbers = plan.order(len(items), seed=0)
    ordered = time.perf_counter()
    for part in plan.split(numbers, shard_count=-(-len(items) // SHARD_PICTURES)):
        pickle.dumps(items.take(part))
    end = time.perf_counter()
    own, mapped = (high - low for high, low in zip(peak.end(), before, strict=True))
    return {
        "pictures": len(items),
        "own_mb": own / MEGABYTE,
        "mapped_mb": mapped / MEGABYTE,
        "disk_mb": temporary_nbytes() / MEGABYTE,
        "list_s": listed - begin,
        "order_s": ordered - listed,
        "tasks_s": end - ordered,
    }


def memory() -> tuple[int, int]:
    """Return bytes of this process in memory: its own pages, and those of files. Linux tells."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    own, mapped = (int(lines[name].split()[0]) * 1024 for name in ("RssAnon", "RssFile"))
    return own, mapped


def temporary_nbytes() -> int:
    """Return the bytes of files that are open and have no name."""
    total = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            status = link.stat()
        except OSError:
            continue
        total += status.st_size * (status.st_nlink == 0)
    return total


class Peak:
    """Looks at the memory again and again."""

    def __init__(self) -> None:
        self._most, self._ended = memory(), threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.05):
            own, mapped = memory()
            self._most = max(self._most[0], own), max(self._most[1], mapped)

    def end(self) -> tuple[int, int]:
        """Return the most of each."""
        self._ended.set()
        self._thread.join()
        return self._most


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
