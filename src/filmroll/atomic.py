"""Files that appear whole or not at all: written beside their place, flushed to disk, then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


def temporary_of(path: Path) -> Path:
    """Return the name beside a path under which it is written: hidden, and of this process alone."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


@contextmanager
def writing(path: str | os.PathLike[str], *, sync: bool = True) -> Iterator[BinaryIO]:
    """Open a file to write whole: it has its name when the block ends well, and leaves nothing behind when not.

    Args:
        path: The file; one that is there already is replaced at the end.
        sync: Wait until the disk has it, so that it survives a power cut; slow for thousands of small files.

    Raises:
        OSError: The folder is absent, the disk is full, ...: nothing stands under the name, or what stood before.
    """
    path = Path(path)
    temporary = temporary_of(path)
    try:
        with open(temporary, "wb") as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    if sync:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder's list of names to disk, where the system can (Windows cannot)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
