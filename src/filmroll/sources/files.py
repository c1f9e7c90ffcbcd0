"""Many pictures in files of their own, listed without an object for each: `files[i]` is a File.

row    offset of the name, bytes, time of change, line, label, length of the name    44 bytes a picture
names  one behind another                                                            both on disk beyond some megabytes
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import overload

from filmroll.sources.item import File
from filmroll.sources.spool import HELD_NBYTES, Spool

ROW = struct.Struct("<qqqqqi")  # offset, nbytes, changed_ns, line, label, length
NO_LABEL = -1


class Files(Sequence[File]):
    """Pictures in files, in the order in which they are appended.

    Args:
        make: Makes a File: `make(name, label=..., line=..., nbytes=..., changed_ns=...)`.
        held_nbytes: How many bytes of rows, and of names, stay in memory.

    Attributes:
        nbytes: Bytes of all files together, when they were listed.
        labels: Those that there are; None among them where a file has none.
    """

    def __init__(self, make: Callable[..., File], *, held_nbytes: int = HELD_NBYTES) -> None:
        self._make = make
        self._rows, self._names = Spool(held_nbytes=held_nbytes), Spool(held_nbytes=held_nbytes)
        self.nbytes = 0
        self.labels: set[int | None] = set()

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
        self.labels.add(label)

    def __len__(self) -> int:
        return self._rows.nbytes // ROW.size

    @overload
    def __getitem__(self, index: int) -> File: ...
    @overload
    def __getitem__(self, index: slice) -> list[File]: ...
    def __getitem__(self, index: int | slice) -> File | list[File]:
        if isinstance(index, slice):
            return self.take(range(len(self))[index])
        number = range(len(self))[index]
        row = self._rows.read(number * ROW.size, ROW.size)
        offset, nbytes, changed_ns, line, label, length = ROW.unpack(row)
        return self._make(
            self._names.read(offset, length).decode("utf-8", "surrogatepass"),
            label=None if label == NO_LABEL else label,
            line=line,
            nbytes=nbytes,
            changed_ns=changed_ns,
        )

    def take(self, numbers: Iterable[int]) -> list[File]:
        """Return the files of these numbers, in this order."""
        return [self[number] for number in numbers]

    def changed(self, change: Callable[[File], File]) -> "Files":
        """Return the same files with something else known of each, which is found out when it is asked for."""
        made = Files(lambda name, **stated: change(self._make(name, **stated)))
        made._rows, made._names = self._rows, self._names
        made.nbytes, made.labels = self.nbytes, self.labels
        return made
