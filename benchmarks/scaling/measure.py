"""What a small machine can show of how cost grows; each measurement takes seconds."""

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

import filmroll
from benchmarks import listing, machine
from benchmarks.scaling import store
from filmroll.loading.order import Order
from filmroll.loading.shuffles import STRENGTHS, Shuffle
from filmroll.records import index

DIFFERENT = 20  # pictures, which stand for all
BATCH = 256
SHARD_RECORDS = 1200  # of a shard of 128 MiB with pictures of 110 kB


def everything() -> dict[str, Any]:
    """Measure all, and return what was found as JSON values."""
    return {
        "machine": machine.describe(),
        "listing": [listed(count) for count in (10_000, 50_000, 200_000)],
        "pack": [packing(count, threads) for count, threads in ((1000, 1), (2000, 1), (4000, 1), (4000, 2))],
        "index": [indexing(count) for count in (10**5, 10**6, 10**7)],
        "shards": [opening(count) for count in (10, 100, 1000)],
        "order": [ordering(strength, 10**power) for strength in STRENGTHS for power in (6, 9)],
        "pattern": [pattern(strength, 10**6) for strength in STRENGTHS],
        "store": requests(600, shards=6),
    }


def timed(call: Callable[[], Any], *, runs: int = 3) -> float:
    """Return the shortest time of a few runs, in seconds."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


def pictures(root: Path, count: int) -> Path:
    """Make a folder of two classes with JPEGs of about 110 kB, of which few differ."""
    rng = np.random.default_rng(1)
    originals = []
    for number in range(min(count, DIFFERENT)):
        rows, columns = np.mgrid[0:375, 0:500]
        waves = np.sin(rows / (9 + number) + columns / 13)[..., np.newaxis] * 60 + rng.normal(128, 22, (375, 500, 3))
        path = root / f"original-{number}.jpg"
        path.write_bytes(filmroll.encode(waves.clip(0, 255).astype(np.uint8), "jpeg", quality=88))
        originals.append(path)
    folder = root / "pictures"
    for name in ("cat", "dog"):
        folder.joinpath(name).mkdir(parents=True)
    for number in range(count):
        os.link(originals[number % len(originals)], folder / ("cat", "dog")[number % 2] / f"{number:07d}.jpg")
    return folder


def listed(count: int) -> dict[str, float]:
    """List so many pictures, in a process that does nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        listing.make(Path(folder), count)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(listing.cost, Path(folder)).result()


def packing(count: int, threads: int) -> dict[str, float]:
    """Pack so many pictures."""
    with tempfile.TemporaryDirectory() as folder:
        source = pictures(Path(folder), count)
        dest = Path(folder) / "out" / "roll"
        report = filmroll.pack(source, dest, threads=threads)
        seconds = timed(lambda: filmroll.pack(source, dest, threads=threads, overwrite=True), runs=2)
    return {"pictures": count, "threads": threads, "nbytes": report.nbytes, "s": seconds}


def indexing(count: int) -> dict[str, float]:
    """Write and read the index of so many records in one file."""
    sizes = np.random.default_rng(1).integers(100, 200, count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.idx"
        index.write(path, np.stack((np.cumsum(sizes) - sizes, sizes), axis=1))
        found = index.read(path)
        return {
            "records": count,
            "file_nbytes": path.stat().st_size,
            "memory_nbytes": found.nbytes,
            "s": timed(lambda: index.read(path)),
        }


def opening(shards: int) -> dict[str, float]:
    """Open so many shards of the disk, and count their records."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(shards):
            with filmroll.Writer(Path(folder) / f"a-{number:05d}-of-{shards:05d}.tfrecord") as writer:
                writer.write(b"a")
                writer.write(b"bc")

        def count() -> None:
            with filmroll.open(folder) as roll:
                len(roll)

        return {"shards": shards, "s": timed(count)}


def ordering(strength: Any, records: int) -> dict[str, Any]:
    """Ask for a part of an order of so many records."""
    order = Order(records, 1, shuffle=shuffle(strength, records))
    first = records // 3
    return {"shuffle": strength, "records": records, "ns": timed(lambda: order.numbers(first, 8192)) / 8192 * 1e9}


def pattern(strength: Any, records: int, *, batches: int = 40) -> dict[str, Any]:
    """Look at what batches read: of how many shards, and how many records lie behind one that is read with it."""
    order = Order(records, 1, shuffle=shuffle(strength, records))
    shards, runs, window = [], [], set()
    for batch in range(batches):
        numbers = np.sort(order.numbers(batch * BATCH, BATCH))
        shards.append(len(np.unique(numbers // SHARD_RECORDS)))
        runs.append(1 + np.count_nonzero(np.diff(numbers) != 1))
        window |= set((numbers // SHARD_RECORDS).tolist())
    return {
        "shuffle": strength,
        "records": records,
        "shards_of_a_batch": float(np.mean(shards)),
        "requests_of_a_record": float(np.mean(runs)) / BATCH,
        "shards_of_10000_records": len(window),
    }


def shuffle(strength: Any, records: int) -> Shuffle:
    """Return a way to shuffle so many records in shards of 128 MiB."""
    return Shuffle(strength, (SHARD_RECORDS,) * (records // SHARD_RECORDS) + (records % SHARD_RECORDS,))


def requests(count: int, *, shards: int) -> list[dict[str, Any]]:
    """Count what a store is asked for, from packing to an epoch."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, store.counted() as counter:
        source, url = pictures(Path(folder), count), f"s3://{store.BUCKET}/roll"

        def note(what: str, **more: Any) -> None:
            found.append({"what": what, "pictures": count, "shards": shards, **counter.taken(), **more})

        filmroll.pack(source, f"{url}/roll", shards=shards)
        note("pack")
        with filmroll.open(f"{url}/roll-*.tfrecord") as roll:
            len(roll)
            note("open")
            _ = roll[0]
            note("first record")
            for _ in roll.batches(BATCH, size=32, shuffle=True):
                pass
            note("epoch by ranges")
        with filmroll.open(f"{url}/roll-*.tfrecord", cache=Path(folder) / "cache") as roll:
            counter.taken()
            for _ in roll.batches(BATCH, size=32, shuffle=True):
                pass
            note("epoch with a cache")
            for _ in roll.batches(BATCH, size=32, shuffle=True, epoch=1):
                pass
            note("epoch from the cache")
    return found
