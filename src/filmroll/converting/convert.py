"""Records of any kind into records of any other, without encoding a picture again that need not be.

records ── Sample ── the other dialect ── records        Where kind of message and dialect stay the same,
records ───────────── byte for byte ───── records        the records are copied as they are.
"""

import errno
import os
from collections.abc import Collection, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import ModuleType

from filmroll import dataset, dialects, manifest
from filmroll.converting import check as checking
from filmroll.converting.shard import Task, digest_of, write_shard
from filmroll.dataset import Dataset
from filmroll.errors import Error, SourceError, UnsupportedError
from filmroll.leniency import OnError
from filmroll.packing import loss, plan, shard_set
from filmroll.packing.copies import Copies, Resize
from filmroll.packing.engines import choice, counter
from filmroll.packing.engines.counter import Progress
from filmroll.packing.report import Finding, Report, Written, total
from filmroll.packing.sink import MESSAGES, USUAL_DIALECT
from filmroll.records import storage
from filmroll.records.compression import Compression
from filmroll.records.kinds import Choice, Kind
from filmroll.records.salvage import Gap
from filmroll.schema import Schema, schema_of

OPAQUE: tuple[Kind, ...] = ("tfrecord", "array_record")  # keep any bytes


def convert(
    source: storage.Paths,
    dest: str | os.PathLike[str],
    *,
    to: Kind | None = None,
    dialect: str | None = None,
    source_dialect: str | None = None,
    drop: Collection[str] = (),
    check: bool = False,
    label_names: Sequence[str] | None = None,
    resize: Resize | None = None,
    seekable: bool = False,
    quality: int = 95,
    shards: int | None = None,
    shard_nbytes: int | None = None,
    compression: Compression | None = None,
    source_compression: Choice = "auto",
    threads: int | None = None,
    engine: choice.Choice = "threads",
    address: str | None = None,
    overwrite: bool = False,
    on_error: OnError = "raise",
    progress: Progress | None = None,
) -> Report:
    """Convert records into another kind of file or another dialect, in their order.

    Args:
        source: Record files of any kind: a file, a pattern, a folder, or several of these.
        dest: Where the shards go, as in `pack`.
        to: Kind of file: "tfrecord", "array_record", "lmdb", "tar" or "parquet"; None goes by the suffix of `dest`.
        dialect: How the features are to be named; None keeps the records as they are where the kind takes them and
            all files name them alike, else it is the usual one of the kind.
        source_dialect: How they are named in the source; None finds out.
        drop: What may be left out: "label", "text", "boxes", "box_masks", "mask", "features", or the names of single
            features. Anything else that the dialect does not hold is an error.
        check: Read the result again, and compare a digest of every picture and every feature with the source.
        label_names: Names of the classes by label; None takes those of the source.
        resize: Make larger pictures smaller, once, as JPEG, as in `pack`: training copies.
        seekable: Let pictures be JPEG of which small crops are decoded alone, as in `pack`.
        quality: 1 to 100, of the JPEG that `resize` and `seekable` encode.
        shards: Number of shards; None goes by size, LMDB has one.
        shard_nbytes: Size of a shard to aim at, in bytes; None is 128 MiB.
        compression: Of TFRecord files that are written: None, "gzip" or "zlib".
        source_compression: Of TFRecord files that are read; "auto" tells it by their first bytes.
        threads: Shards written at a time; None is the number of processors, or all that a cluster has. Of compressed
            files, which are read from front to back, one is.
        engine: Who writes them: "threads", "processes" or "ray"; or a `concurrent.futures.Executor`, which is handed
            absolute paths. The bytes are the same.
        address: Of the Ray cluster, which sees the same files; None is the one that runs here, else a new one.
        overwrite: Replace shards that are already there.
        on_error: "raise" at a damaged record; or leave it out, with one warning, and list it in the report: "skip" a
            record whose data or message is damaged, whose picture had to be decoded and could not be, or that has a
            box outside its picture; "salvage" also finds the records behind damage that leads to none.
        progress: Called with the records done and their number, from any thread of this process.

    Returns:
        What was read, written and changed: pictures count as changed that are not kept as they were.

    Raises:
        FileNotFoundError, SourceError: There are no such records, or none at all.
        UnsupportedError: The dialect does not hold what a record has, and `drop` does not name it; or there is no
            such kind or dialect; or copies that are smaller or seekable are asked for, and a record holds an array or
            a mask, or `check` is.
        FormatError: A record is damaged, or has a box outside its picture or a label outside the names; says which.
        FileExistsError: A shard is there already, and `overwrite` is False.
        MissingDependencyError: A kind or the engine needs an extra that is not installed.
        ConnectionError: There is no Ray cluster at the address.
        ChildProcessError: Workers were lost again and again with the same shard.
        OSError: Writing failed; the shards that were finished stay, nothing half-written does. After any other
            error none stays.

    However it ends before its end, the same call goes on where it stopped: shards that are finished are not written
    again, unless their source has changed since, and all bytes are those of a run that was never interrupted.
    """
    dest, kind = plan.destination(dest, to=to, compression=compression)
    copies = Copies(resize, seekable) if resize is not None or seekable else None
    if check and copies is not None:
        raise UnsupportedError("pictures that are encoded again differ from the source: leave out check")
    with (
        dataset.open(source, dialect=source_dialect, compression=source_compression, on_error=on_error) as roll,
        choice.opened(engine, workers=_workers(roll, threads), address=address, name="convert") as workers,
    ):
        if len(roll) == 0:
            raise SourceError("there is no record to convert", path=roll.paths[0])
        module = _target(roll, kind, dialect, copied=not drop and copies is None)
        loss.require_known(drop, features=(sample.features for sample in roll))
        names = roll.label_names if label_names is None else list(label_names)
        files = [(file, file.stat().st_size) for file in map(storage.data_file_of, roll.paths)]
        paths = _paths(
            roll,
            dest,
            kind=kind,
            module=module,
            nbytes=sum(size for _, size in files),
            shards=shards,
            shard_nbytes=shard_nbytes,
        )
        _require_apart(roll, paths)
        wanted = {
            "verb": "convert",
            "source": [str(path.resolve()) for path in roll.paths],
            "records": len(roll),
            "label_names": names,
            "kind": kind,
            "dialect": None if module is None else module.NAME,
            "source_dialect": roll.dialect if roll.message_kind else None,
            "drop": sorted(drop),
            "copies": copies and {**asdict(copies), "quality": quality},
            "compression": compression,
            "on_error": on_error,
        }
        template = partial(
            Task,
            roll=roll,
            source_files=files,
            kind=kind,
            dialect=None if module is None else module.NAME,
            drop=frozenset(drop),
            copies=copies,
            quality=quality,
            label_names=names,
            compression=compression,
        )
        with shard_set.opened(dest, kind=kind, wanted=wanted, paths=paths, overwrite=overwrite) as made:
            parts = zip(paths, plan.split(range(len(roll)), shard_count=len(paths)), strict=True)
            tasks = (template(path=path, numbers=part, digest=digest_of(roll, part)) for path, part in parts)
            try:
                written = made.write(
                    write_shard,
                    tasks,
                    engine=workers,
                    counter=counter.Counter(len(roll), progress),
                    stands=lambda earlier: not earlier.report.skipped,  # else it is to be said again what was
                    finished=lambda one: _leave_out(roll, one),
                )
                report, schema = total(written)
                report.remarks += [] if label_names is not None else _on_names(roll)
                report.findings += [_gap_found(path, gap) for path, gap in roll.gaps]
                if check:
                    checking.check(roll, paths, dialect=None if module is None else module.NAME, drop=drop, names=names)
                made.describe(_split(roll, written, module=module, names=names, schema=schema))
            except Error:
                made.done.remove_shards()  # and nothing else: what stands there of an earlier run is whole
                raise
    return report


def _leave_out(roll: Dataset, written: Written) -> None:
    """Say what was left out of a shard, wherever it was written."""
    for number, error in written.left_out:
        roll.leave_out(roll.shards.locate(number), error)


def _on_names(roll: Dataset) -> list[str]:
    """Say where labels with names and labels without are put together."""
    names = {path: roll.label_names_of(shard) for shard, path in enumerate(roll.paths)}
    if not any(names.values()) or all(names.values()):
        return []
    named, bare = (next(path for path in names if bool(names[path]) is has_names) for has_names in (True, False))
    return [
        f"classes have names in {named}, and none in {bare}: their labels are put together as numbers; where these mean"
        " different things, convert the files one by one"
    ]


def _gap_found(path: Path, gap: Gap) -> Finding:
    return Finding(f"{path}: at offset {gap.offset}", "damaged", "skipped", f"{gap.nbytes} bytes: {gap.error.message}")


def _target(roll: Dataset, kind: Kind, dialect: str | None, *, copied: bool) -> ModuleType | None:
    """Choose the dialect to write; None where records can be copied as they are.

    Raises:
        UnsupportedError: The kind does not keep such messages, or the records are no messages.
    """
    message = roll.message_kind
    files = range(len(roll.paths))
    same_kind = all(roll.shards.kind(shard) == kind for shard in files)
    is_one = len({(roll.message_kind_of(shard), roll.match_of(shard).reading) for shard in files}) == 1
    if copied and is_one and dialect in (None, None if message is None else roll.dialect):
        fits = message in MESSAGES[kind] or (message in (None, "sequence_example") and kind in OPAQUE)
        if fits and (kind != "lmdb" or message == "datum" or dialect is not None or same_kind):
            return None
    if message is None:
        raise UnsupportedError(
            f"the records are no messages that are known: they are copied into {' or '.join(OPAQUE)} as they are,"
            f" {kind} needs pictures",
            path=roll.paths[0],
        )
    module: ModuleType = dialects.get(dialect or USUAL_DIALECT[kind])
    return module


def _paths(
    roll: Dataset,
    dest: Path,
    *,
    kind: Kind,
    module: ModuleType | None,
    nbytes: int,
    shards: int | None,
    shard_nbytes: int | None,
) -> list[Path]:
    count = plan.shard_count(len(roll), nbytes=nbytes, shards=shards, shard_nbytes=shard_nbytes, kind=kind)
    name = module.NAME if module is not None else roll.dialect if roll.message_kind else ""
    return plan.shard_paths(dest, shard_count=count, kind=kind, dialect=name)


def _require_apart(roll: Dataset, paths: Sequence[Path]) -> None:
    sources = {path.resolve() for path in roll.paths}
    same = next((path for path in paths if path.resolve() in sources), None)
    if same is not None:
        raise FileExistsError(errno.EEXIST, "this is the source itself; choose another name", str(same))


def _workers(roll: Dataset, threads: int | None) -> int | None:
    """Return how many shards to write at a time: of compressed files one, they are read from front to back."""
    packed = any(roll.shards.reader(shard).compression for shard in range(len(roll.paths)))
    return 1 if packed else threads


def _split(
    roll: Dataset, written: Sequence[Written], *, module: ModuleType | None, names: Sequence[str], schema: Schema
) -> manifest.Split | None:
    """Return the entry of `filmroll.json`; of copied records with what the first ones tell."""
    shards = [one.shard for one in written]
    if module is not None:
        return manifest.Split(module.NAME, schema.to_json(records=len(roll)), list(names), shards)
    if roll.message_kind is None:
        return None
    first = roll.first_features()
    return manifest.Split(roll.dialect, schema_of(first).to_json(records=len(first)), list(names), shards)
