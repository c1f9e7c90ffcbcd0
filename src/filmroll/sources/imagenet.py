"""ImageNet as build_imagenet_data.py takes it: a folder for each synset, and lists beside.

    train/n01440764/n01440764_10026.JPEG        labels file      n01440764                     line k: class k - 1
                                                metadata file    n01440764<TAB>tench, ...      words for people
    validation/n01440764/ILSVRC2012_val_00.JPEG bounding boxes   n01440764_10026.JPEG,xmin,ymin,xmax,ymax   shares

Labels count from 0 here; the dialect "imagenet" writes them from 1, as the script does.

Source: tensorflow/models, inception/inception/data/build_imagenet_data.py and process_bounding_boxes.py.
"""

import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from filmroll.boxes import Boxes
from filmroll.errors import FormatError, SourceError
from filmroll.sources import corners, folder
from filmroll.sources.files import Files
from filmroll.sources.item import File, Listing

SYNSET = "image/class/synset"
Edges = list[tuple[float, float, float, float]]


def read(
    root: str | os.PathLike[str],
    *,
    labels_file: str | os.PathLike[str],
    metadata_file: str | os.PathLike[str] | None = None,
    bounding_box_file: str | os.PathLike[str] | None = None,
) -> Listing:
    """Read ImageNet's folders with the lists that the script takes.

    Args:
        root: Folder with a folder of pictures for each synset, of the training or of the validation set.
        labels_file: A synset a line; the first is class 0. Folders that it does not name are left alone, and listed.
        metadata_file: A synset, a tab and words a line: the words are the picture's text. None leaves it out.
        bounding_box_file: A file's name and xmin, ymin, xmax, ymax as shares of width and height a line. They are put
            in order, cut off at the picture's edges, and left out where nothing is left. None: no boxes.

    Returns:
        The pictures sorted by key, the synset as the feature "image/class/synset" and as the name of the class.

    Raises:
        SourceError: There is no picture; the metadata lack a synset; or a list is empty or names a synset twice.
        FormatError: A line is not what its file holds; says which.
        OSError: A file or the folder cannot be read.
    """
    synsets = read_synsets(labels_file)
    words = None if metadata_file is None else _words_of(synsets, Path(metadata_file))
    boxes = None if bounding_box_file is None else read_boxes(bounding_box_file)
    listing = folder.read(root, label_names=synsets, strict=False)
    files = cast("Files", listing.items)
    parts = {"label", "features"} | ({"boxes"} if boxes is not None else set())
    if words and any(words[synsets[label]] != synsets[label] for label in files.labels if label is not None):
        parts.add("text")
    items = files.changed(lambda file: _with(file, words, boxes))
    return replace(listing, items=items, parts=frozenset(parts))


def read_synsets(path: str | os.PathLike[str]) -> list[str]:
    """Return the synsets of a labels file, in order.

    Raises:
        SourceError: It is empty, or names one twice.
        FormatError: It is no text.
        OSError: It cannot be read.
    """
    path = Path(path)
    synsets = [line.strip() for _, line in _lines(path)]
    if not synsets:
        raise SourceError("an empty labels file, expected a synset a line", path=path)
    if len(set(synsets)) < len(synsets):
        twice = next(name for number, name in enumerate(synsets) if name in synsets[:number])
        raise SourceError(f"names the synset {twice!r} twice", path=path)
    return synsets


def read_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the words for each synset of a metadata file.

    Raises:
        FormatError: A line is no synset, a tab and words.
        OSError: It cannot be read.
    """
    path = Path(path)
    words = {}
    for number, line in _lines(path):
        synset, tab, human = line.strip().partition("\t")
        if not tab:
            raise FormatError(f"line {number}: {line[:80]!r} is no synset, a tab and words", path=path)
        words[synset] = human
    return words


def read_boxes(path: str | os.PathLike[str]) -> dict[str, Edges]:
    """Return the boxes of each file's name, (xmin, ymin, xmax, ymax) as they stand there.

    Raises:
        FormatError: A line is no name and four finite numbers.
        OSError: It cannot be read.
    """
    path = Path(path)
    boxes: dict[str, Edges] = {}
    for number, line in _lines(path):
        try:
            name, *edges = next(csv.reader([line]))
            xmin, ymin, xmax, ymax = map(float, edges)
        except (ValueError, csv.Error) as exc:
            raise FormatError(f"line {number}: {line[:80]!r} is no name and four numbers", path=path) from exc
        if not np.isfinite(xmin + ymin + xmax + ymax):
            raise FormatError(f"line {number}: {line[:80]!r} has a number that is none", path=path)
        boxes.setdefault(name, []).append((xmin, ymin, xmax, ymax))
    return boxes


def _with(file: File, words: Mapping[str, str] | None, boxes: Mapping[str, Edges] | None) -> File:
    """Add what the lists say to a file of a synset's folder."""
    known = replace(file, features={SYNSET: file.text or ""}, text=words[file.text or ""] if words else file.text)
    if boxes is None:
        return known
    found = corners.clip(Boxes(corners.to_yxyx(boxes.get(file.path.name, ()), format="xyxy").astype(np.float32)))
    label = -1 if file.label is None else file.label
    return replace(known, boxes=replace(found, labels=np.full(len(found), label, np.int64)))


def _words_of(synsets: list[str], path: Path) -> dict[str, str]:
    words = read_metadata(path)
    lost = [synset for synset in synsets if synset not in words]
    if lost:
        raise SourceError(f"has no words for {len(lost)} of the synsets; the first: {lost[0]}", path=path)
    return words


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number, from 1, and text of the lines that are not empty."""
    with open(path, encoding="utf-8-sig") as file:
        try:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
        except UnicodeDecodeError as exc:
            raise FormatError(f"not UTF-8: byte {exc.object[exc.start]:#04x}", path=path) from exc
