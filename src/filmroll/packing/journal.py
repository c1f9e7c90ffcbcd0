"""Which shards of a run are finished, on disk beside them, so that the same command goes on where it was interrupted.

    .flowers.journal    {"plan": {"verb": "pack", "seed": 0, ..., "shards": ["flowers-00000-of-00002.tfrecord", ...]}}
                        {"files": {"flowers-00001-of-00002.tfrecord": 61728, ...}, "shard": ..., "report": ...}

A line a shard, on disk with one that comes a second later; the file goes when all is done. While a run is under
way it is locked. A line that is cut short, or was lost with the power, costs that its shard is written again. A plan
that follows others replaces them; their shards are to go.
"""

import errno
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import filmroll
from filmroll import atomic
from filmroll.packing import log
from filmroll.packing.report import Written
from filmroll.packing.room import remove
from filmroll.records import storage
from filmroll.records.index import path_of as index_path_of

SHOWN_CHARACTERS = 60  # of an option's values, in an error
SEEN_S = 60.0  # for which network file systems may say that there is no file, after another machine made it


class Journal:
    """What is known of an earlier run that was interrupted, and of this one.

    Args:
        path: The file, whose folder must exist; or the folder in a store.
        plan: All that the shards follow from, as JSON values, besides what each is made from.
        shards: Their paths, in the folder of the file.
        overwrite: Let the shards of an interrupted run with another plan be replaced.

    Attributes:
        finished: Shards by their name that stand, whole.
        resumed: Whether an earlier run of the same plan was interrupted.
        others: Names of shards that interrupted runs of other plans may have left.

    Raises:
        FileExistsError: A run of another plan was interrupted, and `overwrite` is False; or one is under way.
        OSError: The file cannot be written.
    """

    def __init__(self, path: Path, *, plan: Mapping[str, Any], shards: Sequence[Path], overwrite: bool) -> None:
        self._path, self._shards = path, {shard.name: shard for shard in shards}
        self.finished: dict[str, Written] = {}
        self.resumed, self.others = False, set[str]()
        self._is_first, self._names = True, set[str]()
        self._plan = json.loads(json.dumps({"filmroll": filmroll.__version__, **plan, "shards": list(self._shards)}))
        self._log = log.opened(path)
        try:
            self._read(overwrite=overwrite)
        except BaseException:
            self._log.close(keep=self._is_needed)
            raise

    def _read(self, *, overwrite: bool) -> None:
        earlier: dict[str, Any] | None = None
        for document in self._log.read():
            if "plan" in document:
                self.others.update(document["plan"]["shards"])
                earlier, self.finished = document["plan"], {}
            else:
                self._count(document)
        self.others -= set(self._shards)
        self._is_first, self.resumed = earlier is None, earlier == self._plan
        if earlier is not None and not self.resumed:
            self.finished = {}
            if not overwrite:
                raise FileExistsError(
                    errno.EEXIST,
                    f"an interrupted run is to be finished here, and {_difference(earlier, self._plan)}; give its"
                    " command again, or say --overwrite",
                    str(next(iter(self._shards.values()))),
                )

    def _count(self, document: Mapping[str, Any]) -> None:
        """Count a shard as finished if its files are there, of the sizes that they had."""
        with suppress(KeyError, TypeError, ValueError):  # the line is none of ours
            shard = self._shards[document["shard"]["path"]]
            if document["files"] == _sizes(shard, document["files"]):
                self.finished[shard.name] = Written.from_json(document, path=shard)

    def begin(self, stale: Iterable[Path]) -> None:
        """Write the plan, unless it is that of the run that is resumed, and remove what was half-written or -removed.

        Args:
            stale: Shards of other runs that go when all is done.

        Raises:
            OSError: The disk is full, ...
        """
        names = {*self._shards, *self.others, *(path.name for path in stale)}
        self._names = names | {index_path_of(name).name for name in names}
        self.clear()
        if not self.resumed:
            self._log.append({"plan": self._plan})

    def clear(self) -> None:
        """Remove what was half-written by threads and processes that are no more.

        Raises:
            OSError: The folder is absent, or something cannot be removed.
        """
        atomic.remove_leftovers(self._path.parent, self._names)

    def add(self, written: Written) -> None:
        """Note that a shard stands.

        Raises:
            FileNotFoundError: It was written on another machine, and is not here.
            OSError: The disk is full, ...; the shard is removed, so that none stands that is not noted.
        """
        name = written.shard["path"]
        if self.finished.get(name) is written:
            return
        shard = self._shards[name]
        _require_seen(shard)
        try:
            self._log.append({"files": _sizes(shard, (name, index_path_of(name).name)), **written.to_json()})
        except OSError:
            remove([shard])
            raise
        self.finished[name] = written

    def remove_shards(self) -> None:
        """Remove the shards that are finished: the run has come to nothing, and is not to be resumed."""
        remove(self._shards[name] for name in self.finished)
        self.finished = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc is not None and self.finished:
            exc.add_note(f"{len(self.finished)} of {len(self._shards)} shards are finished; the same command goes on")
        self._log.close(keep=exc is not None and self._is_needed)

    @property
    def _is_needed(self) -> bool:
        """Whether shards stand, or may stand, of a run that is not done."""
        return bool(self.finished) or not self._is_first


def path_of(dest: Path, *, name: str) -> Path:
    """Return the path of the journal of shards that the manifest keeps under this name."""
    return dest.with_name(f".{name}.journal")


def _require_seen(shard: Path) -> None:
    """Wait until this machine sees a shard that another one may have written.

    Raises:
        FileNotFoundError: It does not.
    """
    until = time.monotonic() + SEEN_S
    while not shard.exists():
        if time.monotonic() > until:
            raise FileNotFoundError(
                errno.ENOENT,
                "it was written, and is not here; the machines of a cluster must share the storage of the destination",
                str(shard),
            )
        time.sleep(SEEN_S / 100)


def _sizes(shard: Path, names: Iterable[str]) -> dict[str, int]:
    """Return the sizes of those of a shard's files that are there."""
    sizes = {}
    for name in names:
        path = shard.with_name(name)
        with suppress(FileNotFoundError):
            sizes[name] = storage.nbytes_of(path)
    return sizes


def _difference(earlier: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    """Say in what two plans differ."""
    name = next(name for name in (*plan, *earlier) if earlier.get(name) != plan.get(name))
    then, now = earlier.get(name), plan.get(name)
    values = f"{json.dumps(then)} and not {json.dumps(now)}"
    if len(values) <= SHOWN_CHARACTERS:
        return f"its {name} is {values}"
    if isinstance(then, list) and isinstance(now, list) and len(then) != len(now):
        return f"it has {len(then)} {name}, this one {len(now)}"
    return f"its {name} is another"
