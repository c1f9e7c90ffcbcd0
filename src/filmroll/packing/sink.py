"""Where samples become records: one file of any kind, one dialect.

tfrecord, array_record   Examples             tar      members        lmdb   Datums, or Examples by key
parquet  columns
"""

import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from filmroll import dialects
from filmroll.errors import UnsupportedError
from filmroll.messages import datum, example
from filmroll.records import storage
from filmroll.records.compression import Compression
from filmroll.records.kinds import Kind
from filmroll.remote.path import path_of
from filmroll.sample import Sample
from filmroll.sources.rows import Rows

MESSAGES: dict[Kind, tuple[str, ...]] = {
    "tfrecord": ("example",),
    "array_record": ("example",),
    "lmdb": ("datum", "example"),
    "tar": ("members",),
    "parquet": ("columns",),
}
USUAL_DIALECT: dict[Kind, str] = {
    "tfrecord": "slim",
    "array_record": "slim",
    "lmdb": "datum",
    "tar": "webdataset",
    "parquet": "huggingface",
}
SERIALIZERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "example": example.serialize,
    "datum": datum.serialize,
    "members": dict,
    "columns": dict,
}


class Sink:
    """Write samples to one file, which appears under its name, whole, when the sink is closed.

    Args:
        path: The file; its folder must exist.
        kind: What kind of file.
        dialect: Module of the dialect that names the features.
        compression: None, "gzip" or "zlib"; only TFRecord files have one, and then no index.
        index: Write the index beside a TFRecord file as well.
        label_names: Names of the classes, for kinds that keep them in the file.

    Attributes:
        path: The file.
        dialect: Module of the dialect.

    Raises:
        UnsupportedError: The kind does not hold what the dialect makes, or has no compression.
        MissingDependencyError: The kind needs an extra that is not installed.
        OSError: The folder is absent, the disk is full, ...
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        kind: Kind = "tfrecord",
        dialect: ModuleType,
        compression: Compression | None = None,
        index: bool = True,
        label_names: Sequence[str] = (),
    ) -> None:
        self.path = path_of(path)
        self.dialect = dialect
        self._serialize = SERIALIZERS[check(kind, dialect)]
        self._kind = kind
        self._writer = _open(self.path, kind=kind, compression=compression, index=index, label_names=label_names)

    @property
    def nbytes(self) -> int:
        """Bytes of the file, once it has its name; those of all files of a folder."""
        return storage.nbytes_of(self.path)

    def write(self, sample: Sample) -> dict[str, Any]:
        """Append one sample as a record.

        Returns:
            Its features, by the names of the dialect.

        Raises:
            DecodeError, LimitError: The dialect had to decode the picture and could not.
            EncodeError: The dialect cannot hold the picture, or the features do not fit into a message.
            OSError: It cannot be written; the file is given up.
        """
        features: dict[str, Any] = self.dialect.to_features(sample)
        self.write_features(features, key=sample.key)
        return features

    def write_features(self, features: Mapping[str, Any], *, key: str) -> None:
        """Append one record of features that the dialect has named.

        Raises:
            EncodeError: They do not fit into a message; the key is none for this kind of file, or was there before.
            OSError: It cannot be written; the file is given up.
        """
        self.write_record(self._serialize(features), key=key)

    def write_record(self, record: Any, *, key: str = "") -> None:
        """Append one record as it is.

        Raises:
            EncodeError: The key is no key for this kind of file, or was there before.
            OSError: It cannot be written; the file is given up.
        """
        if self._kind != "tfrecord":
            self._writer.write(record, key=key or None)
        else:
            self._writer.write(record)

    @property
    def takes_rows(self) -> bool:
        """Whether arrays are stored as they are, so that `write_rows` can write many at once."""
        from filmroll.packing import row_columns  # of use for arrays alone

        return self._kind in ("tfrecord", "lmdb") and row_columns.are_known(self.dialect)

    def write_rows(self, rows: Rows) -> dict[str, Any]:
        """Append many pictures of one array, a record each, as `write` would one by one.

        Returns:
            The features of the first; those of the others are of the same types and sizes.

        Raises:
            EncodeError: The dialect cannot hold such pictures; nothing is written.
            OSError: They cannot be written; the file is given up.
        """
        from filmroll.messages import columns
        from filmroll.packing import row_columns

        first: dict[str, Any] = self.dialect.to_features(rows[0].read())
        if self._kind == "lmdb":
            many = row_columns.to_datums(rows)
            self._writer.write_many(many.buffer, many.starts, many.lengths, keys=rows.keys)
        else:
            many = columns.serialize(row_columns.to_columns(rows, dialect=self.dialect, first=first))
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


def is_kept(sample: Sample, features: Mapping[str, Any]) -> bool:
    """Tell whether features hand on the very bytes of a sample's picture; an array has none that could change."""
    encoded = sample.encoded
    if encoded is None:
        return True
    for value in features.values():
        if value is encoded or (isinstance(value, list) and any(one is encoded for one in value)):
            return True
    return False


def check(kind: Kind, dialect: ModuleType) -> str:
    """Return what the features of a dialect are serialized as, in a kind of file.

    Raises:
        UnsupportedError: The kind does not hold such messages.
    """
    message = dialects.message_of(dialect)
    if message not in MESSAGES[kind]:
        fitting = [name for name, serialized in dialects.MESSAGES.items() if serialized in MESSAGES[kind]]
        raise UnsupportedError(
            f"the {dialect.NAME} dialect is not kept in {kind} files; choose one of: {', '.join(sorted(fitting))}"
        )
    return message


def _open(path: Path, *, kind: Kind, compression: Compression | None, index: bool, label_names: Sequence[str]) -> Any:
    if compression is not None and kind != "tfrecord":
        raise UnsupportedError(f"{compression} compression is of TFRecord files, {kind} has none here", path=path)
    options: dict[str, Any] = {}
    if kind == "tfrecord":
        options = {"compression": compression, "index": index}
    elif kind == "parquet":
        options = {"label_names": label_names}
    return import_module(f"filmroll.records.{kind}").Writer(path, **options)
