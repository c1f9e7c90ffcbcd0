"""A list of pictures as Caffe's convert_imageset takes it: a path and a label on each line.

    cats/cat 1.jpg 0         the label stands after the last space: a path may hold spaces itself
    dogs/dog.jpg 1

Source: caffe/tools/convert_imageset.cpp.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from filmroll.errors import FormatError, SourceError
from filmroll.sources import cells
from filmroll.sources.item import Listing, file_at, is_path

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
    files = [
        file_at(folder, name, label=label, text=names[label] if names else None, place=f"{path}: line {line}")
        for line, name, label in _lines(path, len(names))
    ]
    if not files:
        raise SourceError("an empty list: there is nothing to pack", path=path)
    return Listing(folder, files, label_names=names, parts=frozenset({"label"}))


def _lines(path: Path, classes: int) -> Iterator[tuple[int, str, int]]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as exc:
        raise FormatError(f"not UTF-8: byte {exc.object[exc.start]:#04x}", path=path, offset=exc.start) from exc
    for line, text in enumerate(lines, 1):
        if not text.strip():
            continue
        name, _, label = text.rstrip().rpartition(" ")
        if not name.strip() or not is_path(name) or not cells.is_whole(label):
            raise FormatError(f"line {line}: {text[:80]!r} is no path, a space and a label", path=path)
        if int(label) < 0 or (classes and int(label) >= classes):
            most = f" to {classes - 1}" if classes else " or more"
            raise FormatError(f"line {line}: label {label}; expected 0{most}", path=path)
        yield line, name.rstrip(), int(label)
