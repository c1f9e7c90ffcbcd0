"""MNIST and its kin: pictures and labels in two IDX files side by side, as they are published.

t10k-images-idx3-ubyte.gz  ─ (n, rows, cols)         the split "test"
t10k-labels-idx1-ubyte.gz  ─ (n,)                    train-... the split "train", others by their own name
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import Error, ParseError, SourceError
from filmroll.sources import idx, splits
from filmroll.sources.item import Listing
from filmroll.sources.rows import Rows, running_keys

IMAGES = re.compile(r"(?P<split>.+)-images[-.]idx\d-ubyte(\.gz)?")
LABELS = "{}-labels{}idx1-ubyte{}"
SPLIT_OF = {"t10k": "test"}
DIGITS = 10
MOST_NAMES = 1000  # larger labels are hardly classes


def read(
    source: str | os.PathLike[str], *, split: str | None = None, label_names: Sequence[str] | None = None
) -> Listing:
    """Read MNIST, or another set that is published like it.

    Args:
        source: Folder of IDX files, or one file of pictures; its labels lie beside it.
        split: "train", "test", "all"; None where there is only one.
        label_names: Names of the classes by label; None names them "0" to "9", or as far as the labels reach.

    Returns:
        Pictures (rows, cols, 1) in one array, keys "00000000" and so on.

    Raises:
        SourceError: There are no pictures, or several splits and none is named; or no labels beside pictures.
        FormatError: A file is no IDX, cut short, or too long; or pictures and labels differ in number.
        LimitError: A file announces more than memory holds.
        OSError: A file cannot be read.
    """
    source = Path(source)
    files = splits.choose(find(source), split=split, path=source) if source.is_dir() else [source]
    found = [_read_split(path) for path in files]
    if len({images.shape[1:] for images, _ in found}) > 1:
        raise SourceError("its files hold pictures of different sizes; name one split with --split", path=source)
    images = np.concatenate([images for images, _ in found]) if len(found) > 1 else found[0][0]
    if not len(images):
        raise SourceError("no picture in it: nothing to pack", path=files[0])
    return _listing(source, images, [labels for _, labels in found if labels is not None], label_names)


def find(folder: Path) -> dict[str, list[Path]]:
    """Return the files of pictures in a folder by split: "train" first."""
    named = [(match["split"], path) for path in sorted(folder.iterdir()) if (match := IMAGES.fullmatch(path.name))]
    found: dict[str, list[Path]] = {}
    for prefix, path in sorted(named, key=lambda one: (one[0] != "train", one[0])):
        found.setdefault(SPLIT_OF.get(prefix, prefix), [path])  # a file and its gzipped twin are one
    return found


def is_images(path: Path) -> bool:
    """Tell from its name whether a file is one of pictures."""
    return IMAGES.fullmatch(path.name) is not None


def _listing(
    source: Path, images: NDArray[Any], labels: list[NDArray[np.int64]], label_names: Sequence[str] | None
) -> Listing:
    together = np.concatenate(labels) if labels else None
    names = list(label_names or ())
    if label_names is None and together is not None:
        count = max(DIGITS, int(together.max(initial=0)) + 1)
        names = [str(label) for label in range(count if count <= MOST_NAMES else 0)]
    try:
        rows = Rows(source, images, running_keys(len(images)), together, names)
    except Error as exc:
        raise exc.at(path=source) from exc
    return Listing(source, rows, label_names=names, parts=frozenset({"label"} if labels else ()))


def _read_split(path: Path) -> tuple[NDArray[Any], NDArray[np.int64] | None]:
    images = idx.read(path)
    if images.ndim not in (3, 4):
        raise ParseError(f"an array of shape {images.shape}; pictures are (n, rows, cols) or with channels", path=path)
    labels = _labels_of(path)
    if labels is not None and len(labels) != len(images):
        raise ParseError(f"{len(images)} pictures, and {len(labels)} labels beside them", path=path)
    return images.reshape(*images.shape[:3], -1) if images.size else images[:0], labels


def _labels_of(path: Path) -> NDArray[np.int64] | None:
    match = IMAGES.fullmatch(path.name)
    if match is None:  # a name that promises no labels
        return None
    names = [LABELS.format(match["split"], dot, end) for dot in "-." for end in ("", ".gz")]
    beside = next((path.with_name(name) for name in names if path.with_name(name).is_file()), None)
    if beside is None:
        raise SourceError(f"no labels beside it, such as {names[1]}; a file of another name needs none", path=path)
    labels = idx.read(beside)
    if labels.ndim != 1 or labels.dtype.kind == "f":
        raise ParseError(f"an array of shape {labels.shape} and {labels.dtype}; labels are (n,) integers", path=beside)
    return labels.astype(np.int64)
