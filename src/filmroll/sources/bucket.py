"""A folder of pictures in a store, listed in pages: which files it holds, and which class each belongs to.

s3://bucket/flowers/rose/a.jpg     key "rose/a.jpg", class "rose"     all else as of a folder on the disk (folder.py)
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from filmroll import codecs
from filmroll.errors import UnsupportedError
from filmroll.remote import store
from filmroll.remote.path import RemotePath
from filmroll.sources import folder
from filmroll.sources.item import File, Listing
from filmroll.sources.remote_file import RemoteFile, side_by_side
from filmroll.sources.sorting import in_order


def read(root: RemotePath, *, label_names: Sequence[str] | None = None) -> Listing:
    """List a folder in a store: its pictures, their classes and sizes.

    What a folder on the disk would hold after a copy is what is listed here, in the same order.

    Args:
        root: The folder, or the bucket.
        label_names: As of `folder.read`.

    Raises:
        SourceError: The folder holds no file at all, no picture, or a class that `label_names` lacks.
        FileNotFoundError: There is no such folder, or no such bucket.
        OSError: The store refuses, fails or does not answer; or the disk for temporary files is full.
        UnsupportedError: It is on a web server, which lists nothing, or is one file.
        MissingDependencyError: The extra `cloud` is not installed.
    """
    if root.url.startswith("http"):
        raise UnsupportedError(
            "a web server does not list its files; copy the pictures here, or to a bucket", path=root
        )
    if root.status().nbytes is not None:
        raise UnsupportedError("one file in a store; name the folder of the pictures, or copy it here", path=root)
    return folder.listed(_Bucket(root), label_names=label_names)


class _Bucket:
    """A folder in a store; it knows files by what the listing said: key, bytes and time of change."""

    def __init__(self, root: RemotePath) -> None:
        self.root = root
        self._folders: set[str] = set()
        found = in_order(self._listed())
        first = next(found, None)  # all are listed before the first one comes
        self._files = found if first is None else chain([first], found)

    def _listed(self) -> Iterator[str]:
        start = len(self.root.url) + 1
        for url, status in store.listing(self.root.url, deep=True):
            key = url[start:]
            first, slash, _ = key.partition("/")
            if slash and not folder.is_hidden(first):
                self._folders.add(first)
            if not status.nbytes and not PurePosixPath(key).suffix:
                continue  # what consoles make for a folder, whose key has lost the "/" that it ends with
            if not any(map(folder.is_hidden, key.split("/"))):
                yield f"{key}\0{status.nbytes}\0{status.changed_ns}"

    def walk(self) -> Iterator[tuple[str, str]]:
        return ((one.partition("\0")[0], one) for one in self._files)

    def classes(self) -> list[str]:
        return sorted(self._folders)

    def size_and_time(self, known: str) -> tuple[int, int]:
        _, nbytes, changed_ns = known.split("\0")
        return int(nbytes), int(changed_ns)

    def pictures(self, found: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, bool]]:
        looked = side_by_side(self._is_picture, found, nbytes=lambda _: folder.PROBE_NBYTES)
        return ((key, known, is_picture.result()) for (key, known), is_picture in looked)

    def _is_picture(self, found: tuple[str, str]) -> bool:
        """Look into a file that has no picture's name."""
        key, known = found
        if codecs.format_of(key):
            return True
        if not self.size_and_time(known)[0]:
            return False
        head, _ = store.read(f"{self.root.url}/{key}", stop=folder.PROBE_NBYTES)
        return codecs.identify(bytes(head)) is not None

    def maker(self, label_names: Sequence[str]) -> Callable[..., File]:
        return partial(_file, root=self.root.url, names=label_names)


def _file(key: str, *, root: str, names: Sequence[str], label: int | None, line: int, **stated: Any) -> RemoteFile:
    del line  # no list names it
    return RemoteFile(f"{root}/{key}", key, label=label, text=None if label is None else names[label], **stated)
