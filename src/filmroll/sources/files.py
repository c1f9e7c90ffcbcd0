"""Many pictures in files of their own, listed without an object for each: `files[i]` is a File.

row    offset of the name, bytes, time of change, line, label, length of the name    44 bytes a picture
names  one behind another                                                            both on disk beyond some megabytes
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, overload

from filmroll.sources.item import File
from filmroll.spool import HELD_NBYTES, Spool

ROW = struct.Struct("<qqqqqi")  # offset, nbytes, changed_ns, line, label, length
NO_LABEL = -1
AT_ONCE = 1024  # rows that are read to iterate over them


class Files(Sequence[File]):
    """Pictures in files, in the order in which they are appended.

    Args:
        make: Makes a File: `make(name, label=..., line=..., nbytes=..., changed_ns=...)`; it can be pickled.
        held_nbytes: How many bytes of rows, and of names, stay in memory.

    Attributes:
        nbytes: Bytes of all files together, when they were listed.
        labels: How many files have each; under None, how many have none.
    """

    def __init__(self, make: Callable[..., File], *, held_nbytes: int = HELD_NBYTES) -> None:
        self._make = make
        self._rows, self._names = Spool(held_nbytes=held_nbytes), Spool(held_nbytes=held_nbytes)
        self._change: Callable[[File], File] | None = None
        self.nbytes = 0
        self.labels: Counter[int | None] = Counter()

    def append(self, name: str, *, label: int | None, nbytes: int, changed_ns: int, line: int = 0) -> None:
        """Append one file.

        Args:
            name: By which `make` knows it.
            label: Its class, from 0, or None.
            nbytes: Its size.
            changed_ns: When it was changed last.
            line: Of the list that names it.

        Raises:
            OSError: The disk for temporary files is full.
        """
        encoded = name.encode("utf-8", "surrogatepass")
        offset = self._names.append(encoded)
        number = NO_LABEL if label is None else label
        self._rows.append(ROW.pack(offset, nbytes, changed_ns, line, number, len(encoded)))
        self.nbytes += nbytes
        self.labels[label] += 1

    def __len__(self) -> int:
        return self._rows.nbytes // ROW.size

    @overload
    def __getitem__(self, index: int) -> File: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[File]: ...
    def __getitem__(self, index: int | slice) -> File | Sequence[File]:
        if isinstance(index, slice):
            return self.take(range(len(self))[index])
        offset, *known, length = self._known(range(len(self))[index])
        return self._file(self._names.read(offset, length), *known)

    def __iter__(self) -> Iterator[File]:
        for first in range(0, self._rows.nbytes, ROW.size * AT_ONCE):
            rows = list(ROW.iter_unpack(self._rows.read(first, ROW.size * AT_ONCE)))
            start, stop = rows[0][0], rows[-1][0] + rows[-1][-1]
            names = self._names.read(start, stop - start)
            for offset, *known, length in rows:
                name = offset - start
                yield self._file(names[name : name + length], *known)

    def _file(self, name: bytes, nbytes: int, changed_ns: int, line: int, label: int) -> File:
        file = self._make(
            name.decode("utf-8", "surrogatepass"),
            label=None if label == NO_LABEL else label,
            line=line,
            nbytes=nbytes,
            changed_ns=changed_ns,
        )
        return file if self._change is None else self._change(file)

    def _known(self, number: int) -> tuple[int, ...]:
        return ROW.unpack(self._rows.read(number * ROW.size, ROW.size))

    def take(self, numbers: Iterable[int]) -> Sequence[File]:
        """Return the files of these numbers, in this order, in memory; other processes can have them."""
        if not self.is_plain:
            return [self[number] for number in numbers]
        found = [self._known(number) for number in numbers]
        names = [self._names.read(row[0], row[-1]) for row in found]
        offsets = accumulate(map(len, names), initial=0)
        rows = [ROW.pack(offset, *row[1:]) for offset, row in zip(offsets, found, strict=False)]
        return _remade(self._make, b"".join(rows), b"".join(names))

    def changed(self, change: Callable[[File], File]) -> "Files":
        """Return the same files with something else known of each, which is found out when it is asked for."""
        made = Files(self._make)
        made._rows, made._names, made._change = self._rows, self._names, change
        made.nbytes, made.labels = self.nbytes, self.labels
        return made

    @property
    def is_plain(self) -> bool:
        """Whether nothing else is known of the files than what was appended."""
        return self._change is None

    def content(self) -> tuple[bytes, bytes]:
        """Return the rows and the names: all that was appended."""
        return self._rows.read(0, self._rows.nbytes), self._names.read(0, self._names.nbytes)

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self._make, *self.content())


def _remade(make: Callable[..., File], rows: bytes, names: bytes) -> Files:
    made = Files(make)
    made._rows, made._names = Spool(held=rows), Spool(held=names)
    return made
