"""Which picture goes into which shard, and how the shards are named."""

import itertools
import math
import mmap
import os
import random
import re
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from filmroll.errors import UnsupportedError
from filmroll.records.compression import Compression
from filmroll.records.kinds import KINDS, Kind
from filmroll.remote.path import RemotePath, path_of
from filmroll.spool import Spool

Item = TypeVar("Item")
GZ = ".gz"
SUFFIXES: dict[Kind, tuple[str, ...]] = {
    "tfrecord": tuple(name + end for end in ("", GZ) for name in (".tfrecord", ".tfrecords", ".tfrec", ".record")),
    "array_record": (".array_record", ".arrayrecord"),
    "lmdb": (".lmdb",),
    "tar": (".tar", ".tgz", ".tar.gz"),
    "parquet": (".parquet",),
}
TFDS = "tfds"
SUFFIX = re.compile(r"(\.[\w-]+)+")
HELD_NUMBERS = 1 << 20
APPENDED_NUMBERS = 1 << 16
DEFAULT_SHARD_NBYTES = 128 * 2**20  # large enough to read in sequence, small enough to shuffle and to copy


def order(count: int, *, seed: int | None) -> Sequence[int]:
    """Return the numbers from 0, shuffled by a seed, or as they are where it is None.

    More than a million are kept in a temporary file, 8 bytes each: a shuffle has to have all of them.

    Raises:
        OSError: The disk for temporary files is full.
    """
    if seed is None:
        return range(count)
    if count > HELD_NUMBERS:
        return _shuffled_on_disk(count, seed)
    numbers = array("q", range(count))
    random.Random(seed).shuffle(numbers)
    return numbers


def _shuffled_on_disk(count: int, seed: int) -> Sequence[int]:
    kept = Spool()
    for start in range(0, count, APPENDED_NUMBERS):
        kept.append(memoryview(array("q", range(start, min(start + APPENDED_NUMBERS, count)))))
    numbers: Any = kept.whole().cast("q")
    random.Random(seed).shuffle(numbers)
    if hasattr(numbers.obj, "madvise"):
        numbers.obj.madvise(mmap.MADV_DONTNEED)  # they are in the file, and are read once more, in their order
    return cast("Sequence[int]", numbers)


def split(items: Sequence[Item], *, shard_count: int) -> Iterator[Sequence[Item]]:
    """Cut the items into runs whose lengths differ by one at most, the longer ones spread evenly as in TFDS."""
    edges = [(2 * len(items) * index + shard_count) // (2 * shard_count) for index in range(shard_count + 1)]
    return (items[start:stop] for start, stop in itertools.pairwise(edges))


def shard_count(
    count: int,
    *,
    nbytes: int,
    shards: int | None = None,
    shard_nbytes: int | None = None,
    kind: Kind = "tfrecord",
) -> int:
    """Decide how many shards there are.

    Args:
        count: Number of pictures.
        nbytes: Bytes of all of them together.
        shards: The number wanted, or None to go by size; of LMDB there is one, unless either is given.
        shard_nbytes: Size of a shard to aim at; None is 128 MiB.
        kind: Of the files.

    Raises:
        UnsupportedError: Both were given, or a number that leaves shards without a picture.
    """
    if shards is not None and shard_nbytes is not None:
        raise UnsupportedError("give the number of shards or their size, not both")
    if shards is None and shard_nbytes is None and kind == "lmdb":
        return 1
    if shards is None:
        target = DEFAULT_SHARD_NBYTES if shard_nbytes is None else shard_nbytes
        if target < 1:
            raise UnsupportedError(f"a shard of {target} bytes holds nothing; give a size above 0")
        return max(1, min(count, math.ceil(nbytes / target)))
    if not isinstance(shards, int) or not 1 <= shards <= count:
        raise UnsupportedError(f"{shards!r} shards for {count} pictures; give a number from 1 to {count}")
    return shards


def destination(
    dest: str | os.PathLike[str], *, to: Kind | None = None, compression: Compression | None = None
) -> tuple[Path, Kind]:
    """Return the path before the numbers, and the kind of file: the one named, else by the suffix, else TFRecord.

    An LMDB environment is a folder itself. In place of any other name a folder is refused: shards beside it would
    surprise whoever meant into it.

    Raises:
        UnsupportedError: There is no such kind, or no name for shards, or it says gzip and `compression` does not.
    """
    path = path_of(dest)
    if path.name in ("", "..") or (isinstance(path, RemotePath) and path == path.bucket):
        raise UnsupportedError("a folder; give a name for the shards in it, too", path=path)
    if to is not None and to not in KINDS:
        raise UnsupportedError(f"no kind of record file {to!r}; there are: {', '.join(KINDS)}")
    kind = to if to is not None else _kind_by_suffix(path)
    if kind == "tfrecord" and compression != "gzip" and path.name.lower().endswith(GZ):
        raise UnsupportedError(f"the name says gzip; ask for gzip compression, or leave {GZ} out", path=path)
    if kind != "lmdb":
        _refuse_folder(path, is_named=os.fspath(dest).endswith(("/", os.sep)), suffix=SUFFIXES[kind][0])
    return path, kind


def _kind_by_suffix(path: Path) -> Kind:
    return next((kind for kind in KINDS if _suffix(path, kind)), "tfrecord")


def _refuse_folder(path: Path, *, is_named: bool, suffix: str) -> None:
    stands = not isinstance(path, RemotePath) and path.is_dir()
    if is_named or stands:
        beside = "" if is_named else f", or a suffix for shards beside it, {path.name}{suffix}"
        raise UnsupportedError(
            f"a folder; give a name for the shards in it, too, such as {path / 'train'}{beside}", path=path
        )


def shard_paths(
    dest: Path, *, shard_count: int, suffix: str | None = None, kind: Kind = "tfrecord", dialect: str = ""
) -> list[Path]:
    """Name the shards: `dest-00000-of-00008.tfrecord`; a name with a suffix and one shard is taken as it is.

    Tars are numbered as WebDataset's are, `dest-000000.tar`; one LMDB environment needs no suffix; with the dialect
    tfds the names are those of TensorFlow Datasets, `name-train.tfrecord-00000-of-00008` of `name-train`.

    Args:
        dest: The path before the numbers, with or without a suffix.
        shard_count: Number of shards.
        suffix: What stands after the numbers; "" is nothing, as build_imagenet_data.py names its shards; None is what
            `dest` ends in, or that of the kind.
        kind: Of the files.
        dialect: Of the records.

    Raises:
        UnsupportedError: `suffix` is no suffix, or TensorFlow Datasets would not accept the name.
    """
    found = _suffix(dest, kind)
    if suffix is None and shard_count == 1 and (found or kind == "lmdb"):
        return [dest]
    ending = suffix if suffix is not None else found or SUFFIXES[kind][0]
    if ending and SUFFIX.fullmatch(ending) is None:
        raise UnsupportedError(f"{ending!r} is no suffix such as .tfrecord; '' leaves it out")
    stem = dest.name.removesuffix(found)
    if dialect == TFDS and suffix is None and kind in ("tfrecord", "array_record"):
        from filmroll.dialects import tfds_metadata  # needed for this dialect alone

        dataset, split = tfds_names(dest)
        names = [
            tfds_metadata.file_name(dataset, split, shard=index, shards=shard_count, file_format=kind)
            for index in range(shard_count)
        ]
    elif kind == "tar":
        names = [f"{stem}-{index:06d}{ending}" for index in range(shard_count)]
    else:
        names = [f"{stem}-{index:05d}-of-{shard_count:05d}{ending}" for index in range(shard_count)]
    return [dest.with_name(name) for name in names]


def tfds_names(dest: Path) -> tuple[str, str]:
    """Return the names of dataset and split that TensorFlow Datasets finds in `dataset-split`."""
    dataset, dash, split = _stem(dest).rpartition("-")
    return (dataset, split) if dash else (split, "train")


def split_name(dest: Path, kind: Kind = "tfrecord") -> str:
    """Return the name under which the manifest keeps these shards: the part before the shard numbers.

    Those of another kind than TFRecord have their suffix in it: both may stand in one folder.
    """
    return _stem(dest) + ("" if kind == "tfrecord" else SUFFIXES[kind][0])


def _stem(dest: Path) -> str:
    return dest.name.removesuffix(next((found for kind in KINDS if (found := _suffix(dest, kind))), ""))


def _suffix(dest: Path, kind: Kind) -> str:
    """Return the suffix of a kind that a name ends in, in its own letters; empty where it ends in none."""
    found = next((suffix for suffix in SUFFIXES[kind] if dest.name.lower().endswith(suffix)), "")
    return dest.name[len(dest.name) - len(found) :]
