"""A folder of pictures into shards of records: the bytes are kept, and every picture is accounted for."""

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from filmroll import dialects, manifest
from filmroll.errors import DecodeError, EncodeError, LimitError, SourceError
from filmroll.messages import example
from filmroll.packing import plan
from filmroll.packing.copies import Copies, Resize
from filmroll.packing.probe import Policies, Probed, probe, unreadable
from filmroll.packing.report import Finding, Report
from filmroll.records.compression import Compression
from filmroll.records.index import path_of as index_path_of
from filmroll.records.tfrecord import Writer
from filmroll.schema import Layout, Schema, layout_of, schema_of_layouts
from filmroll.sources import folder
from filmroll.sources.folder import File, Listing

Progress = Callable[[int, int], None]
POLICIES = Policies()


@dataclass(frozen=True, slots=True)
class Task:
    """One shard to write: the work of one thread."""

    path: Path
    files: Sequence[File]
    dialect: ModuleType
    policies: Policies
    copies: Copies | None
    compression: Compression | None
    progress: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Packed:
    """One shard that was written, under its temporary or its final name."""

    report: Report
    layouts: Counter[Layout]
    shard: dict[str, Any]


def pack(
    source: str | os.PathLike[str],
    dest: str | os.PathLike[str],
    *,
    dialect: str = "slim",
    shards: int | None = None,
    shard_nbytes: int | None = None,
    seed: int | None = 0,
    label_names: Sequence[str] | None = None,
    policies: Policies = POLICIES,
    resize: Resize | None = None,
    quality: int | None = None,
    seekable: bool = False,
    compression: Compression | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Pack a folder of pictures into TFRecord shards, an index beside each, and `filmroll.json` beside them all.

    Args:
        source: Folder of pictures; the folders on its first level are the classes.
        dest: Where the shards go: `out/flowers` makes `out/flowers-00000-of-00008.tfrecord` and so on;
            a name that ends in .tfrecord with one shard is taken as it is.
        dialect: How the features are named: "slim", "imagenet" or "array".
        shards: Number of shards; None goes by their size.
        shard_nbytes: Size of a shard to aim at, in bytes; None is 128 MiB.
        seed: Seed of the order of the pictures; None keeps the order of their names.
        label_names: Names of the classes by label; None takes the folders, sorted.
        policies: What to do about pictures that are out of the ordinary.
        resize: Make larger pictures smaller, once, as JPEG: `Resize(shorter=320)` for crops of 224 pixels. None
            keeps their bytes.
        quality: Of JPEGs that are encoded again, 1 to 100; None is that of the policies.
        seekable: Encode pictures again, once, as JPEG of which the loader decodes only the rows of a crop: for
            crops much smaller than the picture. Those that are so already keep their bytes.
        compression: None, "gzip" or "zlib"; a compressed file has no index.
        threads: Shards written at a time; None is the number of processors.
        overwrite: Replace shards that are already there.
        progress: Called with the pictures done and their number, from any thread.

    Returns:
        What was read, written, changed and skipped, with a finding for everything out of the ordinary.

    Raises:
        SourceError: The folder holds no picture.
        FileExistsError: A shard is there already, and `overwrite` is False.
        DecodeError: A policy is "fail" and a picture is that way.
        UnsupportedError: There is no such dialect, or no such number of shards.
        OSError: Writing failed; the shards that were finished stay, nothing half-written does.
    """
    module = dialects.get(dialect)
    dest = Path(dest)
    listing = folder.read(source, label_names=label_names)
    files = plan.order(listing.files, seed=seed)
    count = plan.shard_count(
        len(files), nbytes=sum(file.nbytes for file in files), shards=shards, shard_nbytes=shard_nbytes
    )
    paths = plan.shard_paths(dest, shard_count=count)
    stale = _make_room(paths, plan.split_name(dest), overwrite=overwrite)
    counter = _Counter(len(files), progress)
    if quality is not None:
        policies = replace(policies, quality=quality)
    copies = Copies(resize, seekable) if resize is not None or seekable else None
    tasks = [
        Task(path, part, module, policies, copies, compression, counter)
        for path, part in zip(paths, plan.split(files, shard_count=count), strict=True)
    ]
    packed = _run(tasks, counter=counter, threads=threads or os.cpu_count() or 1)
    report, schema = _total(packed, listing)
    if report.written == 0:
        _remove(paths)
        raise _none_written(report, listing.root)
    split = manifest.Split(
        dialect, schema.to_json(records=report.written), listing.label_names, [one.shard for one in packed]
    )
    manifest.write(manifest.path_of(dest), name=plan.split_name(dest), split=split)
    _remove(stale)
    return report


def write_shard(task: Task) -> Packed:
    """Read, probe and write the pictures of one shard; it has its name only when it is whole."""
    report, layouts = Report(shards=[task.path]), Counter[Layout]()
    with Writer(task.path, compression=task.compression) as writer:
        for file in task.files:
            probed = probe(file, policies=task.policies, copies=task.copies)
            features = _features(probed, file, task)
            if features is not None:
                writer.write(example.serialize(features))
                layouts[layout_of(features)] += 1
            _count(report, probed)
            task.progress()
    nbytes = task.path.stat().st_size
    report.nbytes = nbytes
    return Packed(report, layouts, {"path": task.path.name, "records": report.written, "nbytes": nbytes})


def _features(probed: Probed, file: File, task: Task) -> dict[str, Any] | None:
    """Name the picture's parts; a dialect that does not hand the picture's own bytes on has changed it."""
    sample = probed.sample
    if sample is None:
        return None
    try:
        features: dict[str, Any] = task.dialect.to_features(sample)
    except (DecodeError, EncodeError, LimitError) as exc:  # the dialect had to decode it
        probed.sample = None
        probed.findings.append(unreadable(file, exc, policies=task.policies))
        return None
    if all(value is not sample.encoded for value in features.values()):
        probed.is_changed = True
        detail = f"the {task.dialect.NAME} dialect does not keep {sample.header.format.upper()} as it is"
        probed.findings.append(Finding(str(file.path), "re-encoded", "changed", detail))
    return features


def _count(report: Report, probed: Probed) -> None:
    report.read += 1
    report.written += probed.sample is not None
    report.skipped += probed.sample is None
    report.changed += probed.sample is not None and probed.is_changed
    report.findings += probed.findings
    if probed.sample is not None and probed.copied is not None:
        report.copied.add(probed.copied)


def _run(tasks: Sequence[Task], *, counter: "_Counter", threads: int) -> list[Packed]:
    """Write all shards; at the first error, or at Ctrl-C, the others stop at their next picture."""
    with ThreadPoolExecutor(max_workers=min(threads, len(tasks)), thread_name_prefix="pack") as pool:
        futures = [pool.submit(write_shard, task) for task in tasks]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            if not all(future.done() for future in futures):
                counter.stop()
    errors = [error for future in futures if (error := future.exception()) is not None]
    if errors:
        raise next((error for error in errors if not isinstance(error, _StoppedError)), errors[0])
    return [future.result() for future in futures]


class _StoppedError(Exception):
    """Another shard failed: this one need not go on."""


class _Counter:
    """Counts pictures over all threads, tells the caller's progress, and passes the word to stop."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total, self._progress = total, progress
        self._done, self._stopped = 0, False
        self._lock = Lock()

    def __call__(self) -> None:
        if self._stopped:
            raise _StoppedError
        with self._lock:
            self._done += 1
            if self._progress is not None:
                self._progress(self._done, self._total)

    def stop(self) -> None:
        self._stopped = True


def _make_room(paths: Sequence[Path], name: str, *, overwrite: bool) -> list[Path]:
    """Check that no shard would be replaced unasked; return the shards of an earlier run that must go."""
    paths[0].parent.mkdir(parents=True, exist_ok=True)
    earlier = manifest.read(manifest.path_of(paths[0])).get(name, {}).get("shards", [])
    there = {paths[0].with_name(shard["path"]) for shard in earlier} | set(paths)
    standing = sorted(path for path in there if path.exists())
    if standing and not overwrite:
        raise FileExistsError(errno.EEXIST, "there already; choose another name, or say --overwrite", str(standing[0]))
    return [path for path in standing if path not in paths]


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
        index_path_of(path).unlink(missing_ok=True)


def _total(packed: Sequence[Packed], listing: Listing) -> tuple[Report, Schema]:
    report, layouts = Report(ignored=list(listing.ignored)), Counter[Layout]()
    for one in packed:
        report.merge(one.report)
        layouts.update(one.layouts)
    report.findings.sort(key=lambda finding: (finding.kind, finding.path))
    return report, schema_of_layouts(layouts)


def _none_written(report: Report, root: Path) -> SourceError:
    first = f"; the first: {report.findings[0].path}: {report.findings[0].detail}" if report.findings else ""
    return SourceError(f"none of its {report.read} pictures could be packed{first}", path=root)
