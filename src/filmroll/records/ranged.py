"""Records of a plain file in a store, read by ranges: those that are asked for, side by side, or all of them, ahead.

one number     the bytes from its offset, as long as the index says       one request
a batch        the same for each, near ones together                      several requests at a time
all in order   pieces of a few megabytes, of which some are under way     the first ones small: often few are wanted
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from filmroll.errors import Error, TruncatedError
from filmroll.records import framing
from filmroll.records.framing import HEADER, OVERHEAD_NBYTES, Int64Array
from filmroll.remote import store
from filmroll.remote.path import RemotePath

FIRST_NBYTES = 1 << 18  # of a file that is read in order; each piece is larger than the one before, up to the most
MOST_NBYTES = 1 << 23
AHEAD = 4  # pieces under way
PART_NBYTES = 1 << 20  # of a piece, asked for side by side
SPARSE_NBYTES = 1 << 22  # from records as long as that on the way over the headers leaves the data out


class RangedFile:
    """A plain record file in a store. What is read is held in memory by those who have it, and by nobody else.

    Attributes:
        nbytes: Its size.
    """

    def __init__(self, path: RemotePath, *, verify: bool, max_record_nbytes: int) -> None:
        self.path = path
        self.nbytes = path.stat().st_size
        self._verify = verify
        self._max_record_nbytes = max_record_nbytes

    def records(self) -> Iterator[memoryview]:
        """Iterate over all records, from the first."""
        rest, offset, number = b"", 0, 0
        for piece in self._pieces():
            data = memoryview(rest + piece if rest else piece)
            run = framing.walk(data, max_record_nbytes=self._max_record_nbytes)
            for start in run.offsets.tolist():
                yield self._unframed(data, start, number, offset + start)
                number += 1
            rest, offset = bytes(data[run.next :]), offset + run.next
            if len(rest) >= HEADER.size:
                self._unframed_length(rest, number, offset)  # or the rest of a damaged file would be gathered
        if rest:
            self._unframed(memoryview(rest), 0, number, offset)

    def _unframed(self, data: memoryview, start: int, number: int, offset: int) -> memoryview:
        try:
            first, stop, _ = framing.unframe(
                data, start, verify=self._verify, max_record_nbytes=self._max_record_nbytes
            )
        except Error as exc:
            raise exc.at(record=number, offset=offset) from None
        return data[first:stop]

    def _unframed_length(self, data: bytes, number: int, offset: int) -> None:
        try:
            framing.read_length(data[: HEADER.size], max_record_nbytes=self._max_record_nbytes)
        except Error as exc:
            raise exc.at(record=number, offset=offset) from None

    def _pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the file in order; once the first ones were used, more are on their way."""
        waiting: deque[Future[bytes]] = deque()
        start, nbytes = 0, FIRST_NBYTES
        with ThreadPoolExecutor(AHEAD, thread_name_prefix="read-ahead") as pool:
            try:
                while start < self.nbytes or waiting:
                    while start < self.nbytes and len(waiting) < (AHEAD if nbytes == MOST_NBYTES else 1):
                        waiting.append(pool.submit(self._piece, start, min(start + nbytes, self.nbytes)))
                        start, nbytes = start + nbytes, min(4 * nbytes, MOST_NBYTES)
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()

    def _piece(self, start: int, stop: int) -> bytes:
        starts = list(range(start, stop, PART_NBYTES))
        stops = [*starts[1:], stop]
        parts = store.read_ranges(self.path.url, starts, stops, near_nbytes=0)
        piece = b"".join(parts)
        if len(piece) < stop - start:
            raise TruncatedError(f"the store gave {len(piece)} of {stop - start} bytes; it changed while it was read")
        return piece

    def record_at(self, offset: int) -> tuple[memoryview, int]:
        """Return the record at an offset, and the next offset.

        Raises:
            IndexError: The offset is not inside the file.
        """
        if not 0 <= offset < self.nbytes:
            raise IndexError(f"offset {offset} is out of range: the file has {self.nbytes} bytes")
        header = self._piece(offset, min(offset + HEADER.size, self.nbytes))
        length = framing.read_length(header, max_record_nbytes=self._max_record_nbytes)
        if offset + OVERHEAD_NBYTES + length > self.nbytes:
            raise framing.truncated(self.nbytes - offset, length=length)
        data = memoryview(header + self._piece(offset + HEADER.size, offset + OVERHEAD_NBYTES + length))
        start, stop, following = framing.unframe(data, 0, verify=self._verify)
        return data[start:stop], offset + following

    def frames(self, places: Int64Array) -> list[memoryview]:
        """Read several records side by side, each with its header and footer.

        Args:
            places: Offset and size of each, framing included, int64 of shape (n, 2).
        """
        stops = places.sum(axis=1)
        return [memoryview(one) for one in store.read_ranges(self.path.url, places[:, 0].tolist(), stops.tolist())]

    def data_of(self, frame: memoryview, offset: int) -> memoryview:
        """Check a record that was read, and return its data; where the index was wrong on it, read it again.

        Raises:
            ChecksumError, TruncatedError: It is damaged.
        """
        try:
            start, stop, _ = framing.unframe(frame, 0, verify=self._verify, max_record_nbytes=self._max_record_nbytes)
        except TruncatedError:
            return self.record_at(offset)[0]
        return frame[start:stop]

    def gathered(self, records: list[memoryview]) -> tuple[npt.NDArray[np.uint8], Int64Array, Int64Array]:
        """Put the data of records into one buffer; return it with the start and the length of each."""
        lengths = np.array([len(record) for record in records], np.int64)
        return np.frombuffer(b"".join(records), np.uint8), np.cumsum(lengths) - lengths, lengths

    def scan(self) -> Int64Array:
        """Find all records; int64 of shape (count, 2): offset, size with framing.

        Their data is read on the way where they are small: a request costs more than a megabyte.

        Raises:
            TruncatedError: The file is shorter than the store says.
        """
        places: list[Int64Array] = []
        offset, count, nbytes = 0, 0, FIRST_NBYTES
        while offset < self.nbytes:
            data = self._piece(offset, min(offset + nbytes, self.nbytes))
            run = framing.walk(memoryview(data), max_record_nbytes=self._max_record_nbytes)
            places.append(np.stack((run.offsets + offset, run.lengths + OVERHEAD_NBYTES), axis=1))
            count += len(run.offsets)
            following = self._beyond(data, run.next, offset, number=count)
            if following is not None:
                places.append(np.array([[offset + run.next, following - offset - run.next]], np.int64))
                count += 1
            is_sparse = following is not None and following - offset - run.next > SPARSE_NBYTES
            nbytes = FIRST_NBYTES if is_sparse else min(4 * nbytes, MOST_NBYTES)
            offset = offset + run.next if following is None else following
        return np.concatenate([np.empty((0, 2), np.int64), *places])

    def _beyond(self, data: bytes, start: int, offset: int, *, number: int) -> int | None:
        """Return where a record ends of which only the beginning was read; None where not even its header was."""
        header = data[start : start + HEADER.size]
        is_last = offset + len(data) == self.nbytes
        if len(header) < HEADER.size and (not is_last or not header):
            return None
        try:
            length = framing.read_length(header, max_record_nbytes=self._max_record_nbytes)
            following = offset + start + OVERHEAD_NBYTES + length
            if following > self.nbytes:
                raise framing.truncated(self.nbytes - offset - start, length=length)
        except Error as exc:
            raise exc.at(record=number, offset=offset + start) from None
        return following
