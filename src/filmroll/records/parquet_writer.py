"""Write a Parquet file, as Hugging Face has them, whole or not at all; columns are made in parquet_columns.py.

Rows go to the disk a row group at a time, before anybody knows what the last ones hold. While the columns stay the
same, they go into one file, which is given its name at the end. When a row brings a new column or a wider type, a
new part is begun beside it; at the end the parts are copied, a row group at a time, into one file that fits all of
them. So nothing is lost or refused late: a new column costs one more pass over the bytes.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filmroll import atomic
from filmroll.errors import EncodeError
from filmroll.records import arrow
from filmroll.records.lifetime import WholeWriter
from filmroll.remote.path import path_of

if TYPE_CHECKING:
    from filmroll.records.parquet_columns import Row

GROUP_ROWS = 1000
GROUP_NBYTES = 1 << 24  # a row at random costs a whole group


class Writer(WholeWriter):
    """Write rows to a Parquet file, which appears under its name, whole, when the writer is closed.

    Until then it is written beside its place. If a `with` block ends with an exception, a write fails, or the writer
    is never closed, nothing appears, and what was written is removed. Bytes are stored as they are, everything else
    is compressed with Snappy; pages have checksums.

    Args:
        path: The file; its folder must exist.
        label_names: Names of the classes by label: Hugging Face then has a ClassLabel for the column "label", or for
            `objects/category` where there is no such column.

    Attributes:
        path: The file.
        count: How many rows were written.
        nbytes: How many bytes their values are.

    Raises:
        MissingDependencyError: pyarrow is not installed.
    """

    def __init__(self, path: str | os.PathLike[str], *, label_names: Sequence[str] = ()) -> None:
        arrow.require()
        from filmroll.records import parquet_columns

        self.path = path_of(path)
        self.count = 0
        self.nbytes = 0
        self._columns = parquet_columns.Columns(list(label_names))
        self._rows: list[Row] = []
        self._waiting_nbytes = 0
        self._parts: list[Path] = []
        self._part: Any = None
        self._closed = False
        with open(self._next_part(), "wb"):  # so that a folder that is absent is an error now, not after an hour
            pass

    def write(self, record: Mapping[str, Any], *, key: str | None = None) -> None:
        """Append one row.

        Args:
            record: Column -> a list of bytes or an array of numbers, or None for nothing; as `Reader` gives it.
            key: Of no effect: a key is a column like any other.

        Raises:
            EncodeError: A value is of no such type, or a label has no name; nothing of the row is written.
            LimitError: A value is larger than 2 GiB; the file is given up.
            OSError: It cannot be written; the file is given up.
            ValueError: The writer is closed.
        """
        self._require_open()
        try:
            row = self._columns.add(record)
        except EncodeError as exc:
            raise exc.at(path=self.path, record=self.count) from exc.__cause__
        nbytes = sum(cell.nbytes for cell in row.values())
        self._rows.append(row)
        self.count += 1
        self.nbytes += nbytes
        self._waiting_nbytes += nbytes
        if len(self._rows) >= GROUP_ROWS or self._waiting_nbytes >= GROUP_NBYTES:
            self._or_discard(self._write_group)

    def _or_discard(self, step: Any) -> None:
        try:
            with arrow.writing(self.path):
                step()
        except BaseException:
            self._discard()
            raise

    def _write_group(self) -> None:
        """Write the rows that wait; rows without any column wait on, for one that has."""
        if not self._rows or not len(self._columns):
            return
        table = self._columns.table(self._rows)
        if self._part is not None and not self._part.schema.equals(table.schema, check_metadata=True):
            self._part.close()
            self._part = None
        if self._part is None:
            self._part = _sink(self._next_part() if self.count > len(self._rows) else self._parts[0], table.schema)
        self._part.write_table(table, row_group_size=max(1, table.num_rows))
        self._rows.clear()
        self._waiting_nbytes = 0

    def _next_part(self) -> Path:
        temporary = atomic.temporary_of(self.path)
        self._parts.append(temporary.with_name(f"{temporary.stem}.part-{len(self._parts)}.tmp"))
        return self._parts[-1]

    def close(self) -> None:
        """Write the last rows, flush the file to disk, give it its name. A second time does nothing.

        Raises:
            EncodeError: There are rows, and none has any value: Parquet knows rows by their columns only.
            OSError: It cannot be written; nothing appears under the name.
        """
        if not self._closed:
            self._or_discard(self._finish)

    def _finish(self) -> None:
        self._write_group()
        if self._rows:
            raise EncodeError(f"{len(self._rows)} rows without any value; Parquet has rows of columns only")
        if self._part is None:
            self._part = _sink(self._parts[0], self._columns.schema())
        self._part.close()
        self._part = None
        if len(self._parts) == 1:
            _name(self._parts[0], self.path)
        else:
            self._join()
        self._discard()

    def _join(self) -> None:
        schema = self._columns.schema()
        with atomic.writing(self.path) as file, _sink(file, schema) as sink:
            for part in self._parts:
                _copy(part, sink, schema)

    def _discard(self, reason: BaseException | None = None) -> None:
        self._closed = True
        if self._part is not None:
            with suppress(Exception):  # it wants to write its footer, and the disk may be full
                self._part.close()
        self._part = None
        self._rows.clear()
        for part in self._parts:
            with suppress(OSError):
                part.unlink()

    def __del__(self) -> None:
        if not self._closed:
            self._discard()


def _sink(where: Any, schema: Any) -> Any:
    from filmroll.records import parquet_columns

    plain = parquet_columns.compressed(schema)
    return arrow.require().ParquetWriter(
        where,
        schema,
        compression=dict.fromkeys(plain, "snappy") or "none",
        use_dictionary=plain or False,
        write_statistics=plain or False,
        write_page_checksum=True,
    )


def _copy(part: Path, sink: Any, schema: Any) -> None:
    import pyarrow as pa

    from filmroll.records import parquet_columns

    with arrow.require().ParquetFile(part) as file:
        for index in range(file.num_row_groups):
            table = file.read_row_group(index).combine_chunks()
            columns = dict(zip(table.column_names, table.columns, strict=True))
            arrays = []
            for field in schema:
                column = columns.get(field.name)
                array = None if column is None else column.chunk(0)
                arrays.append(parquet_columns.adapt(array, field.type, rows=table.num_rows))
            sink.write_table(pa.Table.from_arrays(arrays, schema=schema), row_group_size=max(1, table.num_rows))


def _name(part: Path, path: Path) -> None:
    """Flush a finished file to disk and give it its name."""
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
    atomic.replace(part, path)
    atomic.sync_folder(path.parent)
