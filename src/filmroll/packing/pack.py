"""Any source of pictures into shards of records: the bytes are kept, and every picture is accounted for."""

import os
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from filmroll import dialects, manifest
from filmroll.errors import DecodeError, EncodeError, LimitError, SourceError, UnsupportedError
from filmroll.packing import digest, loss, plan, shard_set
from filmroll.packing.copies import Copies, Resize
from filmroll.packing.engines import choice, counter
from filmroll.packing.engines.counter import Count, Progress
from filmroll.packing.probe import Policies, Probed, probe, unreadable
from filmroll.packing.report import Finding, Report, Written, total
from filmroll.packing.sink import USUAL_DIALECT, Sink, check, is_kept
from filmroll.records.compression import Compression
from filmroll.records.kinds import Kind
from filmroll.remote.path import RemotePath
from filmroll.schema import Layout, layout_of
from filmroll.sources import kinds, read_ahead, remote_file
from filmroll.sources.files import Files
from filmroll.sources.item import Item, Listing
from filmroll.sources.rows import Rows

POLICIES = Policies()
CHUNK_NBYTES = 1 << 22  # of pixels that are written at once


@dataclass(frozen=True, slots=True)
class Task:
    """One shard to write: the work of one thread or process.

    Attributes:
        root: The source; where it vanishes, its pictures are not unreadable but gone.
        items: Its pictures alone.
        of_numbers: A digest of the numbers that they have among all, where they are arrays.
    """

    path: Path
    root: Path
    kind: Kind
    items: Sequence[Item]
    of_numbers: str | None
    dialect: str
    policies: Policies
    copies: Copies | None
    compression: Compression | None
    index: bool
    label_names: Sequence[str]

    @property
    def count(self) -> int:
        """Number of its pictures."""
        return len(self.items)

    @property
    def digest(self) -> str:
        """A digest of what it is made from, which takes time for many pictures."""
        return self.of_numbers or digest.of_items(self.items)


def pack(
    source: str | os.PathLike[str],
    dest: str | os.PathLike[str],
    *,
    to: Kind | None = None,
    dialect: str | None = None,
    shards: int | None = None,
    shard_nbytes: int | None = None,
    seed: int | None = 0,
    label_names: Sequence[str] | None = None,
    source_kind: str | None = None,
    split: str | None = None,
    root: str | os.PathLike[str] | None = None,
    box_format: str | None = None,
    labels_file: str | os.PathLike[str] | None = None,
    metadata_file: str | os.PathLike[str] | None = None,
    bounding_box_file: str | os.PathLike[str] | None = None,
    policies: Policies = POLICIES,
    resize: Resize | None = None,
    quality: int | None = None,
    seekable: bool = False,
    compression: Compression | None = None,
    threads: int | None = None,
    engine: choice.Choice = "threads",
    address: str | None = None,
    suffix: str | None = None,
    drop: Collection[str] = (),
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Pack pictures into record files, and `filmroll.json` beside them; TFRecord shards have an index beside each.

    Args:
        source: Folder of pictures, of which the folders on the first level are the classes, which may be one in a
            store, `s3://bucket/flowers`; a table (CSV, JSON lines), a folder with `metadata.csv` or
            `metadata.jsonl`, or Caffe's list; MNIST's or CIFAR's files, or a folder of them.
        dest: Where the shards go: `out/flowers` makes `out/flowers-00000-of-00008.tfrecord` and so on;
            a name that ends in .tfrecord with one shard is taken as it is, and a folder without a name is refused.
        to: Kind of file: "tfrecord", "array_record", "lmdb", "tar" or "parquet"; None goes by the suffix of `dest`.
        dialect: How the features are named: "slim", "imagenet", "mnist", "array", "tfds", ...; None is the usual one
            of the kind: "slim", "datum" in LMDB, "webdataset" in a tar, "huggingface" in Parquet.
        shards: Number of shards; None goes by their size.
        shard_nbytes: Size of a shard to aim at, in bytes; None is 128 MiB.
        seed: Seed of the order of the pictures; None keeps the order of their names.
        label_names: Names of the classes by label; None takes those of the source: the folders, sorted.
        source_kind: "folder", "table", "list", "mnist", "cifar" or "imagenet"; None tells it by names and bytes.
        split: "train", "test" or "all" of MNIST or CIFAR; None where the source holds only one.
        root: Folder that the paths of a table or a list start from; None is its own.
        box_format: What the numbers of a table's boxes are: "coco" (x, y, width, height in pixels), "pascal" (xmin,
            ymin, xmax, ymax in pixels), "xyxy" or "yxyx" (shares of width and height).
        labels_file: ImageNet's synsets, one a line, in the order of the labels; the source is its folder of synsets.
        metadata_file: ImageNet's words: a synset, a tab and words a line.
        bounding_box_file: ImageNet's boxes: a file's name, xmin, ymin, xmax, ymax as shares a line.
        policies: What to do about pictures that are out of the ordinary.
        resize: Make larger pictures smaller, once, as JPEG: `Resize(shorter=320)` for crops of 224 pixels. None
            keeps their bytes.
        quality: Of JPEGs that are encoded again, 1 to 100; None is that of the policies.
        seekable: Encode pictures again, once, as JPEG of which the loader decodes little more than the crop,
            for about 2 % more bytes. Those that are so already keep their bytes.
        compression: None, "gzip" or "zlib"; a compressed file has no index.
        threads: Shards written at a time; None is the number of processors, or all that a cluster has.
        engine: Who writes them: "threads", "processes" or "ray"; or a `concurrent.futures.Executor`, which is handed
            absolute paths. The bytes are the same.
        address: Of the Ray cluster, which sees the same files; None is the one that runs here, else a new one.
        suffix: What stands after the numbers of the shards; "" is nothing, as in `train-00000-of-01024`, and then
            there are no indexes, which patterns such as `train-*` would take for shards. None is .tfrecord.
        drop: Parts that may be left out where the dialect does not hold them: "label", "text", "boxes", "mask",
            "features"; `lost` of the report says which were.
        overwrite: Replace shards that are already there.
        progress: Called with the pictures done and their number, from any thread of this process.

    Returns:
        What was read, written, changed and skipped, with a finding for everything out of the ordinary.

    Raises:
        SourceError: The source holds no picture, or not what it should.
        FormatError: The source contradicts itself, or a box reaches outside its picture; says where.
        FileExistsError: A shard is there already, and `overwrite` is False.
        DecodeError: A policy is "fail" and a picture is that way.
        UnsupportedError: There is no such dialect, kind, option or number of shards; or the dialect does not hold
            what the source has, and `drop` does not name it.
        MissingDependencyError: The kind or the engine needs an extra that is not installed.
        ConnectionError: There is no Ray cluster at the address.
        ChildProcessError: Workers were lost again and again with the same shard.
        OSError: Writing failed, or the store that the pictures are in; the shards that were finished stay, nothing
            half-written does.

    However it ends before its end, the same call goes on where it stopped: shards that are finished are not written
    again, unless their pictures have changed since, and all bytes are those of a run that was never interrupted.
    """
    dest, kind = plan.destination(dest, to=to, compression=compression)
    module = dialects.get(dialect or USUAL_DIALECT[kind])
    check(kind, module)
    loss.require_known(drop)
    with choice.opened(engine, workers=threads, address=address, name="pack") as workers:
        listing = kinds.read(
            source,
            kind=source_kind,
            label_names=label_names,
            split=split,
            root=root,
            box_format=box_format,
            labels_file=labels_file,
            metadata_file=metadata_file,
            bounding_box_file=bounding_box_file,
        )
        lost = _lost(listing, module, drop=drop)
        items = listing.items
        numbers = plan.order(len(items), seed=seed)
        count = plan.shard_count(len(items), nbytes=_nbytes(items), shards=shards, shard_nbytes=shard_nbytes, kind=kind)
        paths = plan.shard_paths(dest, shard_count=count, suffix=suffix, kind=kind, dialect=module.NAME)
        if quality is not None:
            policies = replace(policies, quality=quality)
        copies = Copies(resize, seekable) if resize is not None or seekable else None
        wanted = {
            "verb": "pack",
            "source": str(listing.root.resolve()),
            "pictures": len(items),
            "label_names": listing.label_names,
            "kind": kind,
            "dialect": module.NAME,
            "seed": seed,
            "policies": asdict(policies),
            "copies": copies and asdict(copies),
            "compression": compression,
            "suffix": suffix,
            "pixels": digest.of_rows(items) if isinstance(items, Rows) else None,
        }
        with shard_set.opened(dest, kind=kind, wanted=wanted, paths=paths, overwrite=overwrite) as made:
            template = partial(
                Task,
                root=listing.root,
                kind=kind,
                dialect=module.NAME,
                policies=policies,
                copies=copies,
                compression=compression,
                index=suffix != "",
                label_names=listing.label_names,
            )
            parts = zip(paths, plan.split(numbers, shard_count=count), strict=True)
            tasks = (template(path=path, **_taken(items, part)) for path, part in parts)
            counted = counter.Counter(len(items), progress)
            packed = made.write(write_shard, tasks, engine=workers, counter=counted)
            report, schema = total(packed)
            report.ignored, report.remarks = list(listing.ignored), list(listing.remarks)
            report.lost = lost
            if report.written == 0:
                made.done.remove_shards()
                raise _none_written(report, listing.root)
            features = schema.to_json(records=report.written)
            made.describe(manifest.Split(module.NAME, features, listing.label_names, [one.shard for one in packed]))
    return report


def write_shard(task: Task, count: Count) -> Written:
    """Read, probe and write the pictures of one shard; it has its name only when it is whole.

    Raises:
        SourceError: The source has vanished.
        DecodeError, FormatError: A policy is "fail" and a picture is that way.
        OSError: It cannot be written.
    """
    made_from = task.digest
    report, layouts = Report(shards=[task.path]), Counter[Layout]()
    with Sink(
        task.path,
        kind=task.kind,
        dialect=dialects.get(task.dialect),
        compression=task.compression,
        index=task.index,
        label_names=task.label_names,
    ) as sink:
        if isinstance(task.items, Rows) and sink.takes_rows and task.copies is None:
            _write_rows(sink, task.items, count, report, layouts)
        else:
            _write_items(sink, task, count, report, layouts)
    report.nbytes = sink.nbytes
    shard = {"path": task.path.name, "records": report.written, "nbytes": report.nbytes}
    return Written(report, layouts, shard, made_from)


def _write_items(sink: Sink, task: Task, count: Count, report: Report, layouts: Counter[Layout]) -> None:
    ahead = remote_file.ahead if isinstance(task.root, RemotePath) else read_ahead.ahead
    for item in ahead(task.items):
        probed = probe(item, policies=task.policies, copies=task.copies)
        if probed.sample is None and not task.root.exists():
            raise SourceError(
                "the source has vanished, or is not on the machine that packs it; bring it back to go on",
                path=task.root,
            )
        features = _write(sink, probed, item, task.policies)
        if features is not None:
            layouts[layout_of(features)] += 1
        _count(report, probed)
        count()


def _write_rows(sink: Sink, rows: Rows, count: Count, report: Report, layouts: Counter[Layout]) -> None:
    """Write pictures of one array, thousands at once: there is nothing to look at in them."""
    step = max(1, CHUNK_NBYTES * len(rows) // max(1, rows.nbytes))
    for start in range(0, len(rows), step):
        chunk = rows[start : start + step]
        layouts[layout_of(sink.write_rows(chunk))] += len(chunk)
        report.read += len(chunk)
        report.written += len(chunk)
        count(len(chunk))


def _write(sink: Sink, probed: Probed, item: Item, policies: Policies) -> dict[str, Any] | None:
    """Write the picture; a dialect that does not hand the picture's own bytes on has changed it."""
    sample = probed.sample
    if sample is None:
        return None
    try:
        features: dict[str, Any] = sink.dialect.to_features(sample)
    except (DecodeError, EncodeError, LimitError) as exc:  # the dialect had to decode it
        probed.sample = None
        probed.findings.append(unreadable(item, exc, policies=policies))
        return None
    sink.write_features(features, key=sample.key)
    if not is_kept(sample, features):
        probed.is_changed = True
        detail = f"the {sink.dialect.NAME} dialect does not keep {sample.header.format.upper()} as it is"
        probed.findings.append(Finding(str(item.path), "re-encoded", "changed", detail))
    return features


def _lost(listing: Listing, dialect: ModuleType, *, drop: Collection[str]) -> list[str]:
    """Return what the pictures have and the dialect does not hold.

    Raises:
        UnsupportedError: There is such a thing, and `drop` does not name it.
    """
    lost = sorted(listing.parts - dialect.HOLDS)
    if not set(lost) <= set(drop):
        raise UnsupportedError(
            f"the {dialect.NAME} dialect does not hold {' and '.join(lost)}; choose another, or say"
            f" --drop {','.join(lost)}",
            path=listing.root,
        )
    return lost


def _taken(items: Sequence[Item], numbers: Sequence[int]) -> dict[str, Any]:
    """Take the pictures of one shard out of all."""
    taken = items.take(numbers) if isinstance(items, Rows | Files) else [items[number] for number in numbers]
    return {"items": taken, "of_numbers": digest.of_numbers(numbers) if isinstance(items, Rows) else None}


def _nbytes(items: Sequence[Item]) -> int:
    return items.nbytes if isinstance(items, Rows | Files) else sum(item.nbytes for item in items)


def _count(report: Report, probed: Probed) -> None:
    report.read += 1
    report.written += probed.sample is not None
    report.skipped += probed.sample is None
    report.changed += probed.sample is not None and probed.is_changed
    report.findings += probed.findings
    if probed.sample is not None and probed.copied is not None:
        report.copied.add(probed.copied)


def _none_written(report: Report, root: Path) -> SourceError:
    first = f"; the first: {report.findings[0].path}: {report.findings[0].detail}" if report.findings else ""
    return SourceError(f"none of its {report.read} pictures could be packed{first}", path=root)
