"""Whether the files beside the records are right: the index, filmroll.json, and shards of an earlier pack."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from filmroll import manifest, stale
from filmroll.errors import Error, StaleWarning
from filmroll.records import index, storage
from filmroll.records.framing import Int64Array
from filmroll.verification.report import Fault

INDEX_HELP = "delete it, or let 'filmroll repair' write a copy with a new one"


def index_faults(path: Path, places: Int64Array | None) -> Iterator[Fault]:
    """Compare the index beside a record file, if there is one, with the records.

    Args:
        path: The record file.
        places: Offset and size of each record, int64 of shape (count, 2); None where the file is damaged itself, and
            the index is only read.
    """
    beside = index.path_of(path)
    try:
        found = index.read(beside)
    except FileNotFoundError:
        return
    except (Error, OSError) as exc:
        yield Fault(str(beside), None, None, exc.message if isinstance(exc, Error) else str(exc))
        return
    if places is None or np.array_equal(found, places):
        return
    both = min(len(found), len(places))
    differ = (found[:both] != places[:both]).any(axis=1)
    if not differ.any():
        yield Fault(str(beside), None, None, f"{len(found)} records, the file has {len(places)}; {INDEX_HELP}")
        return
    row = int(np.argmax(differ))
    (offset, size), (real_offset, real_size) = found[row].tolist(), places[row].tolist()
    yield Fault(
        str(beside),
        row,
        offset,
        f"{size} bytes at {offset}, where the record has {real_size} at {real_offset}; {INDEX_HELP}",
    )


def manifest_faults(counts: Mapping[Path, int | None]) -> Iterator[Fault]:
    """Compare filmroll.json beside record files, if there is one, with them.

    Args:
        counts: Each file with the number of its records; None where it is damaged, and said so already.
    """
    for place in sorted({manifest.path_of(path) for path in counts}):
        try:
            splits = manifest.read(place)
        except Error as exc:
            yield Fault(str(place), None, None, exc.message)
            continue
        for name, split in splits.items():
            yield from _split_faults(place, name, split, counts)


def stale_faults(paths: Iterable[Path]) -> Iterator[Fault]:
    """Yield the shards of an earlier pack among some; where nothing but their names tells them, there is a warning."""
    for one in stale.find(paths):
        if one.is_certain:
            yield from (Fault(str(path), None, None, f"{one.why}; {one.remedy}") for path in one.paths)
        else:
            warnings.warn(str(one), StaleWarning, stacklevel=3)


def _split_faults(place: Path, name: str, split: Any, counts: Mapping[Path, int | None]) -> Iterator[Fault]:
    shards = {place.with_name(one["path"]): (one["records"], one["nbytes"]) for one in split["shards"]}
    total = split["records"]
    if not counts.keys() & shards.keys():
        return
    if total != sum(records for records, _ in shards.values()):
        yield Fault(str(place), None, None, f"split {name!r}: {total} records, its shards add up to another number")
    for path, (records, nbytes) in shards.items():
        yield from _shard_faults(path, records, nbytes, counts, siblings=list(shards))


def _shard_faults(
    path: Path, records: int, nbytes: int, counts: Mapping[Path, int | None], *, siblings: Sequence[Path]
) -> Iterator[Fault]:
    if path not in counts:
        if all(one in counts for one in siblings if one.exists()):  # the whole set was looked at, but for this one
            yield Fault(str(path), None, None, f"not there; {manifest.NAME} lists it with {records} records")
        return
    found = counts[path]
    if found is not None and found != records:
        yield Fault(str(path), None, None, f"{found} records, {manifest.NAME} says {records}")
    elif found is not None and storage.nbytes_of(path) != nbytes:
        yield Fault(str(path), None, None, f"{storage.nbytes_of(path)} bytes, {manifest.NAME} says {nbytes}")
