"""Files of a store as one sequence of records: many are asked for side by side, and none twice for the same."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

from filmroll.records.shards import Result, Shards, Thing
from filmroll.remote.path import RemotePath

AT_ONCE = 32  # files that are asked for at a time: each answer takes some ten milliseconds to come


class RemoteShards(Shards):
    """The records of some files, of which one at least is in a store.

    A store is asked when a file is read, and not once for each before. Where the size of a file is `known`, its index
    is not read before a record is.
    """

    is_remote = True
    MAX_OPEN = 4096  # none is open, but where their records are is kept: 16 bytes a record

    def _look(self) -> None:
        for path in self.paths:
            if not isinstance(path, RemotePath):
                path.stat()

    def _start_anew(self) -> None:
        super()._start_anew()
        self._opening: dict[int, Lock] = {}

    def _prepare(self, shard: int) -> None:
        """Open a file while other threads open others: each takes a few requests."""
        with self._guard():
            if shard in self._readers:
                return
            opening = self._opening.setdefault(shard, Lock())
        with opening:  # each shard once, whoever wants it first
            if shard in self._readers:
                return
            opened = self._open(shard)
            with self._guard():
                self._readers[shard] = opened
                self._opening.pop(shard, None)

    def _each(self, read: Callable[[Thing], Result], things: Iterable[Thing]) -> list[Result]:
        several = list(things)
        if len(several) < 2:
            return super()._each(read, several)
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="read") as pool:
            return list(pool.map(read, several))

    @cached_property
    def counts(self) -> list[int]:
        """Count the records of each file, by what is known of it where that is of the same size."""
        _ = self._known  # asked for once, before the threads do
        return super().counts

    def _count(self, shard: int) -> int:
        path = self.paths[shard]
        known = self._known.get(path.name) if isinstance(path, RemotePath) else None
        if known is not None and known[1] == path.stat().st_size:
            return known[0]
        return super()._count(shard)

    @cached_property
    def _known(self) -> Mapping[str, tuple[int, int]]:
        return {} if self._salvage else self.known()


def shards_of(paths: Sequence[Path], **options: Any) -> Shards:
    """Return the records of files, wherever they are; options as of `Shards`."""
    kind = RemoteShards if any(isinstance(path, RemotePath) for path in paths) else Shards
    return kind(paths, **options)
