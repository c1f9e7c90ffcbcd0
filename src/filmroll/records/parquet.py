"""Parquet files, as Hugging Face has them: rows in order or at random; what they say is drawn in parquet_rows.py.

    PAR1 | row group: its columns, each compressed for itself | row group ... | footer: schema, places | nbytes | PAR1

A row is reached by decoding its whole row group, so that one at random costs as much as all rows of its group. The
groups used last are kept; `read` and iteration decode each group once.

Source: the README of apache/parquet-format; read by pyarrow, which is the extra `parquet`.
"""

import json
import os
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from filmroll.errors import Error, FormatError, LimitError, TruncatedError, UnsupportedError
from filmroll.records import arrow, cache
from filmroll.records.lifetime import NumberedReader
from filmroll.records.parquet_writer import Writer
from filmroll.remote.path import path_of

if TYPE_CHECKING:
    from filmroll.records.parquet_rows import Leaf

__all__ = ["Reader", "Writer", "recognise"]

SIGNATURE = b"PAR1"
KEPT_GROUPS = 2
GROUP_BATCH_ROWS = 128
MAX_GROUP_NBYTES = 2**30  # unpacked, of a row group that is held for access by number, unless the file is large too
MAX_GROUP_RATIO = 16
BATCH_ROWS = 128  # of iteration: few enough that a row group of large pictures is not in memory as a whole

Record = dict[str, Any]
Group = tuple["list[Leaf]", int]


def recognise(head: bytes) -> bool:
    """Tell from the first bytes of a file whether it is Parquet."""
    return head.startswith(SIGNATURE)


class Reader(NumberedReader[Record]):
    """Read the rows of a Parquet file.

    A record is a dict: column -> a list of views of bytes, or a new array of int64, float32, uint64 or float64 of
    shape (n,). An absent value is an absent feature.

    Args:
        path: The file.
        verify: Check the checksums of pages, where the file has them.

    Attributes:
        path: The file.
        compression: None: pages may be compressed, the file as a whole is not.
        label_names: Names of the classes of the column "label", or of the first column that has any, from the
            metadata that Hugging Face writes; empty where there are none.

    Raises:
        FileNotFoundError, IsADirectoryError: There is no such file.
        MissingDependencyError: pyarrow is not installed.
        TruncatedError: The file begins as Parquet and has no footer.
        FormatError: It is no Parquet, or its footer is damaged.
        UnsupportedError: Two columns have one name.

    Reading raises, with path and number of the row:
        ChecksumError, FormatError: The row group is damaged.
        UnsupportedError: A column has a type without a place among features.
        ValueError: The reader is closed.
    """

    RECORD = "row"

    def __init__(self, path: str | os.PathLike[str], *, verify: bool = True) -> None:
        arrow.require()
        self.path = path_of(path)
        self._verify = verify
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, list[Group]] = OrderedDict()
        self._faults: dict[int, Error] = {}  # of row groups that cannot be read
        self._nbytes = _check_ends(self.path)
        self._file: Any = None
        try:
            with arrow.reading():
                self._file = self._open()
                metadata = self._file.schema_arrow.metadata or {}
                self._firsts = _firsts(self._file.metadata)
        except Error as exc:
            raise exc.at(path=self.path) from exc.__cause__
        _check_names(self._file.schema_arrow.names, path=self.path)
        self.label_names = _label_names(_json(metadata.get(b"huggingface")))
        renamed = _json(metadata.get(b"filmroll")).get("columns", {})
        self._renamed: dict[str, str] = renamed if isinstance(renamed, dict) else {}

    def _open(self, metadata: Any = None) -> Any:
        return arrow.require().ParquetFile(
            cache.local(self.path), metadata=metadata, memory_map=True, page_checksum_verification=self._verify
        )

    def __iter__(self) -> Iterator[Record]:
        """Iterate from the first row; iterators disturb neither each other nor random access."""
        return self._in_order(self._opened().metadata)

    def _in_order(self, metadata: Any) -> Iterator[Record]:
        file, number = self._open(metadata), 0
        try:
            with arrow.reading():
                for batch in file.iter_batches(BATCH_ROWS):
                    for record in self._records(_group(batch)):
                        yield record
                        number += 1
        except Error:  # a batch may be of several groups, sound ones and the damaged one, which raises in its turn
            for row in range(number, len(self)):
                yield self._record(file, row)

    def __len__(self) -> int:
        """Count the rows, which the footer tells."""
        return int(self._firsts[-1])

    def _record(self, file: Any, number: int) -> Record:
        index = int(np.searchsorted(self._firsts, number, side="right")) - 1
        row = number - int(self._firsts[index])
        try:
            for leaves, rows in self._batches(file, index):
                if row < rows:
                    return self._row(leaves, row)
                row -= rows
            raise FormatError("the row group has fewer rows than the footer says")
        except Error as exc:
            raise exc.at(path=self.path, record=number) from exc.__cause__

    def _batches(self, file: Any, index: int) -> list[Group]:
        with self._lock:
            if index in self._faults:
                raise copy(self._faults[index])  # each row has a place of its own
            if index not in self._kept:
                try:
                    with arrow.reading():
                        self._kept[index] = self._read_group(file, index)
                except Error as exc:
                    self._faults[index] = copy(exc)
                    raise
            self._kept.move_to_end(index)
            while len(self._kept) > KEPT_GROUPS:
                self._kept.popitem(last=False)
            return self._kept[index]

    def _read_group(self, file: Any, index: int) -> list[Group]:
        batches = file.iter_batches(GROUP_BATCH_ROWS, [index])
        return [_group(batch) for batch in _held(batches, nbytes=self._nbytes)]

    def _records(self, group: Group) -> Iterator[Record]:
        leaves, rows = group
        return (self._row(leaves, row) for row in range(rows))

    def _row(self, leaves: "list[Leaf]", row: int) -> Record:
        cells = (cell for leaf in leaves for cell in leaf.cells(row))
        return {self._renamed.get(name, name): value for name, value in cells}

    def _opened(self) -> Any:
        if self._file is None:
            raise ValueError(f"{self.path}: the reader is closed")
        return self._file

    def close(self) -> None:
        """Let go of the file; records handed out stay valid. A second time does nothing."""
        with self._lock:
            self._kept.clear()
            if self._file is not None:
                self._file.close()
            self._file = None


def _held(batches: Iterable[Any], *, nbytes: int) -> Iterator[Any]:
    """Pass on the batches of a row group while they are in proportion to the file, in which a value may be repeated."""
    most = max(MAX_GROUP_NBYTES, nbytes * MAX_GROUP_RATIO)
    held = 0
    for batch in batches:
        held += batch.nbytes
        if held > most:
            raise LimitError(
                f"a row group unpacks to more than {most} bytes, the file has {nbytes}: too many to hold for rows by"
                " their numbers; read all in order, or write it anew with smaller row groups"
            )
        yield batch


def _group(batch: Any) -> Group:
    from filmroll.records import parquet_rows

    return parquet_rows.leaves(batch), batch.num_rows


def _check_ends(path: Path) -> int:
    """Look for the signatures at both ends, and return the size of the file."""
    with cache.opened(path) as file:
        head = file.read(len(SIGNATURE))
        nbytes = file.seek(0, os.SEEK_END)
        file.seek(max(0, nbytes - len(SIGNATURE)))
        tail = file.read()
    if not head or not SIGNATURE.startswith(head):
        raise FormatError(f"no Parquet: the first bytes are {head!r}, expected {SIGNATURE!r}", path=path)
    if tail != SIGNATURE or nbytes < 3 * len(SIGNATURE):
        raise TruncatedError(f"{nbytes} bytes of Parquet without the footer that ends it", path=path, offset=nbytes)
    return nbytes


def _firsts(metadata: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the first row of each row group, and the number of all rows."""
    rows = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    if sum(rows) != metadata.num_rows or min(rows, default=0) < 0:
        raise FormatError(f"the footer says {metadata.num_rows} rows, its row groups have {sum(rows)}")
    return np.cumsum([0, *rows], dtype=np.int64)


def _check_names(names: Sequence[str], *, path: Path) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise UnsupportedError(f"two columns are called {min(twice)!r}; rename one of them", path=path)


def _json(data: bytes | None) -> dict[str, Any]:
    """Read metadata; what others wrote and is no JSON object says nothing."""
    try:
        found = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _label_names(metadata: dict[str, Any]) -> list[str]:
    info = metadata.get("info")
    features = info.get("features") if isinstance(info, dict) else None
    if not isinstance(features, dict):
        return []
    classes = {
        name: feature["names"]
        for name, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and isinstance(feature.get("names"), list)
    }
    found = classes.get("label", next(iter(classes.values()), []))
    return [str(name) for name in found]
