"""Several record files as one sequence of records, by number, from any thread and in any process."""

import os
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, groupby
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import UnsupportedError
from filmroll.records import kinds, limits
from filmroll.records.kinds import Choice, Kind, Record
from filmroll.records.lifetime import NumberedReader, whole
from filmroll.records.tfrecord import Spans

if TYPE_CHECKING:
    from filmroll.records.salvage import Gap

Int64Array = NDArray[np.int64]
Result = TypeVar("Result")
Thing = TypeVar("Thing")


class Place(NamedTuple):
    """Where a record is: the number of its file, and its number in it."""

    shard: int
    number: int


class Shards:
    """The records of some files, in order.

    Files are opened when they are needed; of more than a process may have open, the ones used longest ago are let go
    of, so that any number is fine. A process that was forked opens its own. Pickled, only the paths travel. Of files
    in a store there are `remote_shards.RemoteShards`.

    Args:
        paths: The files.
        compression: Of TFRecord files.
        verify: Check the checksums of what is read.
        salvage: Read what is left of damaged files, of kinds that allow it.

    Attributes:
        paths: The files.
        known: Tells how many records and bytes files have, by name, to those who would ask a store for them.
        is_remote: Whether files are in a store, where it pays to ask for much at a time.
    """

    is_remote: ClassVar[bool] = False
    MAX_OPEN: ClassVar[int] = limits.open_files()

    def __init__(
        self, paths: Sequence[Path], *, compression: Choice = "auto", verify: bool = True, salvage: bool = False
    ) -> None:
        self.paths = list(paths)
        self._salvage = salvage
        self._gaps: dict[int, list[Gap]] = {}
        self._compression: Choice = compression
        self._verify = verify
        self._kinds: dict[int, Kind] = {}
        self.known: Callable[[], Mapping[str, tuple[int, int]]] = dict
        self._start_anew()
        self._look()

    def _look(self) -> None:
        """Raise what is wrong with a file that is not there."""
        for path in self.paths:
            path.stat()

    def __reduce__(self) -> tuple[Any, ...]:
        """Let another process have the shards: it opens the files anew, by their paths."""
        return _remade, (type(self), self.paths, self._compression, self._verify, self._salvage)

    def reopened(self, *, salvage: bool) -> Self:
        """Return the same files, to be read in the other way."""
        return type(self)(self.paths, compression=self._compression, verify=self._verify, salvage=salvage)

    def _start_anew(self) -> None:
        self._process = os.getpid()
        self._readers: OrderedDict[int, NumberedReader[Any]] = OrderedDict()
        self._lock = Lock()  # of the readers, and of reading compressed files, which have one position

    def _guard(self) -> Lock:
        """Return the lock; a forked process begins with its own, and with files of its own, whose positions move."""
        if self._process != os.getpid():
            self._start_anew()
        return self._lock

    def close(self) -> None:
        """Close all files; records that were read stay valid."""
        with self._guard():
            while self._readers:
                self._readers.popitem()[1].close()

    def reader(self, shard: int) -> NumberedReader[Any]:
        """Return the reader of one file."""
        self._prepare(shard)
        with self._guard():
            return self._reader(shard)

    def _prepare(self, shard: int) -> None:
        """Open a file before its reader is asked for, where that takes long; the lock is not held."""

    def _each(self, read: Callable[[Thing], Result], things: Iterable[Thing]) -> list[Result]:
        """Read something of several files."""
        return list(map(read, things))

    def _reader(self, shard: int) -> NumberedReader[Any]:
        if shard not in self._readers:
            self._readers[shard] = self._open(shard)
        self._readers.move_to_end(shard)
        found = self._readers[shard]
        if len(self._readers) > self.MAX_OPEN:
            self._let_go()
        return found

    def _open(self, shard: int) -> NumberedReader[Any]:
        return kinds.open_reader(
            self.paths[shard],
            kind=self.kind(shard),
            compression=self._compression,
            verify=self._verify,
            salvage=self._salvage,
        )

    def _let_go(self) -> None:
        """Drop the reader used longest ago; a plain one may be in use by another thread, and lives on there."""
        dropped = self._readers.popitem(last=False)[1]
        if dropped.compression is not None:  # those are in use under the lock only
            dropped.close()

    def kind(self, shard: int) -> Kind:
        """Return the kind of one file, which is looked at once."""
        if shard not in self._kinds:
            self._kinds[shard] = kinds.kind_of(self.paths[shard])
        return self._kinds[shard]

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(self.counts))

    @cached_property
    def _edges(self) -> Int64Array:
        return np.array([0, *self._ends], np.int64)

    @cached_property
    def counts(self) -> list[int]:
        """Count the records of each file."""
        return self._each(self._count, range(len(self.paths)))

    def _count(self, shard: int) -> int:
        return len(self.reader(shard))

    def __len__(self) -> int:
        return self._ends[-1]

    def locate(self, index: int) -> Place:
        """Return where the record of that number is; -1 is the last.

        Raises:
            IndexError: There is no such record.
            TypeError: It is no whole number.
        """
        index = whole(index, what="record", path=self.paths[0], otherwise=", or a slice such as [:10]")
        count = len(self)
        if not -count <= index < count:
            raise IndexError(f"record {index} of {count}")
        index += count if index < 0 else 0
        shard = bisect_right(self._ends, index)
        return Place(shard, index - (self._ends[shard - 1] if shard else 0))

    def locate_many(self, numbers: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Return where records are: the numbers of their files, and their numbers in them, shape (n,) each."""
        shards = np.searchsorted(self._edges[1:], numbers, side="right")
        return shards, numbers - self._edges[shards]

    def number(self, place: Place) -> int:
        """Return the number that a record has among all."""
        return place.number + (self._ends[place.shard - 1] if place.shard else 0)

    def gaps(self, shard: int) -> "list[Gap]":
        """Return what of one file belongs to no record, where files are salvaged; none elsewhere."""
        if self._salvage and shard not in self._gaps:
            self._gaps[shard] = self.reader(shard).gaps
        return self._gaps.get(shard, [])

    def key(self, place: Place) -> bytes | None:
        """Return the key under which a record is kept; None where records have none, or name it themselves."""
        return self.reader(place.shard).key(place.number) if self.kind(place.shard) == "lmdb" else None

    def record(self, place: Place) -> Record:
        """Return one record.

        Raises:
            ChecksumError, TruncatedError: It is damaged.
        """
        self._prepare(place.shard)
        with self._guard():
            reader = self._reader(place.shard)
            if reader.compression is not None:
                return reader[place.number]
        return reader[place.number]

    def spans(self, shard: int, numbers: Int64Array) -> Spans:
        """Return where the data of records of one file lies in its bytes, checked.

        Raises:
            UnsupportedError: Records of this kind of file have no bytes of their own in it.
            ChecksumError, TruncatedError: One of them is damaged.
        """
        reader = self.reader(shard)
        if not isinstance(reader, kinds.SpannedReader):
            raise UnsupportedError(f"{self.kind(shard)} records have no place in the file", path=self.paths[shard])
        return reader.spans(numbers)

    def will_need(self, numbers: Int64Array) -> None:
        """Say which records are read soon; those of files that are open are fetched meanwhile, if they can be."""
        shards, inside = self.locate_many(numbers)
        for shard in np.unique(shards).tolist():
            with self._guard():
                reader = self._readers.get(shard)
            if reader is not None:
                reader.will_need(inside[shards == shard])

    def records(self, places: Sequence[Place]) -> list[Record]:
        """Return several records, in the order given; each file is read in its own order.

        Raises:
            ChecksumError, TruncatedError: One of them is damaged.
        """
        groups = groupby(sorted(set(places)), key=lambda place: place.shard)
        parts = [(shard, [place.number for place in group]) for shard, group in groups]
        found = dict(pair for part in self._each(lambda part: self._read(*part), parts) for pair in part)
        return [found[place] for place in places]

    def _read(self, shard: int, numbers: list[int]) -> list[tuple[Place, Record]]:
        self._prepare(shard)
        with self._guard():
            reader = self._reader(shard)
            records = None if reader.compression is None else reader.read(numbers)
        if records is None:
            records = reader.read(numbers)
        return [(Place(shard, number), record) for number, record in zip(numbers, records, strict=True)]

    def walk(self, shard: int) -> Iterator[tuple[Place, Record]]:
        """Yield the records of one file from its first, with their places."""
        for number, record in enumerate(self.reader(shard)):
            yield Place(shard, number), record


def _remade(kind: type[Shards], paths: Sequence[Path], compression: Choice, verify: bool, salvage: bool) -> Shards:
    return kind(paths, compression=compression, verify=verify, salvage=salvage)
