"""What all Readers share, and all Writers: a file that is in use until it is closed, once.

A Reader hands out records by number, from either end. What a Writer writes appears under its name whole, or not at all.
"""

import operator
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import Error

if TYPE_CHECKING:
    from filmroll.records.salvage import Gap

Record = TypeVar("Record")


class NumberedReader(ABC, Generic[Record]):
    """A reader whose records are found by their numbers.

    Attributes:
        path: The file.
        compression: Of the whole file: reading by number then goes through one position. None where there is none.
        stream_error: What is wrong with the compressed data, where the file is read in spite of it.
    """

    RECORD = "record"  # what errors call one
    path: Path
    compression: str | None = None
    stream_error: Error | None = None

    @property
    def gaps(self) -> "list[Gap]":
        """What belongs to no record, where a file is read in spite of it; none where that is an error."""
        return []

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __iter__(self) -> Iterator[Record]: ...

    @abstractmethod
    def close(self) -> None:
        """Let go of the file."""

    @abstractmethod
    def _opened(self) -> Any:
        """Return what the records are read from, or raise ValueError: the reader is closed."""

    @abstractmethod
    def _record(self, file: Any, number: int) -> Record:
        """Return the record of a number that there is."""

    def __getitem__(self, number: int) -> Record:
        """Return one record; -1 is the last.

        Raises:
            IndexError: There is no such record.
            TypeError: It is no whole number.
        """
        return self._record(self._opened(), self._checked(number))

    def read(self, numbers: Iterable[int]) -> list[Record]:
        """Return records by their numbers, in the order given; each is read once, in the order of the file.

        Raises:
            IndexError: There is no record of one of the numbers; nothing is read.
        """
        file = self._opened()
        wanted = [self._checked(number) for number in numbers]
        self.will_need(np.array(wanted, np.int64))
        records = {number: self._record(file, number) for number in sorted(set(wanted))}
        return [records[number] for number in wanted]

    def will_need(self, numbers: NDArray[np.int64]) -> None:
        """Say which records are read soon, shape (n,), each in range(len(reader)); some kinds fetch them meanwhile."""

    def key(self, number: int) -> bytes | None:
        """Return the key under which a record is kept; None where records have none, or name it themselves.

        Raises:
            IndexError: There is no such record.
        """
        self._checked(number)
        return None

    def _checked(self, number: int) -> int:
        count = len(self)
        wanted = whole(number, what=self.RECORD, path=self.path)
        if not -count <= wanted < count:
            raise IndexError(f"{self.path}: {self.RECORD} {wanted} is out of range, there are {count}")
        return wanted % count

    def __enter__(self) -> Self:
        self._opened()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def whole(number: Any, *, what: str, path: Path, otherwise: str = "") -> int:
    """Return a number as an int; a truth value is none.

    Args:
        number: An int, or what can stand for one, as numbers of NumPy can.
        what: What it is the number of.
        path: Where that is.
        otherwise: What else could have been given.

    Raises:
        TypeError: It is something else.
    """
    try:
        if not isinstance(number, bool):
            return operator.index(number)
    except TypeError:
        pass
    raise TypeError(
        f"{path}: {number!r:.40} ({type(number).__name__}) is no number of a {what}: give a whole one{otherwise}"
    ) from None


class WholeWriter(ABC):
    """A writer of something that appears when it is closed, and not at all where anything went wrong before.

    Attributes:
        path: Where it appears.
    """

    path: Path
    _guard: ExitStack  # what makes it appear, or removes what was written
    _closed = True  # until it is opened

    @abstractmethod
    def close(self) -> None:
        """Finish, and give it its name."""

    def _discard(self, reason: BaseException) -> None:
        self._closed = True
        with suppress(OSError):  # the disk may be full still
            self._guard.__exit__(type(reason), reason, reason.__traceback__)

    def _require_open(self) -> None:
        if self._closed:
            raise ValueError(f"{self.path}: the writer is closed")

    def __enter__(self) -> Self:
        self._require_open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exc is None:
            self.close()
        elif not self._closed:
            self._discard(exc)
