"""A picture in a store, and many of them read side by side, some ahead of the one that is wanted next."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from filmroll.remote import store
from filmroll.remote.path import RemotePath
from filmroll.sources.item import File, Item

AT_ONCE = 16  # requests under way: each answer takes some ten milliseconds to come
AHEAD_NBYTES = 1 << 25  # of pictures on their way, or waiting for their turn; one that is larger comes alone
Thing = TypeVar("Thing")
Result = TypeVar("Result")


@dataclass(slots=True)
class RemoteFile(File):
    """A file in a store that may be a picture.

    Attributes:
        coming: Its bytes, if they are on their way.
    """

    coming: Future[bytes] | None = None

    @property
    def path(self) -> Path:
        """Where it is."""
        return RemotePath(self.where)

    def fetch(self) -> bytes:
        """Read the whole file.

        Raises:
            FileNotFoundError: It is not there any more.
            OSError: The store refuses, fails or does not answer.
        """
        return bytes(store.read(self.where)[0])

    def _content(self) -> bytes:
        return self.fetch() if self.coming is None else self.coming.result()


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield files of a store in their order, with their bytes on the way before they are asked for."""
    files = cast("Iterable[RemoteFile]", items)
    for item, coming in side_by_side(RemoteFile.fetch, files, nbytes=lambda item: item.nbytes):
        yield replace(item, coming=coming)


def side_by_side(
    work: Callable[[Thing], Result], things: Iterable[Thing], *, nbytes: Callable[[Thing], int]
) -> Iterator[tuple[Thing, Future[Result]]]:
    """Yield things in their order, with the work on some of those that follow begun."""
    waiting: deque[tuple[Thing, Future[Result]]] = deque()
    held = 0
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fetch") as pool:
        try:
            for thing in things:
                while waiting and (len(waiting) == AT_ONCE or held + nbytes(thing) > AHEAD_NBYTES):
                    held -= nbytes(waiting[0][0])
                    yield waiting.popleft()
                waiting.append((thing, pool.submit(work, thing)))
                held += nbytes(thing)
            while waiting:
                yield waiting.popleft()
        finally:
            for _, begun in waiting:
                begun.cancel()
