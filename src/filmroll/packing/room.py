"""Shards by their names: room is made for new ones, old ones are removed."""

import errno
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from filmroll import atomic, manifest
from filmroll.records import storage
from filmroll.records.index import path_of as index_path_of
from filmroll.remote.path import RemotePath


def make_room(paths: Sequence[Path], *, name: str, overwrite: bool, others: Iterable[str] = ()) -> list[Path]:
    """Check that no shard would be replaced unasked.

    Args:
        paths: The shards to come, in a folder that is there.
        name: Under which the manifest keeps them.
        overwrite: Let shards that are there be replaced.
        others: Names of shards of an earlier run that the manifest does not list, as it was interrupted.

    Returns:
        The shards of an earlier run that must go when the new ones stand.

    Raises:
        FileExistsError: One is there, and `overwrite` is False.
        ParseError: A file stands where the manifest belongs.
    """
    earlier = manifest.read(manifest.path_of(paths[0])).get(name, {}).get("shards", [])
    names = {shard["path"] for shard in earlier}.union(others)
    there = {paths[0].with_name(name) for name in names} | set(paths)
    standing = sorted(storage.existing(there))
    foreign = next((path for path in standing if path.is_dir() and not path.joinpath("data.mdb").is_file()), None)
    if foreign is not None:
        raise FileExistsError(errno.EEXIST, "a folder that holds no records; choose another name", str(foreign))
    if standing and not overwrite:
        raise FileExistsError(errno.EEXIST, "there already; choose another name, or say --overwrite", str(standing[0]))
    return [path for path in standing if path not in paths]


def remove(paths: Iterable[Path]) -> None:
    """Remove shards and their indexes; an LMDB environment, which is a folder, loses its name at once."""
    for path in paths:
        if isinstance(path, RemotePath):
            for one in (index_path_of(path), path, *path.below()):
                one.unlink(missing_ok=True)
        elif path.is_dir():
            hidden = atomic.temporary_of(path)
            os.rename(path, hidden)
            shutil.rmtree(hidden)
        else:
            index_path_of(path).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
