"""The folder of an LMDB environment appears whole or not at all: made beside its place, synced, then renamed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filmroll import atomic
from filmroll.records import lmdb_pages
from filmroll.remote.path import RemotePath

DATA = "data.mdb"


@contextmanager
def appearing(path: Path, temporary: Path) -> Iterator[None]:
    """Make a folder that has its name when the block ends well, and is removed when not.

    Raises:
        FileExistsError: There is something else of that name: a file, or a folder that holds no environment.
        OSError: It cannot be made or renamed.
    """
    _require_replaceable(path)
    try:
        temporary.mkdir()
    except FileExistsError:  # of a process of the same number that was killed
        shutil.rmtree(temporary)
        temporary.mkdir()
    try:
        yield
        atomic.sync_folder(temporary)
        _replace(temporary, path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    atomic.sync_folder(path.parent)


def _require_replaceable(path: Path) -> None:
    if not path.is_dir():
        if path.exists():
            raise FileExistsError(f"{path} is a file; an LMDB environment is a folder")
        return
    others = {one.name for one in path.iterdir()} - {DATA, "lock.mdb"}
    if others:
        raise FileExistsError(f"{path} holds {min(others)!r}, so it is not replaced by an LMDB environment")


def _replace(temporary: Path, path: Path) -> None:
    """Rename a folder, or replace the file in the one that is there: the old or the new stands at any time."""
    if isinstance(path, RemotePath):
        atomic.replace(temporary / DATA, path / DATA)
        shutil.rmtree(temporary)
        return
    if not path.is_dir():
        os.rename(temporary, path)
        return
    os.replace(temporary / DATA, path / DATA)
    path.joinpath("lock.mdb").unlink(missing_ok=True)  # it knows of readers of the old file
    atomic.sync_folder(path)
    temporary.rmdir()


def cut(path: Path, *, last_page: int) -> None:
    """Cut off what is behind the last page: all the room that Windows gives a map.

    Raises:
        OSError: It cannot be cut.
    """
    with open(path, "r+b") as file:
        head = file.read(lmdb_pages.HEADER.size + lmdb_pages.META.size)
        nbytes = (last_page + 1) * lmdb_pages.META.unpack_from(head, lmdb_pages.HEADER.size)[2]
        if file.seek(0, os.SEEK_END) > nbytes:
            file.truncate(nbytes)
            os.fsync(file.fileno())
