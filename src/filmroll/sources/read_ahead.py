"""Files that have to come from a disk: the system is asked for some ahead of the one that is read next.

blocks   [a b c ...]  [d e f ...]       while one is read, the next one is on its way
          ^             ^               a file of each is looked at: what is in memory need not be asked for
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain

from filmroll.sources.item import READ_ONLY, File, Item

BLOCK_FILES = 64
BLOCK_NBYTES = 1 << 23
NOT_WAITING = READ_ONLY | getattr(os, "O_NONBLOCK", 0)  # for the other end of a pipe


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield items in their order, those that are files asked for before they are read, where the system can (Linux)."""
    if not hasattr(os, "RWF_NOWAIT"):
        yield from items
        return
    block: Sequence[Item] = ()
    for following in chain(_blocks(items), ((),)):
        _ask_for(following)
        yield from block
        block = following


def _blocks(items: Iterable[Item]) -> Iterator[Sequence[Item]]:
    """Divide items into blocks of at most so many, and of so many bytes, but of one at least."""
    block: list[Item] = []
    nbytes = 0
    for item in items:
        block.append(item)
        nbytes += item.nbytes
        if nbytes >= BLOCK_NBYTES or len(block) >= BLOCK_FILES:
            yield block
            block, nbytes = [], 0
    yield block


def _ask_for(block: Sequence[Item]) -> None:
    files = [item for item in block if isinstance(item, File)]
    if not files or not _has_to_come(files[-1]):
        return
    for file in files:
        with suppress(OSError):  # reading it will say so
            handle = os.open(file.where, NOT_WAITING)
            try:
                os.posix_fadvise(handle, 0, file.nbytes, os.POSIX_FADV_WILLNEED)
            finally:
                os.close(handle)


def _has_to_come(file: File) -> bool:
    """Tell whether a file is not in memory, as far as its beginning tells."""
    try:
        handle = os.open(file.where, NOT_WAITING)
    except OSError:
        return False
    try:
        os.preadv(handle, [bytearray(1)], 0, os.RWF_NOWAIT)
    except BlockingIOError:
        return True
    except OSError:  # not every file system can tell
        return False
    finally:
        os.close(handle)
    return False
