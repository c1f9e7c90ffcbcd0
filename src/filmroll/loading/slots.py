"""Memory that processes share, in slots: the pictures of one batch each.

    begun by each process, wanted of each slot (int64)  │  slot 0  │  slot 1  │ ...      each begins at a page

It has no name in any folder, so nothing is left of it, however the processes end: on Linux it is memory alone, which
no limit of /dev/shm concerns; elsewhere a file that is unlinked at once; on Windows a mapping that lasts as long as a
process has it.
"""

import mmap
import os
import sys
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from uuid import uuid4

import numpy as np

from filmroll.loading.pixels import UInt8Array

WORD_NBYTES = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """How the memory is divided.

    Attributes:
        workers: Processes that write.
        slots: Batches that it has room for.
        shape: (batch size, height, width, channels) of a slot; None where pictures are not kept in it.
    """

    workers: int
    slots: int
    shape: tuple[int, int, int, int] | None

    def offset(self, slot: int) -> int:
        """Return where a slot begins."""
        first = _whole_pages(WORD_NBYTES * (self.workers + self.slots))
        return first + slot * (0 if self.shape is None else _whole_pages(prod(self.shape)))

    @property
    def nbytes(self) -> int:
        """Return the size of the whole."""
        return self.offset(self.slots)


def _whole_pages(nbytes: int) -> int:
    return -(-nbytes // mmap.PAGESIZE) * mmap.PAGESIZE


class Shared:
    """The memory, as one of the processes sees it.

    Attributes:
        begun: (workers,) int64, pictures that each has begun so far; it alone writes it.
        wanted: (slots,) int64, whether pictures of that slot are still waited for.
    """

    def __init__(self, layout: Layout, mapped: mmap.mmap) -> None:
        self._layout, self._mapped = layout, mapped
        words = np.frombuffer(mapped, np.int64, layout.workers + layout.slots)
        self.begun, self.wanted = words[: layout.workers], words[layout.workers :]

    def images(self, slot: int, count: int) -> UInt8Array | None:
        """Return the first pictures of a slot, (count, height, width, channels).

        The array's base is an array of its own: as long as it lives, there is somebody who looks at the slot.
        """
        shape = self._layout.shape
        if shape is None:
            return None
        own = np.frombuffer(self._mapped, np.uint8, count * prod(shape[1:]), self._layout.offset(slot))
        return own.reshape(count, *shape[1:])


class Memory:
    """The memory that a process makes for itself and its workers.

    Attributes:
        key: Tells a worker where it is.
        inherited: File descriptors that a worker has to inherit, with their numbers, to find it.
    """

    def __init__(self, layout: Layout) -> None:
        self.inherited: Sequence[int] = ()
        self.key: int | str
        if sys.platform == "win32":
            self.key = f"filmroll-{uuid4()}"
            mapped = mmap.mmap(-1, layout.nbytes, tagname=self.key)
        else:
            self.key = _file_without_name()
            self.inherited = (self.key,)
            os.truncate(self.key, layout.nbytes)
            mapped = mmap.mmap(self.key, layout.nbytes)
        self.shared = Shared(layout, mapped)

    def close(self) -> None:
        """Let no more workers find it; those that have it keep it."""
        for descriptor in self.inherited:
            os.close(descriptor)
        self.inherited = ()


def _file_without_name() -> int:
    if hasattr(os, "memfd_create"):
        with suppress(OSError):  # some systems allow it to none
            return os.memfd_create("filmroll")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def of_key(layout: Layout, key: int | str) -> Shared:
    """Return the memory that another process has made.

    Raises:
        ValueError: Nothing of that kind is here.
    """
    if isinstance(key, int):
        mapped = mmap.mmap(key, layout.nbytes)
        os.close(key)
        return Shared(layout, mapped)
    if sys.platform == "win32":
        return Shared(layout, mmap.mmap(-1, layout.nbytes, tagname=key))
    raise ValueError(f"no memory is named {key!r} here")


class Slots:
    """Which slots are free, and which are with the user.

    Args:
        shared: The memory.
        count: Number of slots.
    """

    def __init__(self, shared: Shared, count: int) -> None:
        self._shared = shared
        self._free = list(range(count))

    def take(self) -> int | None:
        """Take a slot to be written: the one used last, whose pages are there; None where all are in use."""
        if not self._free:
            return None
        slot = self._free.pop()
        self._shared.wanted[slot] = 1
        return slot

    def give_back(self, slot: int) -> None:
        """Let a slot be taken again that nobody looks at, and that nobody writes any more."""
        self._free.append(slot)

    def lend(self, slot: int, count: int) -> UInt8Array | None:
        """Hand out the pictures of a slot; it is taken back when the array and all views of it are gone.

        The last slot that is free is for the next batch: where the user keeps many, they get copies.
        """
        images = self._shared.images(slot, count)
        if images is None or not self._free:
            self.give_back(slot)
            return None if images is None else images.copy()
        end = weakref.finalize(images.base, _give_back, self._free, slot, _forks.count)
        end.atexit = False
        return images


class _Forks:
    """How often this process was forked: what it had lent out then, its child may look at as long as it likes."""

    count = 0

    def add(self) -> None:
        self.count += 1


_forks = _Forks()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_forks.add)


def _give_back(free: list[int], slot: int, forks: int) -> None:
    if forks == _forks.count:
        free.append(slot)
