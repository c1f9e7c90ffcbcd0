"""Which files are read as one dataset: those whose records are alike, so that each is read by its own dialect.

a.tfrecord, b.tfrecord, mnist.lmdb ──> {a, b}: slim    {mnist}: datum
"""

from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from filmroll import dataset, manifest
from filmroll.dataset import Dataset
from filmroll.dialects import generic
from filmroll.errors import Error
from filmroll.records.kinds import Choice


class File(NamedTuple):
    """One file, among those that are read with it.

    Attributes:
        roll: All of these.
        shard: Its number among them.
    """

    roll: Dataset
    shard: int


def opened(paths: Sequence[Path], *, dialect: str | None, compression: Choice, until: ExitStack) -> list[File]:
    """Open files for whatever is left in them.

    Args:
        paths: The files.
        dialect: Of all of them; None finds out what each is like.
        compression: As for `open`.
        until: Closes them.

    Returns:
        Each file, in the order of the paths. Files that are read together are in one split of a manifest, or in none.
    """
    splits: dict[Path, dict[str, str]] = {}
    groups: dict[Hashable, list[Path]] = {}
    for path in paths:
        if path.parent not in splits:
            splits[path.parent] = _splits_beside(path)
        split = splits[path.parent].get(path.name)
        key: Hashable = None
        if split is not None:
            key = path.parent, split
        elif dialect is None and len(paths) > 1:
            key = _likeness(path, compression)
        groups.setdefault(key, []).append(path)
    found: dict[Path, File] = {}
    for group in groups.values():
        roll = dataset.open(group, dialect=dialect, compression=compression, on_error="salvage")
        until.enter_context(roll)
        found |= {path: File(roll, shard) for shard, path in enumerate(group)}
    return [found[path] for path in paths]


def _splits_beside(path: Path) -> dict[str, str]:
    try:
        return manifest.splits_beside(path)
    except Error:  # told as a fault of its own
        return {}


def _likeness(path: Path, compression: Choice) -> Hashable:
    """Return what files that no manifest lists have in common if they are alike; a damaged one is read alone."""
    try:
        with dataset.open([path], compression=compression) as roll:
            names = frozenset(roll.first_features()[0]) if roll.dialect == generic.NAME and len(roll) else None
            return roll.message_kind, roll.dialect, names
    except (Error, IndexError):
        return path
