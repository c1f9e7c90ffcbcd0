"""A folder of pictures into shards of records: the bytes are kept, and every picture is accounted for."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from filmroll import dialects, manifest
from filmroll.errors import DecodeError, EncodeError, LimitError, SourceError
from filmroll.packing import plan, shard_tasks
from filmroll.packing.copies import Copies, Resize
from filmroll.packing.probe import Policies, Probed, probe, unreadable
from filmroll.packing.report import Finding, Report
from filmroll.packing.shard_tasks import Progress
from filmroll.packing.sink import ExampleSink
from filmroll.records.compression import Compression
from filmroll.schema import Layout, Schema, layout_of, schema_of_layouts
from filmroll.sources import folder
from filmroll.sources.folder import File, Listing

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
    stale = shard_tasks.make_room(paths, name=plan.split_name(dest), overwrite=overwrite)
    counter = shard_tasks.Counter(len(files), progress)
    if quality is not None:
        policies = replace(policies, quality=quality)
    copies = Copies(resize, seekable) if resize is not None or seekable else None
    tasks = [
        Task(path, part, module, policies, copies, compression, counter)
        for path, part in zip(paths, plan.split(files, shard_count=count), strict=True)
    ]
    packed = shard_tasks.run(write_shard, tasks, counter=counter, threads=threads or os.cpu_count() or 1)
    report, schema = _total(packed, listing)
    if report.written == 0:
        shard_tasks.remove(paths)
        raise _none_written(report, listing.root)
    split = manifest.Split(
        dialect, schema.to_json(records=report.written), listing.label_names, [one.shard for one in packed]
    )
    manifest.write(manifest.path_of(dest), name=plan.split_name(dest), split=split)
    shard_tasks.remove(stale)
    return report


def write_shard(task: Task) -> Packed:
    """Read, probe and write the pictures of one shard; it has its name only when it is whole."""
    report, layouts = Report(shards=[task.path]), Counter[Layout]()
    with ExampleSink(task.path, dialect=task.dialect, compression=task.compression) as sink:
        for file in task.files:
            probed = probe(file, policies=task.policies, copies=task.copies)
            features = _write(sink, probed, file, task)
            if features is not None:
                layouts[layout_of(features)] += 1
            _count(report, probed)
            task.progress()
    report.nbytes = sink.nbytes
    return Packed(report, layouts, {"path": task.path.name, "records": report.written, "nbytes": report.nbytes})


def _write(sink: ExampleSink, probed: Probed, file: File, task: Task) -> dict[str, Any] | None:
    """Write the picture; a dialect that does not hand the picture's own bytes on has changed it."""
    sample = probed.sample
    if sample is None:
        return None
    try:
        features = sink.write(sample)
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
