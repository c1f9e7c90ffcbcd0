"""Files that appear whole or not at all: written beside their place, flushed to disk, then renamed.

Those of a store are written on the local disk, under `TMPDIR`, and go up when they are whole.
"""

import errno
import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filmroll.remote import scratch, store
from filmroll.remote.path import RemotePath, path_of

_TEMPORARY = re.compile(r"\.(?P<name>.+)\.\d+(?:\.part-\d+)?\.tmp", re.DOTALL)


def temporary_of(path: Path) -> Path:
    """Return the name beside a path under which it is written: hidden, and of this process alone.

    Raises:
        IsADirectoryError: The path has no name, as "." and "/" have none.
    """
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if isinstance(path, RemotePath):
        place = scratch.path_for(path.url, f".{path.name}.{os.getpid()}.tmp")
        place.parent.mkdir(exist_ok=True)
        return place
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def remove_leftovers(folder: Path, names: Collection[str]) -> None:
    """Remove what processes that were killed have left of files of these names; nobody may be writing them now.

    Raises:
        OSError: The folder is absent, or something cannot be removed.
    """
    if isinstance(folder, RemotePath):  # nothing is half-written there
        return
    with os.scandir(folder) as entries:
        left = [one for one in entries if (match := _TEMPORARY.fullmatch(one.name)) and match["name"] in names]
    for one in left:
        if one.is_dir(follow_symlinks=False):
            shutil.rmtree(one.path)
        else:
            os.unlink(one.path)


@contextmanager
def writing(
    path: str | os.PathLike[str], *, sync: bool = True, sync_name: bool = True, instead_of: Path | None = None
) -> Iterator[BinaryIO]:
    """Open a file to write whole: it has its name when the block ends well, and leaves nothing behind when not.

    Args:
        path: The file; one that is there already is replaced at the end.
        sync: Wait until the disk has it, so that it survives a power cut; slow for thousands of small files.
        sync_name: Wait until the disk has its name, too; not needed where the name of a file beside it comes next.
        instead_of: A file that belongs to what stood there before, and goes right before the new one has its name.

    Raises:
        OSError: The folder is absent, the disk is full, ...: nothing stands under the name, or what stood before.
            It names the path, where it names no other file.
    """
    path = path_of(path)
    temporary = temporary_of(path)
    try:
        with open(temporary, "wb") as file:
            yield file
            if sync and not isinstance(path, RemotePath):
                file.flush()
                os.fsync(file.fileno())
        if instead_of is not None:
            instead_of.unlink(missing_ok=True)
        replace(temporary, path)
    except BaseException as exc:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(exc, OSError) and exc.filename in (None, str(temporary)):
            exc.filename = str(path)
            del exc.filename2  # None would be told as another name
        raise
    if sync and sync_name:
        sync_folder(path.parent)


def replace(temporary: Path, path: Path) -> None:
    """Give a file that is whole its name, in a folder or in a store.

    Raises:
        OSError: It cannot be, and what stood there still does.
    """
    if isinstance(path, RemotePath):
        store.upload(path.url, temporary)
        path.forget()
        temporary.unlink()
    else:
        os.replace(temporary, path)


def make_folder(folder: Path) -> None:
    """Make a folder, and those around it, so that they survive a power cut; of a store, see that it answers.

    Raises:
        OSError: It cannot be made, or there is a file of that name; there is no such bucket, or it refuses.
    """
    if isinstance(folder, RemotePath):
        store.status(folder.bucket.url)
        return
    if folder.is_dir():
        return
    absent = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise FileExistsError(
            errno.EEXIST, "a file, where a folder is wanted; choose another name", str(folder)
        ) from None
    for one in absent:
        sync_folder(one.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to disk, where the system can (Windows cannot)."""
    if os.name != "posix" or isinstance(folder, RemotePath):
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes, and threads, that lock the same folder waiting while the block runs, where the system can.

    A folder of a store cannot be locked.

    Raises:
        OSError: The folder is absent.
    """
    if os.name != "posix" or isinstance(folder, RemotePath):
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        lock(handle, wait=True)
        yield
    finally:
        os.close(handle)


def lock(handle: int, *, wait: bool) -> bool:
    """Lock an open file or folder until it is closed, or its process ends, however that may be.

    Args:
        handle: Its file descriptor.
        wait: Until nobody else has it locked.

    Returns:
        False where somebody else has it. True where this file system, or Windows, knows no locks.
    """
    if os.name != "posix":
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # some network file systems lock no folders, or nothing
        return True
    return True
