"""A folder of pictures: which files it holds, and which class each belongs to.

flowers/rose/a.jpg           class "rose"        The folders on the first level are the classes, sorted;
flowers/rose/wild/b.jpg      class "rose"        deeper ones belong to the class above them.
flowers/tulip/c.png          class "tulip"       A folder with files only has no classes.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from filmroll import codecs
from filmroll.errors import SourceError
from filmroll.sources.item import File, Listing

PROBE_NBYTES = 4096  # an SVG may begin with a long comment
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
    root = Path(root)
    entries = sorted(walk(root), key=lambda found: found[0])
    if not entries:
        raise SourceError("an empty folder: there is nothing to pack", path=root)
    names = _classes(root) if label_names is None else list(label_names)
    label_of = {name: label for label, name in enumerate(names)}
    pictures: list[File] = []
    ignored: list[str] = []
    for key, entry in entries if strict else _known(entries, label_of, ignored):
        if codecs.format_of(entry.name) or begins_as_picture(entry.path):
            pictures.append(_file(key, entry, label_of))
        else:
            ignored.append(key)
    if not pictures:
        raise SourceError(f"no picture among its {len(entries)} files", path=root)
    return Listing(root, pictures, ignored, names, frozenset({"label"} if names else ()))


def _known(
    entries: Sequence[tuple[str, os.DirEntry[str]]], label_of: Mapping[str, int], ignored: list[str]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield the files of known classes; what else is on the first level is ignored."""
    others: dict[str, None] = {}
    for key, entry in entries:
        first, slash, _ = key.partition("/")
        if slash and first in label_of:
            yield key, entry
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


def _classes(root: Path) -> list[str]:
    """Name every folder on the first level, empty ones too: a class without pictures keeps its number."""
    with os.scandir(root) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir() and not _is_hidden(entry.name))


def _file(key: str, entry: os.DirEntry[str], label_of: Mapping[str, int]) -> File:
    text = key.split("/", 1)[0] if "/" in key else None
    if text is not None and text not in label_of:
        known = ", ".join(label_of) or "none"
        raise SourceError(f"class {text!r} is not among the label names given: {known}", path=entry.path)
    try:
        status = entry.stat()
        nbytes, changed_ns = status.st_size, status.st_mtime_ns
    except OSError:  # a link to nowhere: opening it will say so, in the report
        nbytes = changed_ns = 0
    label = None if text is None else label_of[text]
    return File(Path(entry.path), key, nbytes, label, text, changed_ns=changed_ns)


def walk(root: Path) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield (key, entry) of each file below; a folder that is its own ancestor through a link is not entered."""
    waiting = [(os.fspath(root), "", frozenset({_identity(root.stat())}))]
    while waiting:
        folder, prefix, above = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                if _is_hidden(entry.name):
                    continue
                if _leads_nowhere(entry):
                    yield prefix + entry.name, entry  # opening it will say so, in the report
                elif entry.is_dir():
                    below = _identity(entry.stat())
                    if below not in above:
                        waiting.append((entry.path, f"{prefix}{entry.name}/", above | {below}))
                elif entry.is_file():
                    yield prefix + entry.name, entry


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    """Tell a link to nothing, or to itself."""
    try:
        return entry.is_symlink() and not os.path.exists(entry.path)
    except OSError:
        return True


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in IGNORED_NAMES
