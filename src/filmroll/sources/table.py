"""A table of pictures, CSV or JSON lines: a row for each picture, with the path of its file.

    file_name,label,caption,boxes,mask,width        path, file_name or filename   the picture, below the table's folder
    a.jpg,rose,a red rose,"[[10, 5, 30, 40]]",m.png,640       label   a whole number from 0, or the name of the class
                                                    text or caption   what is in the picture, in words
    boxes or bbox, box_labels    a JSON list of boxes, in a form that is named; a class for each
    mask                         a PNG file with the class of each pixel
    any other column             a feature: int64, float32 or bytes (cells.py)

A folder with `metadata.csv` or `metadata.jsonl` is such a table: Hugging Face's ImageFolder; its `objects` with `bbox`
and `categories` are boxes, too.

Source: RFC 4180; jsonlines.org; Hugging Face datasets, "Create an image dataset".
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from filmroll import codecs
from filmroll.boxes import Boxes
from filmroll.errors import FormatError, SourceError
from filmroll.sources import cells, corners, folder, table_rows
from filmroll.sources.item import Listing, file_at, is_path, parts_of
from filmroll.sources.table_rows import Row

SUFFIXES = frozenset({".csv", ".tsv", ".jsonl", ".ndjson"})
METADATA = ("metadata.csv", "metadata.jsonl")
PATHS = ("path", "file_name", "filename")
TEXTS = ("text", "caption")
BOXES = ("boxes", "bbox", "bboxes")
BOX_LABELS = "box_labels"
OBJECTS = "objects"
MOST = 1e15  # no edge of a box is farther away
OBJECT_LABELS = ("categories", "category", "labels", "label")


def read(
    path: str | os.PathLike[str],
    *,
    label_names: Sequence[str] | None = None,
    box_format: str | None = None,
    root: str | os.PathLike[str] | None = None,
) -> Listing:
    """Read a table of pictures.

    Args:
        path: A CSV or JSON lines file, UTF-8; or a folder with `metadata.csv` or `metadata.jsonl` in it.
        label_names: Names of the classes by label; None takes those in the table, sorted.
        box_format: What the numbers of boxes are, one of `corners.FORMATS`; needed where there are boxes.
        root: Folder that the paths in the table start from; None is the table's own.

    Returns:
        The pictures in the order of the table. A file that is not there is found out when it is read.

    Raises:
        SourceError: There is no row, no column of paths, or no such table in the folder; or boxes have no form.
        FormatError: A cell is not what its column holds; says line and column.
        UnsupportedError: There is no such form of boxes.
        OSError: The table cannot be read.
    """
    path = Path(path)
    table = find(path) if path.is_dir() else path
    rows = [Row(row.line, _flat(row.cells)) for row in table_rows.read(table, expected=PATHS)]
    if not rows:
        raise SourceError("a table without a row: there is nothing to pack", path=table)
    if box_format is not None:
        corners.check_format(box_format)
    listing = _Reading(table, rows, box_format, Path(root) if root else table.parent).listing(label_names)
    if path.is_dir():
        listing.ignored.extend(_not_named(path, listing))
    return listing


def find(folder_path: Path) -> Path:
    """Return the table in a folder.

    Raises:
        SourceError: There is none, or both.
    """
    found = [folder_path / name for name in METADATA if (folder_path / name).is_file()]
    if len(found) != 1:
        what = "both metadata.csv and metadata.jsonl; name one" if found else f"no {' nor '.join(METADATA)} in it"
        raise SourceError(what, path=folder_path)
    return found[0]


class _Reading:
    """One table, while its rows become files."""

    def __init__(self, table: Path, rows: Sequence[Row], box_format: str | None, root: Path) -> None:
        self._table, self._rows, self._format, self._root = table, rows, box_format, root
        self._columns = list(dict.fromkeys(name for row in rows for name in row.cells))
        found = [name for name in PATHS if name in self._columns]
        if not found:
            known = ", ".join(self._columns)[:200]
            raise SourceError(f"no column {', '.join(PATHS[:-1])} or {PATHS[-1]}; there are: {known}", path=table)
        self._path = found[0]
        self._text = next((name for name in TEXTS if name in self._columns), None)
        self._boxes = next((name for name in BOXES if name in self._columns), None)
        self._box_are_names = False
        self._has_box_labels = self._boxes is not None and BOX_LABELS in self._columns
        if self._boxes and box_format is None:
            forms = ", ".join(corners.FORMATS)
            raise SourceError(f"has boxes in column {self._boxes!r}; say what their numbers are: {forms}", path=table)

    def listing(self, label_names: Sequence[str] | None) -> Listing:
        """Return the files, with what the table says of each."""
        boxes = [self._boxes_of(row) for row in self._rows]
        names = list(label_names) if label_names is not None else self._names([labels for _, labels in boxes])
        number_of = {name: number for number, name in enumerate(names)}
        labels = self._labels(names, number_of)
        self._box_are_names = not all(cells.is_whole(label) for _, of_row in boxes for label in of_row)
        others = self._others()
        files = [
            file_at(
                self._root,
                name,
                label=label,
                text=self._text_of(row, label, names),
                boxes=self._boxes_with(row, found, number_of, names),
                in_pixels=self._format in corners.IN_PIXELS,
                mask=self._mask(row),
                features={column: values[n] for column, values in others.items() if values[n] is not None} or None,
                place=f"{self._table}: line {row.line}",
            )
            for n, (row, name, label, found) in enumerate(
                zip(self._rows, map(self._name, self._rows), labels, boxes, strict=True)
            )
        ]
        listing = Listing(self._root, files, [], names, parts_of(files, label_names=names))
        if 0 < labels.count(None) < len(labels):
            first = self._rows[labels.index(None)].line
            listing.remarks.append(
                f"without a label: {labels.count(None)} of {len(labels)} rows, the first in line {first}"
            )
        return listing

    def _fault(self, row: Row, column: str, message: str) -> FormatError:
        return FormatError(f"line {row.line}, column {column!r}: {message}", path=self._table)

    def _name(self, row: Row) -> str:
        name: Any = row.cells.get(self._path)
        if not name or not is_path(name):
            raise self._fault(row, self._path, f"{_shown(name)} is no path of a picture")
        return str(name)

    def _mask(self, row: Row) -> Path | None:
        name = row.cells.get("mask")
        if name is None or name == "":
            return None
        if not is_path(name):
            raise self._fault(row, "mask", f"{_shown(name)} is no path of a PNG")
        return self._root / str(name)

    def _text_of(self, row: Row, label: int | None, names: Sequence[str]) -> str | None:
        text = row.cells.get(self._text) if self._text else None
        if text is not None and not isinstance(text, str):
            raise self._fault(row, str(self._text), f"{_shown(text)} is no text")
        return text if self._text else names[label] if label is not None and names else None

    # Labels

    def _names(self, box_labels: Sequence[Sequence[Any]]) -> list[str]:
        """Collect the names of classes, sorted; none where all labels are numbers."""
        labels = [value for row in self._rows if (value := self._label(row)) is not None]
        of_boxes = [label for labels_of_row in box_labels for label in labels_of_row]
        are_names = [not all(cells.is_whole(label) for label in group) for group in (labels, of_boxes) if group]
        if len(set(are_names)) > 1:
            raise SourceError(
                f"one of 'label' and {BOX_LABELS!r} has numbers, the other names of classes; give the names of"
                " all classes by label",
                path=self._table,
            )
        return sorted({str(label) for label in (*labels, *of_boxes)}) if any(are_names) else []

    def _label(self, row: Row) -> int | str | None:
        value = row.cells.get("label")
        if value is None or value == "":
            return None
        if type(value) is not int and not isinstance(value, str):
            raise self._fault(row, "label", f"{_shown(value)} is no class: expected a whole number or a name")
        return value

    def _labels(self, names: Sequence[str], number_of: Mapping[str, int]) -> list[int | None]:
        given = [self._label(row) for row in self._rows]
        are_names = not all(cells.is_whole(label) for label in given if label is not None)
        return [
            None if label is None else self._number(row, "label", label, number_of, are_names=are_names)
            for row, label in zip(self._rows, given, strict=True)
        ]

    def _number(self, row: Row, column: str, label: int | str, number_of: Mapping[str, int], *, are_names: bool) -> int:
        if are_names:
            if str(label) not in number_of:
                known = ", ".join(number_of)[:200]
                raise self._fault(row, column, f"class {label!r} is not among the label names: {known}")
            return number_of[str(label)]
        number = int(label)
        if number < 0 or (number_of and number >= len(number_of)):
            most = f" to {len(number_of) - 1}" if number_of else "; leave the cell empty where there is none"
            raise self._fault(row, column, f"label {number}; labels count from 0{most}")
        return number

    # Boxes

    def _boxes_of(self, row: Row) -> tuple[Any, list[Any]]:
        """Return the corners of a row, None where there are none, and the labels of its boxes."""
        if self._boxes is None:
            return None, []
        found = self._list(row, self._boxes)
        labels = (self._list(row, BOX_LABELS) or []) if self._has_box_labels else None
        if found is None:
            return None, []
        if len(found) == 4 and all(_is_finite(number) for number in found):
            found = [found]
        for number, box in enumerate(found):
            if not isinstance(box, list) or len(box) != 4 or not all(_is_finite(edge) for edge in box):
                raise self._fault(row, self._boxes, f"box {number} is {_shown(box)}, expected four numbers")
        if labels is not None and len(labels) != len(found):
            raise self._fault(row, BOX_LABELS, f"{len(labels)} labels for {len(found)} boxes")
        for label in labels or ():
            if type(label) is not int and not isinstance(label, str):
                raise self._fault(row, BOX_LABELS, f"{_shown(label)} is no class")
        return found, labels or []

    def _boxes_with(
        self, row: Row, found: tuple[Any, list[Any]], number_of: Mapping[str, int], names: Sequence[str]
    ) -> Boxes | None:
        edges, labels = found
        if edges is None or self._format is None:
            return None
        yxyx = corners.to_yxyx(edges, format=self._format)
        if not self._has_box_labels:
            return Boxes(yxyx.astype(np.float32))
        are_names = self._box_are_names
        numbers = [self._number(row, BOX_LABELS, label, number_of, are_names=are_names) for label in labels]
        texts = [names[number] for number in numbers] if names else None
        return Boxes(yxyx.astype(np.float32), np.array(numbers, np.int64), texts)

    def _list(self, row: Row, column: str) -> list[Any] | None:
        value = row.cells.get(column)
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except (ValueError, RecursionError) as exc:
                raise self._fault(row, column, f"{_shown(value)} is no JSON list") from exc
        if value is None or value == "":
            return None
        if not isinstance(value, list):
            raise self._fault(row, column, f"{_shown(value)} is no list")
        return value

    def _others(self) -> dict[str, list[Any]]:
        own = {self._path, "label", self._text, self._boxes, BOX_LABELS if self._has_box_labels else None, "mask"}
        return {
            column: cells.to_features([row.cells.get(column) for row in self._rows])
            for column in self._columns
            if column not in own
        }


def _flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put what ImageFolder keeps in `objects` beside the other columns."""
    objects = row.get(OBJECTS)
    if not isinstance(objects, dict):
        return row
    own = dict.fromkeys(BOXES, BOXES[0]) | dict.fromkeys(OBJECT_LABELS, BOX_LABELS)
    inner = {own.get(name, f"{OBJECTS}/{name}"): value for name, value in objects.items()}
    return {name: value for name, value in row.items() if name != OBJECTS} | inner


def _not_named(root: Path, listing: Listing) -> Iterator[str]:
    """Yield the pictures in a folder that its table does not name."""
    named = {item.path for item in listing.items} | {getattr(item, "mask", None) for item in listing.items}
    for key, found in folder.walk(root):
        path = Path(found)
        if path not in named and codecs.format_of(path.name):
            yield key


def _is_finite(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < MOST


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:60]}..."
