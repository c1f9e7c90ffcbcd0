"""Read what is left of a TFRecord file: as any other file where it is whole, else the records that are found again."""

import os
from collections.abc import Iterator
from typing import Literal

import numpy as np

from filmroll.errors import Error
from filmroll.records import inflated, salvage, tfrecord
from filmroll.records.framing import FOOTER, HEADER, Int64Array
from filmroll.records.mapped import MappedFile
from filmroll.records.ranged import RangedFile
from filmroll.records.salvage import Found, Gap
from filmroll.records.streamed import StreamedFile
from filmroll.records.tfrecord import File


class Reader(tfrecord.Reader):
    """Read the records of a TFRecord file that may be damaged.

    As long as each header leads to the next nothing differs from `tfrecord.Reader`, and nothing costs more. Where one
    does not, the whole file is gone through once, and those records that are found again have the numbers, in their
    order: the same ones each time. A record whose data is damaged has its number too, and is an error when it is read.

    Args:
        path: The file.
        compression: As in `tfrecord.Reader`. What a damaged file still holds is put into a temporary file.
        verify: Check the data of each record that is read.

    Raises:
        As `tfrecord.Reader`; of reading, no more than ChecksumError for the data of a record, and LimitError for a
            damaged compressed file that holds more than `inflated` puts on the disk.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        compression: Literal["auto", "gzip", "zlib"] | None = "auto",
        verify: bool = True,
    ) -> None:
        super().__init__(path, compression=compression, index=False, verify=verify)
        self._found: Found | None = None
        self._headless: frozenset[int] = frozenset()
        self.stream_error: Error | None = None

    @property
    def gaps(self) -> list[Gap]:
        """What belongs to no record; nothing where each header leads to the next."""
        self._located()
        return [] if self._found is None else self._found.gaps

    def salvage(self) -> tuple[MappedFile, Found]:
        """Go through the whole file, check all data, and return the bytes and the records in them.

        `stream_error` is what is wrong with the compressed data then, if anything is.
        """
        file = self._opened()
        if isinstance(file, StreamedFile):
            file.close()
            file, self.stream_error = inflated.inflate(self.path, file.compression)
            self._file = file
        if isinstance(file, RangedFile):
            file = self._file = self._mapped()
        if self._found is None:
            self._found = salvage.find(file)
            self._headless = frozenset(np.flatnonzero(self._found.headless).tolist())
            self._places = np.stack((self._found.offsets, self._found.sizes), axis=1)
        return file, self._found

    def __iter__(self) -> Iterator[memoryview]:
        """Iterate from the first record, up to one whose data is damaged."""
        return (self[number] for number in range(len(self)))

    def _find(self, file: File) -> Int64Array:
        try:
            return super()._find(file)
        except Error:
            found = self.salvage()[1]
        return np.stack((found.offsets, found.sizes), axis=1)

    def _record(self, file: File, number: int) -> memoryview:
        file = self._opened()  # it may have been decompressed since it was asked for
        if number not in self._headless or not isinstance(file, MappedFile):
            return super()._record(file, number)
        offset, size = self._located()[number].tolist()
        return file.view[offset + HEADER.size : offset + size - FOOTER.size]
