"""Which files are read as one dataset: those whose records are alike, so that each is read by its own dialect.

a.tfrecord, b.tfrecord, mnist.lmdb ──> {a, b}: slim    {mnist}: datum
"""

from collections.abc import Hashable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from filmroll import dataset, manifest
from filmroll.dataset import Dataset
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
        Each file, in the order of the paths.
    """
    alone = dialect is not None or len(paths) == 1
    groups: dict[Hashable, list[Path]] = {}
    for path in paths:
        groups.setdefault(None if alone else _likeness(path, compression), []).append(path)
    found: dict[Path, File] = {}
    for group in groups.values():
        roll = dataset.open(group, dialect=dialect, compression=compression, on_error="salvage")
        until.enter_context(roll)
        found |= {path: File(roll, shard) for shard, path in enumerate(group)}
    return [found[path] for path in paths]


def _likeness(path: Path, compression: Choice) -> Hashable:
    """Return what files that are read together have in common; a damaged one is read alone."""
    try:
        split, entry = manifest.find_named(path)
        if entry is not None:
            return path.parent, split
        with dataset.open([path], compression=compression) as roll:
            names = frozenset(roll.first_features()[0]) if roll.dialect == "generic" and len(roll) else None
            return roll.message_kind, roll.dialect, names
    except (Error, IndexError):
        return path
