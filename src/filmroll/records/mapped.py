"""Records of a plain file: mapped into memory, handed out as views of the map, never copied."""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from filmroll.errors import Error
from filmroll.records import cache, framing
from filmroll.records.checksum import crc32c_of_array, unmask
from filmroll.records.combined import crc32c_of_run
from filmroll.records.faults import Faults
from filmroll.records.framing import FOOTER, HEADER, OVERHEAD_NBYTES, Int64Array

# Enough records at once that NumPy's fixed costs vanish, few enough bytes that the first record comes at once.
RUN_RECORDS = 8192
FIRST_RECORDS = 64  # of the first run, of which all that follow have four times as many: often few are wanted
RUN_NBYTES = 1 << 23
WILL_NEED: int | None = getattr(mmap, "MADV_WILLNEED", None)  # absent on Windows
SMALL_NBYTES = 4096  # records below it are checked together: a checksum of each would cost more than its bytes


class MappedFile:
    """A plain record file. Views of it stay valid when it is dropped: they keep the map alive.

    Attributes:
        nbytes: Its size.
        view: Its bytes.
        array: Its bytes, a read-only uint8 array of shape (nbytes,).
    """

    def __init__(self, path: Path, *, verify: bool, max_record_nbytes: int) -> None:
        with cache.opened(path) as file:
            self.nbytes = file.seek(0, 2)
            # mmap refuses empty files
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if self.nbytes else b""
        self._mapped: Any = mapped
        self.view = memoryview(mapped)
        self.array: npt.NDArray[np.uint8] = np.frombuffer(mapped, np.uint8)
        self._verify = verify
        self._max_record_nbytes = max_record_nbytes
        self._faults = Faults()

    def records(self) -> Iterator[memoryview]:
        """Iterate over all records, from the first."""
        offset = number = 0
        most = FIRST_RECORDS
        while offset < self.nbytes:
            run = framing.walk(
                self.view,
                offset,
                max_records=most,
                max_nbytes=RUN_NBYTES,
                max_record_nbytes=self._max_record_nbytes,
            )
            if not len(run.offsets):
                self._raise_at(offset, record=number)
            self._read_ahead(run.next)
            yield from self._run(run, number)
            number += len(run.offsets)
            offset = run.next
            most = min(4 * most, RUN_RECORDS)

    def _read_ahead(self, offset: int) -> None:
        """Ask the system for the bytes after this run while it is used: what is not in memory yet comes meanwhile."""
        if offset < self.nbytes:
            self._ask_for(offset, min(offset + RUN_NBYTES, self.nbytes))

    def will_need(self, places: Int64Array) -> None:
        """Ask the system for records that are read soon; it fetches those that are not in memory side by side.

        Args:
            places: Offset and size with framing of each, shape (n, 2), in any order.
        """
        if not self._faults.are_likely():
            return
        starts, sizes = places[np.argsort(places[:, 0])].T
        stops = starts + sizes
        firsts = np.flatnonzero(np.append(True, starts[1:] > stops[:-1]))  # of neighbours
        lasts = np.append(firsts[1:], len(starts)) - 1
        for start, stop in zip(starts[firsts].tolist(), stops[lasts].tolist(), strict=True):
            self._ask_for(start, stop)

    def _ask_for(self, start: int, stop: int) -> None:
        """Have the system fetch these bytes, in whole pages, while other things are done."""
        if WILL_NEED is not None:
            start -= start % mmap.PAGESIZE
            self._mapped.madvise(WILL_NEED, start, stop - start)

    def _run(self, run: framing.Run, number: int) -> Iterator[memoryview]:
        view, array = self.view, self.array
        starts = run.offsets + HEADER.size
        stops = starts + run.lengths
        small = run.next - int(run.offsets[0]) < SMALL_NBYTES * len(run.offsets)
        if not self._verify or (small and self.is_sound(run)):
            for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
                yield view[start:stop]
            return
        crcs = self.stored_crcs(run).tolist()
        for start, stop, crc in zip(starts.tolist(), stops.tolist(), crcs, strict=True):
            if crc32c_of_array(array[start:stop]) != crc:
                offset = start - HEADER.size
                self._raise_at(offset, record=number + int(np.searchsorted(run.offsets, offset)))
            yield view[start:stop]

    def is_sound(self, run: framing.Run) -> bool:
        """Check records that follow each other all at once, headers and data; False where one at least is damaged."""
        length_crcs = unmask(framing.crcs_of_lengths(run.lengths))
        wanted = crc32c_of_run(run.lengths, length_crcs=length_crcs, data_crcs=self.stored_crcs(run))
        return bool(crc32c_of_array(self.array[int(run.offsets[0]) : run.next]) == wanted)

    def stored_crcs(self, run: framing.Run) -> Int64Array:
        """Return the CRC of the data that is stored behind each record, unmasked."""
        stops = run.offsets + HEADER.size + run.lengths
        # each item is four bytes and overlaps the next, so that one step takes a footer at any place
        overlapping = np.ndarray((self.nbytes - FOOTER.size + 1,), "<u4", self.array, strides=(1,))
        return unmask(overlapping[stops].astype(np.int64))

    def _raise_at(self, offset: int, *, record: int) -> None:
        try:
            self.record_at(offset)
        except Error as exc:
            raise exc.at(record=record, offset=offset) from None

    def record_at(self, offset: int) -> tuple[memoryview, int]:
        """Return the record at an offset, and the next offset.

        Raises:
            IndexError: The offset is not inside the file.
        """
        if not 0 <= offset < self.nbytes:
            raise IndexError(f"offset {offset} is out of range: the file has {self.nbytes} bytes")
        start, stop, following = framing.unframe(
            self.view, offset, verify=self._verify, max_record_nbytes=self._max_record_nbytes
        )
        return self.view[start:stop], following

    def scan(self) -> Int64Array:
        """Find all records without reading their data; int64 of shape (count, 2): offset, size with framing."""
        run = framing.walk(self.view, max_record_nbytes=self._max_record_nbytes)
        if run.next < self.nbytes:
            self._raise_at(run.next, record=len(run.offsets))
        return _places(run)

    def scan_equal(self) -> Int64Array | None:
        """Find all records in less time than an index is read, where they are of one length; else return None."""
        run = framing.walk_equal(self.view, max_record_nbytes=self._max_record_nbytes)
        return None if run is None else _places(run)


def _places(run: framing.Run) -> Int64Array:
    return np.stack((run.offsets, run.lengths + OVERHEAD_NBYTES), axis=1)
