"""Write an LMDB environment, in transactions of many records."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

import lmdb
import numpy as np
import numpy.typing as npt

from filmroll import atomic
from filmroll.buffer import Buffer, places
from filmroll.errors import EncodeError, LimitError
from filmroll.records import lmdb_folder
from filmroll.records.framing import MAX_RECORD_NBYTES, Int64Array
from filmroll.records.lifetime import WholeWriter
from filmroll.records.tfrecord_writer import flat
from filmroll.remote.path import path_of

BATCH_RECORDS = 1000  # of a transaction, as Caffe's tools have it
BATCH_NBYTES = 1 << 24
FIRST_MAP_NBYTES = 1 << 26  # doubled whenever it is full; Windows makes the file that long, until it is cut at the end
MAX_KEY_NBYTES = 511  # LMDB's own limit, unless it was built otherwise
MAX_NUMBER = 10**8 - 1  # of 8 digits: with more, keys would no longer be in the order of the records

Item = tuple[bytes, bytes]
Transaction: TypeAlias = "lmdb.Transaction[bytes]"


class Writer(WholeWriter):
    """Write records to an LMDB environment, a folder that appears under its name, whole, when the writer is closed.

    Until then it is written beside its place, and an environment that is already there stays. If a `with` block ends
    with an exception, a write fails, or the writer is never closed, nothing appears, and what was written is removed.
    The folder holds `data.mdb` alone, no longer than its pages; LMDB makes a lock file when it needs one.

    Args:
        path: The folder; the folder around it must exist.
        numbered: Put the number of the record in front of each key, as Caffe does: `00000017_cats/7.jpg`, or
            `00000017` where there is no name. So records stay in the order in which they are written. False takes the
            keys as they are, which must differ; LMDB sorts them, and is much faster if they come in that order.

    Attributes:
        path: The folder.
        temporary: Where it is written.
        count: How many records were written.
        nbytes: How many bytes they have.

    Raises:
        FileExistsError: There is something else of that name: a file, or a folder that holds no environment.
        OSError: The folder around it is absent, the disk is full, ...
    """

    def __init__(self, path: str | os.PathLike[str], *, numbered: bool = True) -> None:
        self.path = path_of(path)
        self.temporary = atomic.temporary_of(self.path)
        self.count = self.nbytes = 0
        self._numbered = numbered
        self._last = b""  # the greatest key so far
        self._pending: list[Item] = []
        self._pending_nbytes = 0
        self._guard = ExitStack()
        self._closed = False
        self._guard.enter_context(lmdb_folder.appearing(self.path, self.temporary))
        with _disk_errors(self.path):
            # The folder has no name yet and no other user: one sync at the end is as safe as one for each batch.
            self._environment = lmdb.open(str(self.temporary), map_size=FIRST_MAP_NBYTES, lock=False, sync=False)
        self._guard.callback(self._environment.close)

    @property
    def records(self) -> int:
        """How many records were written."""
        return self.count

    def write(self, record: Buffer | Sequence[Buffer], *, key: str | None = None) -> None:
        """Add one record.

        Args:
            record: Its bytes, or buffers whose concatenation it is; copied, unless it is `bytes`.
            key: Its name, which follows the number; without numbers the key itself, which must be given.

        Raises:
            TypeError: `record` is something else, or `key` is no text; nothing is written.
            EncodeError: The key is absent, there already, or longer than LMDB's 511 bytes; nothing is written.
            LimitError: The record is longer than readers accept, 2**31 - 1 bytes; nothing is written.
            OSError: It cannot be written; the environment is given up.
            ValueError: The writer is closed.
        """
        self._require_open()
        value = b"".join(flat(record))
        self._check_length(len(value), record=self.count)
        name = self._key(self.count, key)
        if not self._numbered and name <= self._last:
            self._insert(name, value)
        else:
            self._add([(name, value)], nbytes=len(value))

    def write_many(
        self, buffer: Buffer, starts: npt.ArrayLike, lengths: npt.ArrayLike, *, keys: Sequence[str] | None = None
    ) -> None:
        """Add many records that lie in one buffer, as `datum_columns.serialize` returns them, faster than one by one.

        Args:
            buffer: What holds the records, with anything between them.
            starts: Where each record starts in the buffer: integers of shape (count,), in any order.
            lengths: Number of bytes of each.
            keys: Names, one each.

        Raises:
            TypeError: `buffer` is no buffer, or `starts` or `lengths` are no integers; nothing is written.
            EncodeError, LimitError: As `write`; some of the records before may be written.
            OSError: They cannot be written; the environment is given up.
            ValueError: `starts`, `lengths` and `keys` differ in shape, or lead out of the buffer, and nothing is
                written; or the writer is closed.
        """
        self._require_open()
        array = np.frombuffer(memoryview(buffer).cast("B"), np.uint8)
        first, nbytes = places(starts, lengths, limit=len(array))
        if keys is not None and len(keys) != len(first):
            raise ValueError(f"{len(keys)} keys for {len(first)} records")
        if not self._numbered:
            for row, (start, length) in enumerate(zip(first.tolist(), nbytes.tolist(), strict=True)):
                self.write(array.data[start : start + length], key=None if keys is None else keys[row])
            return
        for row in range(0, len(first), BATCH_RECORDS):
            chosen = slice(row, row + BATCH_RECORDS)
            self._write_batch(array, first[chosen], nbytes[chosen], keys=None if keys is None else keys[chosen])

    def _write_batch(
        self,
        array: npt.NDArray[np.uint8],
        starts: Int64Array,
        lengths: Int64Array,
        *,
        keys: Sequence[str] | None,
    ) -> None:
        numbers = range(self.count, self.count + len(starts))
        self._check_length(int(lengths.max()), record=self.count + int(lengths.argmax()))
        if keys is None:
            self._check_number(numbers[-1])
            names = [b"%08d" % number for number in numbers]
        else:
            names = [self._key(number, key) for number, key in zip(numbers, keys, strict=True)]
        # The buffer may change as soon as this returns: the values are written, or are copies.
        self._add(zip(names, _values(array, starts, lengths), strict=True), nbytes=int(lengths.sum()))

    def _add(self, items: Iterable[Item], *, nbytes: int) -> None:
        before = len(self._pending)
        self._pending += items
        self._pending_nbytes += nbytes
        self._last = self._pending[-1][0]
        self.count += len(self._pending) - before
        self.nbytes += nbytes
        if len(self._pending) >= BATCH_RECORDS or self._pending_nbytes >= BATCH_NBYTES:
            self._empty()

    def _empty(self) -> None:
        """Write what is pending, whose keys are in order and greater than all before."""
        for first in range(0, len(self._pending), BATCH_RECORDS):
            self._transact(partial(_append, self._pending[first : first + BATCH_RECORDS]))
        self._pending.clear()
        self._pending_nbytes = 0

    def _insert(self, key: bytes, value: bytes) -> None:
        """Write one record whose key is not the greatest."""
        self._empty()
        if not self._transact(lambda transaction: transaction.put(key, value, overwrite=False)):
            raise EncodeError(f"the key {key!r} is there already", path=self.path, record=self.count)
        self.count += 1
        self.nbytes += len(value)

    def _transact(self, put: Callable[[Transaction], bool]) -> bool:
        """Do something in a transaction, anew with twice the room where there is not enough."""
        try:
            with _disk_errors(self.path):
                while True:
                    try:
                        with self._environment.begin(write=True) as transaction:
                            return put(transaction)
                    except lmdb.MapFullError:
                        self._environment.set_mapsize(2 * self._environment.info()["map_size"])
        except BaseException as exc:
            self._discard(exc)
            raise

    def _key(self, number: int, name: str | None) -> bytes:
        try:
            text = (name or "").encode("utf-8", "surrogateescape")
        except AttributeError:
            raise TypeError(f"a key is text, not {type(name).__name__}") from None
        if self._numbered:
            self._check_number(number)
            front = b"%08d" % number
            # A name that is the number already is that of a record without a name, read elsewhere.
            text = front + b"_" + text if text and text != front else front
        if not text:
            raise EncodeError("a record without a key; name it, or let keys be numbered", path=self.path, record=number)
        if len(text) > MAX_KEY_NBYTES:
            raise EncodeError(
                f"a key of {len(text)} bytes, LMDB takes {MAX_KEY_NBYTES} at most: {text[:40]!r}...",
                path=self.path,
                record=number,
            )
        return text

    def _check_number(self, number: int) -> None:
        if number > MAX_NUMBER:
            raise EncodeError(f"keys are numbered up to {MAX_NUMBER}; write several environments", path=self.path)

    def _check_length(self, length: int, *, record: int) -> None:
        if length > MAX_RECORD_NBYTES:
            raise LimitError(f"a record has at most {MAX_RECORD_NBYTES} bytes", path=self.path, record=record)

    def close(self) -> None:
        """Finish the environment, flush it to disk, and give it its name. A second time does nothing.

        Raises:
            OSError: One of these failed. Nothing appears under the name, or what stood before.
        """
        if self._closed:
            return
        self._empty()
        try:
            with _disk_errors(self.path):
                info = self._environment.info()
                self._environment.sync(True)
                self._environment.close()
            lmdb_folder.cut(self.temporary / lmdb_folder.DATA, last_page=info["last_pgno"])
        except BaseException as exc:
            self._discard(exc)
            raise
        self._closed = True
        self._guard.close()

    def _discard(self, reason: BaseException) -> None:
        self._pending.clear()
        super()._discard(reason)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Let the errors of the disk be what they are elsewhere."""
    try:
        yield
    except lmdb.Error as exc:
        code = getattr(exc, "code", 0)  # older versions of lmdb have none; LMDB's own errors are negative
        raise OSError(code if code > 0 else None, f"LMDB cannot write: {exc}", str(path)) from exc


def _append(batch: list[Item], transaction: Transaction) -> bool:
    transaction.cursor().putmulti(batch, append=True)
    return True


def _values(array: npt.NDArray[np.uint8], starts: Int64Array, lengths: Int64Array) -> list[bytes]:
    """Copy the values out, in one step where they are of one length and at equal distances."""
    length = int(lengths[0])
    steps = np.diff(starts)
    if length and (lengths == length).all() and (steps == steps[:1]).all():
        stride = int(steps[0]) if len(steps) else length
        values: list[bytes] = np.ndarray((len(starts),), f"V{length}", array, int(starts[0]), (stride,)).tolist()
        return values
    view = array.data
    return [bytes(view[start:stop]) for start, stop in zip(starts.tolist(), (starts + lengths).tolist(), strict=True)]
