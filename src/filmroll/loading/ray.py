"""Records as a Ray Dataset: each task of Ray reads and decodes the records of a shard, or of a part of one.

    shards  0            1            2 ...
    tasks   0    1    2  3    4    5  6 ...      as many as Ray asks for; none reads from two shards but where there
                                                 are more shards than tasks

All nodes see the same files under the same names, or in the same bucket, and have the same filmroll.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from filmroll import dataset, stale
from filmroll.dataset import Dataset
from filmroll.errors import MissingDependencyError
from filmroll.leniency import OnError
from filmroll.loading.loader import Batch
from filmroll.records import storage
from filmroll.records.cache import Where
from filmroll.records.kinds import Choice

try:
    import ray.data
    from ray.data.block import BlockAccessor, BlockMetadata
    from ray.data.datasource import Datasource, ReadTask
except ImportError as exc:
    raise MissingDependencyError("datasets of Ray need ray[data]: pip install 'filmroll[ray]'") from exc

BLOCK_RECORDS = 128  # that are decoded at a time; Ray has a block of them in memory
OWN = {"shuffle", "rank", "world_size", "worker", "workers", "epoch", "drop_last", "pad", "batch_size"}
OWN |= {"threads", "processes"}


def read(
    paths: storage.Paths,
    *,
    dialect: str | None = None,
    compression: Choice = "auto",
    verify: bool = True,
    on_error: OnError = "raise",
    cache: Where = None,
    cache_nbytes: int | None = None,
    blocks: int | None = None,
    **options: Any,
) -> Any:
    """Read record files as a Ray Dataset, lazily, with the pictures decoded.

    Args:
        paths: As for `filmroll.open`; on a cluster, of a bucket or of storage that all nodes share.
        dialect: As for `filmroll.open`.
        compression: As for `filmroll.open`.
        verify: As for `filmroll.open`.
        on_error: As for `filmroll.open`.
        cache: As for `filmroll.open`; each node has its own.
        cache_nbytes: As for `filmroll.open`.
        blocks: How many tasks read; None lets Ray choose.
        **options: Of `Dataset.batches`, for the pictures: size, crop, flip, channels, seed, ... To shuffle, split,
            batch, or work side by side is Ray's to do.

    Returns:
        A `ray.data.Dataset` with the columns "image" uint8, or whatever dtype arrays have, (height, width, channels),
        "label" int64 from 0, -1 where there is none, and "record" int64, the numbers of the records. Pictures may
        differ in size, where no `size` is given.

    Raises:
        TypeError: An option is one that Ray has to be told.
        FileNotFoundError, SourceError: There are no such records.
        MissingDependencyError: Ray Data is not installed.

    Warns:
        StaleWarning: As `filmroll.open`.
    """
    taken = sorted(OWN & options.keys())
    if taken:
        raise TypeError(
            f"{', '.join(taken)}: to shuffle, split, batch and work side by side is for the Ray Dataset to do"
        )
    roll = dataset.open(
        [path.absolute() for path in stale.expand(paths)],
        dialect=dialect,
        compression=compression,
        verify=verify,
        on_error=on_error,
        cache=cache,
        cache_nbytes=cache_nbytes,
    )
    return ray.data.read_datasource(Source(roll, options), override_num_blocks=blocks)


class Source(Datasource):  # type: ignore[misc]  # it is not annotated
    """What Ray asks for tasks that read.

    Args:
        roll: The records.
        options: Of `Dataset.batches`.
    """

    def __init__(self, roll: Dataset, options: dict[str, Any]) -> None:
        self._roll, self._options = roll, options

    def get_name(self) -> str:
        """Return what Ray shows while it reads."""
        return "Filmroll"

    def estimate_inmemory_data_size(self) -> int | None:
        """Return about how many bytes the decoded pictures take: those of the first, times their number."""
        first = next(iter(self._roll.batches(1, threads=1, **self._options)), None)
        return None if first is None else len(self._roll) * int(np.asarray(first["image"][0]).nbytes)

    def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[Any]:
        """Return about so many tasks, each with records that are neighbours."""
        counts = self._roll.shards.counts
        nbytes = (self.estimate_inmemory_data_size() or 0) // max(1, len(self._roll))
        tasks = []
        for first, stop in ranges(counts, parallelism):
            shard = self._roll.shards.locate(first).shard
            metadata = BlockMetadata(
                num_rows=stop - first if self._roll.on_error == "raise" else None,
                size_bytes=nbytes * (stop - first),
                input_files=(str(self._roll.paths[shard]),),
                exec_stats=None,
            )
            tasks.append(ReadTask(partial(_read, self._roll, first, stop, self._options), metadata))
        return tasks


def ranges(counts: Iterable[int], wanted: int) -> list[tuple[int, int]]:
    """Divide records into about so many ranges: shards are cut where there are fewer, and joined where there are more.

    Args:
        counts: Records of each shard.
        wanted: Number of ranges.

    Returns:
        The first record of each range, and the one after its last, in order; none is empty.
    """
    counts = list(counts)
    total = sum(counts)
    most = max(1, -(-total // max(1, wanted)))
    found: list[tuple[int, int]] = []
    first = stop = 0
    for count in counts:
        if stop > first and stop - first + count > most:
            found += _cut(first, stop, most)
            first = stop
        stop += count
    return [*found, *_cut(first, stop, most)]


def _cut(first: int, stop: int, most: int) -> list[tuple[int, int]]:
    parts = -(-(stop - first) // most)
    edges = [first + (stop - first) * part // parts for part in range(parts)] if parts else []
    return list(zip(edges, [*edges[1:], stop], strict=True)) if parts else []


def _read(roll: Dataset, first: int, stop: int, options: dict[str, Any]) -> Iterator[Any]:
    """Yield the blocks of a range of records: the work of one task."""
    block: Callable[[Batch], Any] = BlockAccessor.batch_to_block
    loader = roll.batches(BLOCK_RECORDS, threads=1, **options)
    loader.take_range(first, stop)
    with roll:
        for batch in loader:
            image = batch["image"]
            yield block({**batch, "image": _ragged(image) if isinstance(image, list) else image})


def _ragged(images: list[Any]) -> Any:
    """Put pictures of different sizes into one column."""
    column = np.empty(len(images), object)
    for number, image in enumerate(images):
        column[number] = image
    return column
