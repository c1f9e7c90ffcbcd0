"""Where samples become records: one file, one dialect."""

import os
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from filmroll.messages import columns, example
from filmroll.packing import row_columns
from filmroll.records.compression import Compression
from filmroll.records.tfrecord import Writer
from filmroll.sample import Sample
from filmroll.sources.rows import Rows


class ExampleSink:
    """Write samples as Examples to a TFRecord file, which appears under its name, whole, when the sink is closed.

    Args:
        path: The file; its folder must exist.
        dialect: Module of the dialect that names the features.
        compression: None, "gzip" or "zlib"; a compressed file has no index.
        index: Write the index beside the file as well.

    Attributes:
        path: The file.

    Raises:
        OSError: The folder is absent, the disk is full, ...
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        dialect: ModuleType,
        compression: Compression | None = None,
        index: bool = True,
    ) -> None:
        self.path = Path(path)
        self._dialect = dialect
        self._writer = Writer(self.path, compression=compression, index=index)

    @property
    def nbytes(self) -> int:
        """Bytes of the file, once it has its name."""
        return self.path.stat().st_size

    def write(self, sample: Sample) -> dict[str, Any]:
        """Append one sample as a record.

        Returns:
            Its features, by the names of the dialect.

        Raises:
            DecodeError, LimitError: The dialect had to decode the picture and could not.
            EncodeError: The dialect cannot hold the picture, or the features do not fit into a message.
            OSError: It cannot be written; the file is given up.
        """
        features: dict[str, Any] = self._dialect.to_features(sample)
        self._writer.write(example.serialize(features))
        return features

    @property
    def takes_rows(self) -> bool:
        """Whether arrays are stored as they are, so that `write_rows` can write many at once."""
        return row_columns.are_known(self._dialect)

    def write_rows(self, rows: Rows) -> dict[str, Any]:
        """Append many pictures of one array, a record each, as `write` would one by one.

        Returns:
            The features of the first; those of the others are of the same types and sizes.

        Raises:
            EncodeError: The dialect cannot hold such pictures; nothing is written.
            OSError: They cannot be written; the file is given up.
        """
        first: dict[str, Any] = self._dialect.to_features(rows[0].read())
        many = columns.serialize(row_columns.to_columns(rows, dialect=self._dialect, first=first))
        self._writer.write_many(many.buffer, many.starts, many.lengths)
        return first

    def close(self) -> None:
        """Finish the file and give it its name.

        Raises:
            OSError: It cannot be written; nothing appears under the name.
        """
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, exc, traceback)
