"""Batches of raw arrays: thousands of small records parsed at once, as columns, and handed out batch by batch.

numbers ──> spans of the mapped files, verified ──> columns ──> (n, height, width, channels) ──> slices of it
"""

from collections.abc import Generator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.dataset import Dataset
from filmroll.dialects import array, datum, fields
from filmroll.dialects.raw_layouts import raw_layout
from filmroll.errors import Error
from filmroll.loading.loader import NO_LABEL, Batch, Loader
from filmroll.loading.order import Order
from filmroll.messages import columns, datum_columns

MANY_RECORDS = 8192  # parsed at a time, so that NumPy's fixed costs vanish


class DifferError(Exception):
    """The records are not all alike: they have to be taken one by one."""


class ArrayLoader(Loader):
    """Batches of raw arrays of one shape, parsed many records at a time; anything else goes to another loader.

    Args:
        roll: The records.
        otherwise: Loads the same batches one record at a time, where the records turn out not to be alike.
    """

    def __init__(
        self,
        roll: Dataset,
        batch_size: int,
        *,
        otherwise: Loader,
        order: Order,
        drop_last: bool = False,
    ) -> None:
        super().__init__(batch_size, order=order, drop_last=drop_last)
        self._roll, self._otherwise = roll, otherwise
        self.skipped = otherwise.skipped

    def _contents(self) -> str:
        return "raw arrays"

    def _batches(self, order: Order, position: int) -> Generator[tuple[int, Batch], None, None]:
        steps = self._steps(order, position)
        per_chunk = max(1, MANY_RECORDS // self._batch_size)
        # No thread works ahead: handing the interpreter to and fro would cost more than it saves.
        while chunk := list(islice(steps, per_chunk)):
            try:
                parsed = self._parse(np.concatenate([numbers for _, numbers in chunk]))
            except (DifferError, Error):  # the other loader takes them one by one, or says which one is damaged
                yield from self._otherwise._batches(order, position)
                return
            position = yield from _in_batches(chunk, parsed)

    def _parse(self, numbers: NDArray[np.int64]) -> Batch:
        """Parse many records at once.

        Raises:
            DifferError: They are not all arrays of one shape, each with one label or none.
            Error: One is damaged.
        """
        shards, inside = self._roll.shards.locate_many(numbers)
        if (shards == shards[0]).all():
            return self._part(int(shards[0]), inside) | {"record": numbers}
        found = [(np.flatnonzero(shards == shard), shard) for shard in np.unique(shards).tolist()]
        parts = [(rows, self._part(shard, inside[rows])) for rows, shard in found]
        first = parts[0][1]
        if len({(part["image"].shape[1:], part["image"].dtype) for _, part in parts}) > 1:
            raise DifferError
        whole = {name: np.empty((len(numbers), *first[name].shape[1:]), first[name].dtype) for name in first}
        for rows, part in parts:
            for name, values in part.items():
                whole[name][rows] = values
        return whole | {"record": numbers}

    def _part(self, shard: int, numbers: NDArray[np.int64]) -> Batch:
        layout = raw_layout(self._roll.match_of(shard))
        if layout is None:
            raise DifferError
        buffer, starts, lengths = self._roll.shards.spans(shard, numbers)
        names = [name for name in (layout.picture, *layout.shape, layout.dtype, layout.label) if name is not None]
        if self._roll.message_kind_of(shard) == "datum":
            found = datum_columns.parse_buffer(buffer.data, starts, lengths)
            _require_raw(found)
        else:
            found = columns.parse_buffer(buffer.data, starts, lengths, features=names)
        shape = np.concatenate([_one_value(found[name]) for name in layout.shape])
        if (len(layout.shape) > 1 and len(shape) != len(layout.shape)) or (layout.channels_first and len(shape) != 3):
            raise DifferError
        dtype = layout.values if layout.dtype is None else _text(found[layout.dtype])
        image = _images(found[str(layout.picture)], shape.tolist(), dtype)
        label = _labels(found[layout.label], len(numbers)) if layout.label in found else np.full(len(numbers), NO_LABEL)
        if layout.channels_first:
            image = image.transpose(0, 2, 3, 1)
        if layout.bgr and image.shape[3] == 3:
            image = image[..., ::-1]
        return {"image": np.ascontiguousarray(image) if layout.bgr else image, "label": label}


def _require_raw(found: Mapping[str, columns.Column]) -> None:
    """Let Datums that hold picture files, or floats, or lack a size, be taken one by one."""
    encoded = found.get("encoded")
    if not {"data", *datum.SIZES} <= found.keys() or (encoded is not None and _dense(encoded).any()):
        raise DifferError


def _in_batches(chunk: list[tuple[int, NDArray[np.int64]]], parsed: Batch) -> Generator[tuple[int, Batch], None, int]:
    start = position = 0
    for position, numbers in chunk:
        part = slice(start, start + len(numbers))
        yield position, {name: _own(values[part]) for name, values in parsed.items()}
        start += len(numbers)
    return position


def _own(values: NDArray[Any]) -> NDArray[Any]:
    """Copy what is a view of a file; a batch at a time, so that what is copied stays in the processor's cache."""
    return values if values.flags.writeable else values.copy()


def _one_value(column: columns.Column) -> NDArray[Any]:
    """Return the values that all records share."""
    dense = _dense(column)
    if dense.dtype != np.int64 or (dense != dense[:1]).any():
        raise DifferError
    return np.atleast_1d(dense[0])


def _dense(column: columns.Column) -> NDArray[Any]:
    if not column.counts.all():
        raise DifferError
    return column.dense()


def _images(column: columns.Column, shape: list[int], dtype: str | None) -> NDArray[Any]:
    raw = _one_bytes(column)
    first = array.to_array(raw[0].data, shape=shape, dtype=dtype)
    return raw.view(first.dtype).reshape(len(raw), *(shape if len(shape) != 2 else [*shape, 1]))


def _one_bytes(column: columns.Column) -> NDArray[np.uint8]:
    """Return (n, nbytes), one value of each record, all as long."""
    if not isinstance(column, columns.BytesColumn) or (column.counts != 1).any():
        raise DifferError
    return column.dense(copy=False)


def _text(column: columns.Column) -> str | None:
    """Return the text that all records share; None where no record has any."""
    if column.type is None:
        return None
    texts = _one_bytes(column)
    if (texts != texts[:1]).any():
        raise DifferError
    return fields.to_text(texts[0].data)


def _labels(column: columns.Column, count: int) -> NDArray[np.int64]:
    if not column.counts.any():
        return np.full(count, NO_LABEL)
    labels = _dense(column)
    if labels.ndim != 1 or labels.dtype != np.int64:
        raise DifferError
    return labels
