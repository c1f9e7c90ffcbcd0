"""Any records as a sequence of samples: open, len, [i], iterate."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast, overload

import numpy as np

from filmroll import dialects, manifest, messages
from filmroll.errors import Error, ParseError
from filmroll.messages import Features, Value, example, sequence_example
from filmroll.records import storage
from filmroll.records.tfrecord import Reader
from filmroll.sample import Sample
from filmroll.schema import Schema, schema_of

SNIFFED_RECORDS = 64


def open(
    paths: storage.Paths,
    *,
    dialect: str | None = None,
    compression: str | None = "auto",
    verify: bool = True,
) -> "Dataset":
    """Open record files as a sequence of samples.

    Args:
        paths: A file, a pattern (`train-*.tfrecord`), a folder, or several of these in the order given.
        dialect: How the features are named; None reads it in `filmroll.json`, or finds out from the records.
        compression: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.
        verify: Check both checksums of each record that is read.

    Returns:
        The dataset; nothing is read yet but the names.

    Raises:
        FileNotFoundError: A file named is not there.
        SourceError: A pattern fits nothing, or a folder holds no record files.
        UnsupportedError: There is no dialect of that name.
    """
    return Dataset(storage.expand(paths), dialect=dialect, compression=compression, verify=verify)


class Dataset(Sequence[Sample]):
    """The records of some files, in order, as samples; reading is lazy and by number at any position.

    Attributes:
        paths: The files, in order.
        readers: A reader for each of them.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        dialect: str | None = None,
        compression: str | None = "auto",
        verify: bool = True,
    ) -> None:
        self.paths = list(paths)
        self._dialect = None if dialect is None else dialects.get(dialect)
        self.readers = [Reader(path, compression=compression, verify=verify) for path in self.paths]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all files; samples that were read stay valid."""
        for reader in self.readers:
            reader.close()

    @cached_property
    def _ends(self) -> list[int]:
        return list(accumulate(len(reader) for reader in self.readers))

    def __len__(self) -> int:
        return self._ends[-1]

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        """Return the sample of that number, or the samples of a slice.

        Raises:
            IndexError: There is no such number.
            ChecksumError, TruncatedError: The record is damaged.
            ParseError: The record is no Example, or lacks what the dialect needs.
        """
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        shard, number = self._locate(index)
        return self._sample(shard, number, self.readers[shard][number])

    def __iter__(self) -> Iterator[Sample]:
        for shard, number, record in self.records():
            yield self._sample(shard, number, record)

    def records(self) -> Iterator[tuple[int, int, memoryview]]:
        """Yield (shard number, record number in it, bytes of the record), in order."""
        for shard, reader in enumerate(self.readers):
            for number, record in enumerate(reader):
                yield shard, number, record

    def features(self, index: int) -> Features:
        """Return the features of one record, as they are named in it.

        Raises:
            IndexError: There is no such number.
            ParseError: The record is no Example.
        """
        shard, number = self._locate(index)
        return self.parse(shard, number, self.readers[shard][number])

    def parse(self, shard: int, number: int, record: memoryview) -> Features:
        """Parse one record; an error says where the record is.

        The lists of a SequenceExample come as one feature each, with the values of all steps in a row.

        Raises:
            ParseError: The record is no Example and no SequenceExample.
        """
        try:
            if self.message_kind == "sequence_example":
                return _in_a_row(sequence_example.parse(record))
            return example.parse(record)
        except Error as exc:
            exc.offset = None  # it counts within the message; the place of the record says more
            raise exc.at(path=self.paths[shard], record=number) from exc

    @cached_property
    def message_kind(self) -> str | None:
        """What the records are, told by the first of them: "example", "sequence_example", or None for neither.

        A file without records counts as Examples.
        """
        kinds = {messages.recognise(record) for _, _, record in islice(self.records(), SNIFFED_RECORDS)}
        if None in kinds:
            return None
        return "sequence_example" if "sequence_example" in kinds else "example"

    @cached_property
    def schema(self) -> Schema:
        """Types, shapes and values of the features, seen over the first 64 records."""
        return schema_of(self._first_features())

    @cached_property
    def match(self) -> dialects.Match:
        """The dialect of the records, and why it is taken for that."""
        if self._dialect is not None:
            return dialects.Match(self._dialect.NAME, self._dialect, ["it was named"])
        split = self.manifest
        if split and split.get("dialect") in dialects.DIALECTS:
            name = split["dialect"]
            return dialects.Match(name, dialects.get(name), [f"{manifest.NAME} says so"])
        return dialects.sniff(self._first_features())

    @property
    def dialect(self) -> str:
        """Name of the dialect; "generic" where no known one fits."""
        return self.match.name

    @cached_property
    def manifest(self) -> dict[str, Any] | None:
        """The entry of `filmroll.json` that lists the first file, or None."""
        return manifest.find(self.paths[0])

    @property
    def label_names(self) -> list[str]:
        """Names of the classes by label, from `filmroll.json`; empty where it is absent or names none."""
        return list((self.manifest or {}).get("label_names", []))

    def to_sample(self, shard: int, number: int, features: Features) -> Sample:
        """Turn the features of one record into a sample; an error says where the record is.

        Raises:
            ParseError: The record lacks what the dialect needs.
        """
        try:
            return self.match.reading.to_sample(features)
        except Error as exc:
            raise exc.at(path=self.paths[shard], record=number) from exc

    def _sample(self, shard: int, number: int, record: memoryview) -> Sample:
        if self.message_kind is None:
            raise ParseError(
                "the record is no tf.train.Example; its bytes are read with `records`",
                path=self.paths[shard],
                record=number,
            )
        return self.to_sample(shard, number, self.parse(shard, number, record))

    def _locate(self, index: int) -> tuple[int, int]:
        count = len(self)
        if not -count <= index < count:
            raise IndexError(f"record {index} of {count}")
        index += count if index < 0 else 0
        shard = bisect_right(self._ends, index)
        return shard, index - (self._ends[shard - 1] if shard else 0)

    def _first_features(self) -> list[Features]:
        if self.message_kind is None:
            return []
        return [self.parse(*place) for place in islice(self.records(), SNIFFED_RECORDS)]

    def __repr__(self) -> str:
        return f"<filmroll.Dataset of {len(self)} records in {len(self.paths)} files, dialect {self.dialect}>"


def _in_a_row(sequence: sequence_example.SequenceExample) -> Features:
    return dict(sequence.context) | {name: _joined(steps) for name, steps in sequence.feature_lists.items()}


def _joined(steps: Sequence[Value]) -> Value:
    """Join the values of all steps; steps of different kinds are no SequenceExample that TensorFlow would read."""
    filled = [step for step in steps if step is not None]
    if not filled:
        return None
    if isinstance(filled[0], list):
        return [value for step in filled if isinstance(step, list) for value in step]
    arrays = [step for step in filled if isinstance(step, np.ndarray) and step.dtype == filled[0].dtype]
    return cast(Value, np.concatenate(arrays))
