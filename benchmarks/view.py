"""`python -m benchmarks.view`: the pages on a million records, in a browser, as somebody who scrolls sees them.

Shards of a million small JPEGs are made once and kept. The server is started as a command; its index and its catalogue
are warm from the start before. A page of scrolling is what a screen of 1280 x 800 shows; it is done when every cell
in sight has its picture.
"""

import argparse
import json
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

import filmroll
from benchmarks import machine
from filmroll.messages import example

RESULTS = Path(__file__).parent / "results" / "view"
RECORDS, SHARDS, PICTURES, CLASSES = 1_000_000, 50, 256, 100
SCROLLED, JUMPED = 100, 20  # pages
LIMITS = {"first_sheet_s": 2.0, "scrolled_ms": 300.0, "memory_mb": 500.0}
COMMAND = (sys.executable, "-c", "import sys; from filmroll.cli import run; sys.exit(run(sys.argv[1:]))", "view")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
ALL_SHOWN = """() => {
  const cells = [...document.querySelectorAll('.cell')].filter((cell) => {
    const box = cell.getBoundingClientRect();
    return box.bottom > 100 && box.top < innerHeight;
  });
  return cells.length > 10 && cells.every((cell) => {
    const image = cell.querySelector('img');
    return image && image.complete && image.naturalWidth > 1;
  });
}"""


def main() -> int:
    """Measure, print, keep; return 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "filmroll-view")
    parser.add_argument("--records", type=int, default=RECORDS)
    parser.add_argument("--prepare", action="store_true", help="only make the shards, the index and the catalogue")
    parser.add_argument("--save", action="store_true", help="keep the result")
    options = parser.parse_args()
    roll = make(options.folder / f"{options.records}", options.records)
    filled = fill(roll)
    if options.prepare:
        return 0
    found = filled | measure(roll)
    limits = {
        name: {"value": found[name], "limit": limit, "kept": found[name] < limit} for name, limit in LIMITS.items()
    }
    result = {
        "day": f"{datetime.now().astimezone():%Y-%m-%d}",
        "commit": machine.commit(),
        "machine": machine.describe(),
        "records": options.records,
        "limits": limits,
        "results": found,
    }
    print(json.dumps(result, indent=1))
    if options.save:
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{result['day']}.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    return 0 if all(one["kept"] for one in limits.values()) else 1


def make(folder: Path, count: int) -> Path:
    """Write the shards, unless they are there: small JPEGs of a hundred classes, of sizes from 60 to 160 pixels."""
    made = folder / "made.txt"
    if made.exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    pictures = [picture(rng) for _ in range(PICTURES)]
    for shard in range(SHARDS):
        with filmroll.Writer(folder / f"roll-{shard:05}-of-{SHARDS:05}.tfrecord") as writer:
            for number in range(shard * count // SHARDS, (shard + 1) * count // SHARDS):
                writer.write(record(number, pictures[number % PICTURES]))
    made.write_text("by benchmarks/view.py\n", "utf-8")
    return folder


def picture(rng: np.random.Generator) -> bytes:
    """Draw one picture."""
    height, width = rng.integers(60, 160, 2).tolist()
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [rows * rng.uniform(0.02, 0.2) + columns * rng.uniform(0.02, 0.2) + rng.uniform(0, 6) for _ in range(3)]
    return filmroll.encode((127 + 120 * np.sin(np.stack(waves, -1))).astype(np.uint8), "jpeg", quality=75)


def record(number: int, encoded: bytes) -> bytes:
    """Serialize one record."""
    label = number % CLASSES
    return example.serialize(
        {
            "image/encoded": encoded,
            "image/format": b"jpeg",
            "image/class/label": label,
            "image/class/text": f"class {label}",
            "image/filename": f"pictures/{number:07}.jpg",
        }
    )


def fill(roll: Path) -> dict[str, Any]:
    """Have the catalogue made and kept; say how long it took and what memory it wanted, unless it was kept before."""
    with serving(roll) as (address, process, _):
        progress = json.loads(ask(f"{address}progress"))
        if progress["done"] == progress["count"]:
            return {}
        started = time.perf_counter()
        while progress["done"] < progress["count"]:
            time.sleep(0.5)
            progress = json.loads(ask(f"{address}progress"))
        took = time.perf_counter() - started
        time.sleep(20)  # it is kept now
        return {"catalogue_s": round(took, 1), "memory_while_filling_mb": memory_mb(process.pid)}


def measure(roll: Path) -> dict[str, Any]:
    """Start the server where all is warm, and look at pages."""
    from playwright.sync_api import sync_playwright

    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        with serving(roll) as (address, process, started):
            page.goto(address)
            until_shown(page)
            found["first_sheet_s"] = round(time.perf_counter() - started, 2)
            found |= look(page)
            for name, query in QUERIES.items():
                found[name] = took_ms(lambda query=query: ask(address + query))
            found["memory_mb"] = memory_mb(process.pid)
        browser.close()
    return found


QUERIES = {
    "search_rare_ms": "?q=0999999",
    "search_all_ms": "?q=pictures",
    "sort_by_size_ms": "?sort=pixels&desc=1",
    "filter_and_sort_ms": "?label=7&sort=nbytes",
    "summary_ms": "summary",
}


def look(page: Any) -> dict[str, Any]:
    """Scroll page by page, then jump anywhere, and say how long it took until all in sight was there."""
    reload = took_ms(lambda: (page.reload(), until_shown(page)))
    scrolled = []
    for _ in range(SCROLLED):
        scrolled.append(took_ms(lambda: (page.evaluate("scrollBy(0, innerHeight - 150)"), until_shown(page))))
    rng = random.Random(2)
    jumped = []
    for _ in range(JUMPED):
        place = rng.random()
        jump = f"scrollTo(0, {place} * document.documentElement.scrollHeight)"
        jumped.append(took_ms(lambda jump=jump: (page.evaluate(jump), until_shown(page))))
    return {
        "sheet_again_ms": reload,
        "scrolled_ms": percentile(scrolled, 95),
        "scrolled_median_ms": round(statistics.median(scrolled), 1),
        "scrolled_worst_ms": max(scrolled),
        "jumped_median_ms": round(statistics.median(jumped), 1),
        "jumped_worst_ms": max(jumped),
    }


def until_shown(page: Any) -> None:
    """Wait until every cell in sight has its picture, two frames after what was done."""
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    deadline = time.perf_counter() + 30
    while not page.evaluate(ALL_SHOWN):
        if time.perf_counter() > deadline:
            raise TimeoutError("not all pictures in sight came within half a minute")
        time.sleep(0.002)


@contextmanager
def serving(roll: Path) -> Iterator[tuple[str, "subprocess.Popen[str]", float]]:
    """Start the command; yield its address, its process, and when it was started."""
    started = time.perf_counter()
    process = subprocess.Popen([*COMMAND, "--no-browser", "--port", "0", str(roll)], stderr=subprocess.PIPE, text=True)
    try:
        line = ""
        while "http://" not in line:
            line = process.stderr.readline() if process.stderr else ""
        yield re.findall(r"http://\S+", line)[0], process, started
    finally:
        process.terminate()
        process.wait()


def ask(address: str) -> bytes:
    """Return an answer."""
    with urllib.request.urlopen(address) as answer:
        body: bytes = answer.read()
    return body


def took_ms(do: Callable[[], object]) -> float:
    """Return how long something took, in milliseconds."""
    started = time.perf_counter()
    do()
    return round(1000 * (time.perf_counter() - started), 1)


def percentile(values: list[float], share: int) -> float:
    """Return the value that this many of a hundred are below."""
    return round(float(np.percentile(values, share)), 1)


def memory_mb(pid: int) -> float:
    """Return the memory that a process has at most had in use, pages of files included, in 10**6 bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return round(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024 / 1e6, 1)  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(main())
