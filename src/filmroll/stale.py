"""Shards of an earlier pack among those that are read: a pattern, or a folder, takes them along.

train-00000-of-00004 ... train-00003-of-00004     one pack
train-00000-of-00008                              left from another: its count tells; filmroll.json, which one is old
flowers-000004.tar                                filmroll.json alone tells, where it lists the others of this name
"""

import os
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from filmroll import manifest
from filmroll.errors import Error, StaleWarning
from filmroll.records import storage
from filmroll.remote.path import path_of

SHOWN = 3
_NUMBERED = re.compile(r"(?P<stem>.+?)-(?:\d{5,}-of-(?P<count>\d{5,})|\d{5,})(?P<suffix>(?:\.[\w.]+)?)", re.DOTALL)
_Packs = Mapping[str, Sequence[Path]]


@dataclass(frozen=True, slots=True)
class Stale:
    """Files of an earlier pack.

    Attributes:
        paths: The files that are old, or may be.
        why: What tells.
        remedy: What to do.
        is_certain: Whether `filmroll.json` says so; else the names do, and which are old is a guess.
    """

    paths: Sequence[Path]
    why: str
    remedy: str
    is_certain: bool

    def __str__(self) -> str:
        names = ", ".join(path.name for path in self.paths[1:SHOWN])
        more = f" and {len(self.paths) - SHOWN} more" if len(self.paths) > SHOWN else ""
        others = f" (so {'is' if len(self.paths) == 2 else 'are'} {names}{more})" if names else ""
        return f"{self.paths[0]}: {self.why}{others}, and is read all the same; {self.remedy}"


def expand(paths: storage.Paths) -> list[Path]:
    """List the shards that are meant, as `storage.expand` does, and warn of old ones that a pattern takes along.

    A folder is such a pattern; files that were named themselves are what was wanted. Who calls the caller is told.

    Raises:
        As `storage.expand`.
    """
    several = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found = storage.expand(several)
    named = set(map(path_of, several))
    warn([path for path in found if path not in named], stacklevel=4)
    return found


def warn(paths: Iterable[Path], *, stacklevel: int = 3) -> None:
    """Warn of files of an earlier pack among some, once for each set of shards.

    Args:
        paths: What is read.
        stacklevel: Who is told, as of `warnings.warn`: 2 is who calls this function.
    """
    for one in find(paths):
        warnings.warn(str(one), StaleWarning, stacklevel=stacklevel)


def find(paths: Iterable[Path]) -> Iterator[Stale]:
    """Yield files of an earlier pack, a set of shards at a time.

    Shards whose names agree are not looked at further; for others, `filmroll.json` beside them is read.
    """
    sets: dict[tuple[Path, str, str], dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in paths:
        if named := _NUMBERED.fullmatch(path.name):
            sets[path.parent, named["stem"], named["suffix"]][named["count"] or ""].append(path)
    listed = cache(_listed)
    for at, packs in sets.items():
        if len(packs) > 1 or "" in packs:
            yield from _of_set(packs, listed(at[0]), at=at)


def _of_set(packs: _Packs, listed: frozenset[str], *, at: tuple[Path, str, str]) -> Iterator[Stale]:
    several = [path for pack in packs.values() for path in pack]
    old = [path for path in several if path.name not in listed]
    if len(old) < len(several):
        if old:
            why = f"{manifest.NAME} does not list it, though others of its name: it is of an earlier pack"
            counts = [count for count, pack in packs.items() if count and not set(old).intersection(pack)]
            instead = f", or name those to read: {_pattern(at, counts[0])}" if len(counts) == 1 else ""
            yield Stale(old, why, f"delete it{instead}", True)
        return
    counts = [count for count in packs if count]
    if len(counts) < 2:
        return
    whole = [count for count in counts if len(packs[count]) == int(count)]
    kept = whole[0] if len(whole) == 1 else max(counts, key=lambda count: (len(packs[count]), count))
    old = [path for count in counts if count != kept for path in packs[count]]
    why = f"it is of another pack than the {len(packs[kept])} that are -of-{kept}"
    yield Stale(old, why, f"delete those that are old, or name those to read: {_pattern(at, kept)}", False)


def _pattern(at: tuple[Path, str, str], count: str) -> Path:
    folder, stem, suffix = at
    return folder / f"{stem}@{int(count)}{suffix}"


def _listed(folder: Path) -> frozenset[str]:
    with suppress(Error, OSError):  # which is said where it is read for itself
        splits = manifest.read(folder / manifest.NAME).values()
        return frozenset(str(shard["path"]) for split in splits for shard in split["shards"])
    return frozenset()
