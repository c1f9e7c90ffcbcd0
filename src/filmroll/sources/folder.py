"""A folder of pictures: which files it holds, and which class each belongs to.

flowers/rose/a.jpg           class "rose"        The folders on the first level are the classes, sorted;
flowers/rose/wild/b.jpg      class "rose"        deeper ones belong to the class above them.
flowers/tulip/c.png          class "tulip"       A folder with files only has no classes.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from filmroll import codecs
from filmroll.errors import SourceError
from filmroll.sources.files import Files
from filmroll.sources.item import File, Listing, size_and_time
from filmroll.sources.sorting import in_order

PROBE_NBYTES = 4096  # an SVG may begin with a long comment
SHOWN_CLASSES = 5
IGNORED_NAMES = frozenset({"Thumbs.db", "desktop.ini", "filmroll.json"})


def read(root: str | os.PathLike[str], *, label_names: Sequence[str] | None = None, strict: bool = True) -> Listing:
    """List a folder: its pictures, their classes and sizes.

    A file is a picture by its name, or, where the name is no picture's, by its first bytes. Hidden files are left
    out. Links are followed; a loop of links ends where it begins again.

    Args:
        root: The folder.
        label_names: Names of the classes by label, where the numbers must agree with another folder's (a
            validation split that lacks a class); None numbers the folders on the first level, sorted.
        strict: Refuse a class that `label_names` lacks; else its folder is left alone, and listed.

    Returns:
        Pictures sorted by key, the names of the classes, and what is no picture.

    Raises:
        SourceError: The folder holds no file at all, no picture, or a class that `label_names` lacks.
        FileNotFoundError: There is no such folder.
        NotADirectoryError: It is a file.
    """
    return listed(_Disk(Path(root)), label_names=label_names, strict=strict)


class Tree(Protocol):
    """Files below a folder, wherever that is."""

    @property
    def root(self) -> Path:
        """The folder."""

    def walk(self) -> Iterator[tuple[str, str]]:
        """Yield the key of each file, in order, and how the tree knows it."""

    def classes(self) -> list[str]:
        """Name every folder on the first level, in order."""

    def size_and_time(self, known: str) -> tuple[int, int]:
        """Return bytes and time of change, in nanoseconds since 1970, of a file that was walked past."""

    def pictures(self, found: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, bool]]:
        """Tell of each file whether it is a picture."""

    def maker(self, label_names: Sequence[str]) -> Callable[..., File]:
        """Return what makes a File, as `Files` takes it."""


def listed(tree: Tree, *, label_names: Sequence[str] | None, strict: bool = True) -> Listing:
    """List a folder, wherever it is; all else as of `read`.

    Raises:
        SourceError: The folder holds no file at all, no picture, or a class that `label_names` lacks.
        OSError: It cannot be listed.
    """
    found = _Counted(tree.walk())
    names = tree.classes() if label_names is None else list(label_names)
    label_of = {name: label for label, name in enumerate(names)}
    pictures = Files(tree.maker(names))
    ignored: list[str] = []
    beside: str | None = None  # a picture that is in the folder of no class
    for key, known, is_picture in tree.pictures(found if strict else _known(found, label_of, ignored)):
        if is_picture:
            nbytes, changed_ns = tree.size_and_time(known)
            label = _label(key, tree.root, label_of)
            pictures.append(key, label=label, nbytes=nbytes, changed_ns=changed_ns)
            beside = key if label is None and beside is None else beside
        else:
            ignored.append(key)
    if not found.count:
        raise SourceError("an empty folder: there is nothing to pack", path=tree.root)
    if not len(pictures):
        raise SourceError(f"no picture among its {found.count} files", path=tree.root)
    listing = Listing(tree.root, pictures, ignored, names, frozenset({"label"} if names else ()))
    if names and beside is not None:
        listing.remarks.append(_unlabelled(pictures.labels[None], beside))
    if label_names is None:
        listing.remarks.extend(_bare_classes([name for name in names if not pictures.labels[label_of[name]]], label_of))
    return listing


def _unlabelled(count: int, example: str) -> str:
    which = f"{example!r} is" if count == 1 else f"{count} pictures, such as {example!r}, are"
    return f"without a label: {which} in no folder of a class"


def _bare_classes(names: list[str], label_of: Mapping[str, int]) -> list[str]:
    shown = ", ".join(f"{name!r} (label {label_of[name]})" for name in names[:SHOWN_CLASSES])
    more = f" and {len(names) - SHOWN_CLASSES} more" if len(names) > SHOWN_CLASSES else ""
    return [f"without a picture, but with a number: class {shown}{more}"] if names else []


class _Disk:
    """A folder on this machine; it knows files by their paths."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def walk(self) -> Iterator[tuple[str, str]]:
        return walk(self.root)

    def classes(self) -> list[str]:
        """Name empty folders too: a class without pictures keeps its number."""
        with os.scandir(self.root) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir() and not is_hidden(entry.name))

    def size_and_time(self, known: str) -> tuple[int, int]:
        return size_and_time(known)

    def pictures(self, found: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, bool]]:
        return ((key, path, bool(codecs.format_of(path)) or begins_as_picture(path)) for key, path in found)

    def maker(self, label_names: Sequence[str]) -> Callable[..., File]:
        return partial(_file, root=os.path.join(self.root, ""), names=label_names)


class _Counted:
    """What is iterated over, counted."""

    def __init__(self, found: Iterator[tuple[str, str]]) -> None:
        self._found, self.count = found, 0

    def __iter__(self) -> Iterator[tuple[str, str]]:
        for one in self._found:
            self.count += 1
            yield one


def _known(
    found: Iterable[tuple[str, str]], label_of: Mapping[str, int], ignored: list[str]
) -> Iterator[tuple[str, str]]:
    """Yield the files of known classes; what else is on the first level is ignored."""
    others: dict[str, None] = {}
    for key, path in found:
        first, slash, _ = key.partition("/")
        if slash and first in label_of:
            yield key, path
        else:
            others.setdefault(first + slash)
    ignored.extend(others)


def begins_as_picture(path: str) -> bool:
    """Look into a file that has no picture's name; one that cannot be read is no picture either."""
    try:
        with open(path, "rb") as file:
            return codecs.identify(file.read(PROBE_NBYTES)) is not None
    except OSError:
        return False


def _label(key: str, root: Path, label_of: Mapping[str, int]) -> int | None:
    name, slash, _ = key.partition("/")
    if not slash:
        return None
    if name not in label_of:
        known = ", ".join(label_of) or "none"
        raise SourceError(f"class {name!r} is not among the label names given: {known}", path=root / key)
    return label_of[name]


def _file(
    key: str, *, root: str, names: Sequence[str], label: int | None, line: int, nbytes: int, changed_ns: int
) -> File:
    del line  # no list names it
    return File(root + key, key, nbytes, label, None if label is None else names[label], changed_ns=changed_ns)


def walk(root: Path) -> Iterator[tuple[str, str]]:
    """Yield (key, path) of each file below, in the order of the keys, with one folder's names in memory at most.

    A folder that is its own ancestor through a link is not entered. Of a folder with very many files the names are
    sorted on disk.
    """
    waiting = [(_names(os.fspath(root)), os.path.join(root, ""), "", frozenset({_identity(os.stat(root))}))]
    while waiting:
        names, folder, prefix, above = waiting[-1]
        for name in names:
            if not name.endswith("/"):
                yield prefix + name, folder + name
                continue
            below = _identity(os.stat(folder + name))
            if below not in above:
                path = folder + name
                waiting.append((_names(path), path, prefix + name, above | {below}))
                break
        else:
            waiting.pop()


def _names(folder: str) -> Iterator[str]:
    """Yield the names in a folder in order, those of folders with the "/" that keys have there."""

    def visible() -> Iterator[str]:
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_hidden(entry.name):
                    continue
                if _leads_nowhere(entry):
                    yield entry.name  # opening it will say so, in the report
                elif entry.is_dir():
                    yield entry.name + "/"
                elif entry.is_file():
                    yield entry.name

    return in_order(visible())


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    """Tell a link to nothing, or to itself."""
    try:
        return entry.is_symlink() and not os.path.exists(entry.path)
    except OSError:
        return True


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def is_hidden(name: str) -> bool:
    """Tell whether a file or folder of that name is left alone."""
    return name.startswith(".") or name in IGNORED_NAMES
