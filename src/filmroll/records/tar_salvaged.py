"""Read what is left of a tar: as any other where it is whole, else the samples that are found again."""

import os
from collections.abc import Iterator
from typing import Any

from filmroll.errors import Error
from filmroll.records import inflated, tar, tar_salvage
from filmroll.records.salvage import Gap
from filmroll.records.tar import Mapped, Record
from filmroll.records.tar_members import Group
from filmroll.records.tar_salvage import Found


class Reader(tar.Reader):
    """Read the samples of a tar that may be damaged.

    A tar that is whole is read as by `tar.Reader`. Of another one the whole is gone through once, and those samples
    that are found again have the numbers, in their order: the same ones each time.

    Args:
        path: The file. What a gzipped one that is damaged still holds is put into a temporary file.
        verify: As in `tar.Reader`.

    Raises:
        As `tar.Reader`; of reading, LimitError alone, for a gzipped file that holds more than `inflated` puts on the
            disk.
    """

    def __init__(self, path: str | os.PathLike[str], *, verify: bool = True) -> None:
        super().__init__(path, verify=verify)
        self._found: Found | None = None
        self.stream_error: Error | None = None

    @property
    def gaps(self) -> list[Gap]:
        """What belongs to no sample that is read; nothing where the tar is whole."""
        self._located()
        losses = [] if self._found is None else self._found.losses
        return [Gap(loss.offset, loss.nbytes, loss.record, [], loss.error) for loss in losses]

    def __iter__(self) -> Iterator[Record]:
        """Iterate from the first sample over all that are left."""
        self._opened()
        return (self[number] for number in range(len(self)))

    def _salvage(self) -> None:
        """Go through the whole tar; `stream_error` is what is wrong with the compressed data then, if anything is."""
        file = self._opened()
        if not isinstance(file, Mapped):
            file.close()
            held, self.stream_error = inflated.inflate(self.path, "gzip")
            self._file = file = Mapped(held.view)
        if self._found is None:
            self._found = tar_salvage.find(file.view)
            self._places = self._found.groups

    def _record(self, file: Any, number: int) -> Record:
        self._located()
        return super()._record(self._opened(), number)  # it may have been decompressed since it was asked for

    def _located(self) -> list[Group]:
        self._opened()
        with self._lock:
            if self._places is None:
                try:
                    self._places = self._scan()
                except Error:
                    self._salvage()
            return self._places or []
