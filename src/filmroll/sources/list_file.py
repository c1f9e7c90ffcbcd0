"""A list of pictures as Caffe's convert_imageset takes it: a path and a label on each line.

    cats/cat 1.jpg 0         the label stands after the last space: a path may hold spaces itself
    dogs/dog.jpg 1

Source: caffe/tools/convert_imageset.cpp.
"""

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from filmroll.errors import FormatError, SourceError
from filmroll.sources import cells
from filmroll.sources.files import Files
from filmroll.sources.item import File, Listing, file_at, is_path, size_and_time

SUFFIX = ".txt"


def read(
    path: str | os.PathLike[str],
    *,
    label_names: Sequence[str] | None = None,
    root: str | os.PathLike[str] | None = None,
) -> Listing:
    """Read a list of pictures.

    Args:
        path: The list, UTF-8.
        label_names: Names of the classes by label; None leaves them without names.
        root: Folder that the paths start from, convert_imageset's ROOTFOLDER; None is the list's own.

    Returns:
        The pictures in the order of the list; lines that are empty are left out.

    Raises:
        SourceError: There is no line.
        FormatError: A line does not end with a label, or the label is none of `label_names`; says which line.
        OSError: The list cannot be read.
    """
    path, names = Path(path), list(label_names or ())
    folder = path.parent if root is None else Path(root)
    files = Files(partial(_file, root=folder, names=names, path=path))
    for line, name, label in _lines(path, len(names)):
        nbytes, changed_ns = size_and_time(folder / name)
        files.append(name, label=label, nbytes=nbytes, changed_ns=changed_ns, line=line)
    if not len(files):
        raise SourceError("an empty list: there is nothing to pack", path=path)
    return Listing(folder, files, label_names=names, parts=frozenset({"label"}))


def _file(name: str, *, root: Path, names: Sequence[str], path: Path, label: int, line: int, **stated: Any) -> File:
    text = names[label] if names else None
    return file_at(root, name, label=label, text=text, place=f"{path}: line {line}", **stated)


def _lines(path: Path, classes: int) -> Iterator[tuple[int, str, int]]:
    for line, text in enumerate(_texts(path), 1):
        if not text.strip():
            continue
        name, _, label = text.rstrip().rpartition(" ")
        if not name.strip() or not is_path(name) or not cells.is_whole(label):
            raise FormatError(f"line {line}: {text[:80]!r} is no path, a space and a label", path=path)
        if int(label) < 0 or (classes and int(label) >= classes):
            most = f" to {classes - 1}" if classes else " or more"
            raise FormatError(f"line {line}: label {label}; expected 0{most}", path=path)
        yield line, name.rstrip(), int(label)


def _texts(path: Path) -> Iterator[str]:
    """Yield the lines of a text."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            for text in file:
                yield text.rstrip("\n")
    except UnicodeDecodeError:
        raise _no_text(path) from None


def _no_text(path: Path) -> FormatError:
    """Say where a file is no text: who reads it in parts does not know."""
    try:
        path.read_text("utf-8-sig")
    except UnicodeDecodeError as exc:
        return FormatError(f"not UTF-8: byte {exc.object[exc.start]:#04x}", path=path, offset=exc.start)
    return FormatError("it changed while it was read", path=path)
