"""LMDB environments: read their records by key order, by number, or as spans; the layout is drawn in lmdb_pages.py."""

import mmap
import os
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np

from filmroll.errors import Error, ParseError
from filmroll.records import cache, lmdb_pages, storage
from filmroll.records.lifetime import NumberedReader
from filmroll.records.lmdb_pages import Int64Array, Nodes, Tree, recognise
from filmroll.records.lmdb_writer import Writer
from filmroll.records.tfrecord import Spans
from filmroll.remote.path import path_of

__all__ = ["Reader", "Writer", "is_environment", "recognise"]

DATA = "data.mdb"
FIRST_PAGES, MOST_PAGES = 8, 1024  # leaf pages looked at together: few at first, so that the first record comes at once
RANDOM: int | None = getattr(mmap, "MADV_RANDOM", None)  # absent on Windows


def is_environment(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a folder with an LMDB file in it, or such a file; of any machine's byte order."""
    try:
        return recognise(cache.head(storage.data_file_of(path_of(path)), lmdb_pages.RECOGNISED_NBYTES))
    except OSError:
        return False


class Reader(NumberedReader[memoryview]):
    """Read the values of an LMDB environment, one record each, in the order of their keys.

    The file is mapped into memory and only ever read: no lock is taken, no file made beside it, and a read-only folder
    will do. Records are read-only views of the map, not copied; they stay valid after `close`. Any number of readers
    may have the same file, in any threads and processes. What a transaction adds later is seen by a new reader only;
    do not write into an environment that is being read, for LMDB uses old pages again.

    LMDB keeps no checksums. Every page number, offset and length is checked before it is used.

    Args:
        path: The folder of the environment, or its file (`data.mdb`).
        verify: Taken for the likeness of other readers: there is nothing to leave out.
        readahead: Let the system read what follows, too. False is better for numbers at random in a file that is
            larger than the memory.

    Attributes:
        path: As given.

    Raises:
        FileNotFoundError: There is no such file, or no `data.mdb` in the folder.
        ParseError, TruncatedError: It is no LMDB file, or its first pages are damaged.
        UnsupportedError: It is of a big-endian or 32-bit machine, of another version of LMDB, or has several values
            for a key.

    Reading raises, with path, number and offset as far as they are known:
        ParseError, TruncatedError: A page is damaged, or behind the end of the file.
        UnsupportedError: The environment holds named databases.
        ValueError: The reader is closed.
    """

    def __init__(self, path: str | os.PathLike[str], *, verify: bool = True, readahead: bool = True) -> None:
        self.path = path_of(path)
        mapped = _map(storage.data_file_of(self.path), readahead=readahead)
        try:
            meta = lmdb_pages.parse_meta(memoryview(mapped))
        except Error as exc:
            raise exc.at(path=self.path) from None
        self._view = memoryview(mapped)
        self._array = np.frombuffer(mapped, np.uint8)
        self._tree: Tree | None = Tree(self._array, meta)
        self._table: tuple[Nodes, Error | None] | None = None

    def __len__(self) -> int:
        """Count the records."""
        return self._opened().meta.entries

    def __iter__(self) -> Iterator[memoryview]:
        """Iterate in the order of the keys; iterators disturb neither each other nor random access."""
        return self._in_order(self._opened())

    def _in_order(self, tree: Tree) -> Iterator[memoryview]:
        number, view = 0, self._view
        for nodes in self._chunks(tree):
            starts, lengths = nodes.values.tolist(), nodes.lengths.tolist()
            for start, length, elsewhere in zip(starts, lengths, nodes.elsewhere.tolist(), strict=True):
                if elsewhere:
                    self._check(tree, number, start, length)
                yield view[start : start + length]
                number += 1
        self._check_count(tree, number)

    def _chunks(self, tree: Tree) -> Iterator[Nodes]:
        """Yield the nodes of some leaf pages at a time."""
        try:
            leaves = tree.leaves()
            first, count = 0, FIRST_PAGES
            while first < len(leaves):
                yield tree.nodes(leaves[first : first + count])
                first, count = first + count, min(2 * count, MOST_PAGES)
        except Error as exc:
            raise exc.at(path=self.path) from None

    def _check(self, tree: Tree, number: int, start: int, length: int) -> None:
        try:
            tree.check_overflow(start, length)
        except Error as exc:
            raise exc.at(path=self.path, record=number) from None

    def _check_count(self, tree: Tree, found: int) -> None:
        if found != tree.meta.entries:
            announced = tree.meta.entries
            raise ParseError(f"{announced} records are announced, there are {found}", path=self.path)

    def key(self, number: int) -> bytes:
        """Return the key of a record; -1 is the last's.

        Raises:
            IndexError: There is no such record.
            ParseError: The environment holds another number of records than it says.
        """
        wanted = self._checked(number)
        nodes = self._nodes(wanted)
        start = int(nodes.keys[wanted])
        return bytes(self._view[start : start + int(nodes.key_lengths[wanted])])

    def spans(self, numbers: Int64Array) -> Spans:
        """Say where some records are, for parsing many at once.

        Args:
            numbers: Numbers of the records, shape (n,), each in range(len(reader)), in any order.

        Raises:
            ParseError: The environment holds another number of records than it says.
        """
        tree, nodes = self._opened(), self._nodes(int(numbers.max(initial=0)))
        starts, lengths = nodes.values[numbers], nodes.lengths[numbers]
        for row in np.flatnonzero(nodes.elsewhere[numbers]).tolist():
            self._check(tree, int(numbers[row]), int(starts[row]), int(lengths[row]))
        return Spans(self._array, starts, lengths)

    def _record(self, file: Tree, number: int) -> memoryview:
        nodes = self._nodes(number)
        start, length = int(nodes.values[number]), int(nodes.lengths[number])
        if nodes.elsewhere[number]:
            self._check(file, number, start, length)
        return self._view[start : start + length]

    def _nodes(self, last: int) -> Nodes:
        """Return where all records are, or those before the first damaged page, if a number is one of them."""
        tree = self._opened()
        if self._table is None:
            self._table = self._listed(tree)
        nodes, error = self._table
        if error is not None and not last < len(nodes.keys) < tree.meta.entries:
            raise copy(error)  # whoever catches it adds the record
        return nodes

    def _listed(self, tree: Tree) -> tuple[Nodes, Error | None]:
        """Look at all pages but those of large values, up to one that is damaged: nobody knows what it held."""
        none = np.zeros(0, np.int64)
        chunks = [Nodes(none, none, none, none, none.astype(np.bool_))]
        error: Error | None = None
        try:
            for nodes in self._chunks(tree):
                chunks.append(nodes)
            self._check_count(tree, sum(len(nodes.keys) for nodes in chunks))
        except Error as exc:
            error = exc
        parts: Any = zip(*chunks, strict=True)
        return Nodes(*map(np.concatenate, parts)), error

    def _opened(self) -> Tree:
        if self._tree is None:
            raise ValueError(f"{self.path}: the reader is closed")
        return self._tree

    def close(self) -> None:
        """Let go of the file; records handed out stay valid. A second time does nothing."""
        # An mmap with views of it refuses to be closed, and is closed with the last of them anyway.
        self._tree = self._table = None
        self._view, self._array = memoryview(b""), np.zeros(0, np.uint8)


def _map(path: Path, *, readahead: bool) -> Any:
    with cache.opened(path) as file:
        if not os.fstat(file.fileno()).st_size:
            return b""  # mmap refuses empty files
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if not readahead and RANDOM is not None:
        mapped.madvise(RANDOM)
    return mapped
