"""What filmroll writes into the JSON member of a WebDataset sample: all that has no member of its own.

    {"filmroll": 1,
     "text": "rose",                                                       name of the class
     "boxes": {"corners": [[ymin, xmin, ymax, xmax], ...],                 shares of height and width
               "labels": [0, ...], "texts": ["cat", ...], "masks": ["iVBOR...", ...]},      masks: PNG in base64
     "features": {"size": {"float32": [1.5]}, "id": {"int64": [7]}, "tags": {"text": ["a", "b"]},
                  "blob": {"base64": ["/wA="]}, "nothing": null}}

Parts that a sample lacks are absent. Numbers are the shortest that give the same float32 again; those that JSON has
no words for are the strings "NaN", "Infinity", "-Infinity", and a NaN with other bits those bits, "0x7fc00001".
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.boxes import Boxes
from filmroll.buffer import Buffer
from filmroll.errors import FormatError, ParseError

MARK, VERSION = "filmroll", 1
MARK_NBYTES = 64  # it is the first member of the object
BITS: dict[str, type] = {"float32": np.uint32, "float64": np.uint64}
INTEGERS = ("int64", "uint64")


def serialize(parts: Mapping[str, Any]) -> bytes:
    """Write parts of a sample ("text", "boxes", "features", "key", "picture") as the bytes of a JSON object.

    Args:
        parts: What is there; features as `values.parsed` gives them.
    """
    plain = dict(parts)
    if "boxes" in plain:
        plain["boxes"] = _from_boxes(plain["boxes"])
    if "features" in plain:
        plain["features"] = {name: _from_value(value) for name, value in plain["features"].items()}
    return json.dumps({MARK: VERSION} | plain, separators=(",", ":"), allow_nan=False).encode()


def is_document(data: Buffer) -> bool:
    """Tell whether some JSON is filmroll's, by how it begins."""
    return b'"filmroll"' in bytes(data[:MARK_NBYTES])


def parse(data: Buffer) -> dict[str, Any]:
    """Read what `serialize` wrote.

    Raises:
        ParseError: The bytes are no JSON, or not of this layout.
    """
    try:
        plain = json.loads(bytes(data))
        _check_version(plain.pop(MARK))
        if "boxes" in plain:
            plain["boxes"] = _to_boxes(plain["boxes"])
        plain["features"] = {name: _to_value(value) for name, value in plain.get("features", {}).items()}
    except ParseError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as exc:
        raise ParseError(f"JSON that says it is filmroll's has another layout: {exc}") from exc
    return _checked(plain)


def _check_version(version: Any) -> None:
    if version != VERSION:
        raise ParseError(f"filmroll's JSON is of version {version}; version {VERSION} can be read")


def _checked(plain: dict[str, Any]) -> dict[str, Any]:
    for name in ("text", "key", "picture"):
        if not isinstance(plain.get(name, ""), str | None):
            raise ParseError(f"JSON that says it is filmroll's has no text as {name!r}")
    return plain


def _from_boxes(boxes: Boxes) -> dict[str, Any]:
    corners = _from_floats(boxes.corners.ravel())
    parts: dict[str, Any] = {"corners": [corners[at : at + 4] for at in range(0, len(corners), 4)]}
    if boxes.labels is not None:
        parts["labels"] = boxes.labels.tolist()
    if boxes.texts is not None:
        parts["texts"] = list(boxes.texts)
    if boxes.masks is not None:
        parts["masks"] = [_to_base64(mask) for mask in boxes.masks]
    return parts


def _to_boxes(plain: Mapping[str, Any]) -> Boxes:
    corners = [edge for box in plain["corners"] for edge in box]
    labels, masks = plain.get("labels"), plain.get("masks")
    try:
        return Boxes(
            corners=_to_floats(corners, "float32"),
            labels=None if labels is None else _to_integers(labels, "int64"),
            texts=None if plain.get("texts") is None else [str(text) for text in plain["texts"]],
            masks=None if masks is None else [_from_base64(mask) for mask in masks],
        )
    except FormatError as exc:
        raise ParseError(exc.message) from exc


def _from_value(value: Any) -> dict[str, list[Any]] | None:
    if value is None:
        return None
    if isinstance(value, np.ndarray):
        return {value.dtype.name: value.tolist() if value.dtype.name in INTEGERS else _from_floats(value)}
    try:
        return {"text": [bytes(item).decode() for item in value]}
    except UnicodeDecodeError:
        return {"base64": [_to_base64(item) for item in value]}


def _to_value(plain: Mapping[str, Any] | None) -> Any:
    if plain is None:
        return None
    [(kind, items)] = plain.items()
    if not isinstance(items, list):
        raise ParseError(f"a feature is {type(items).__name__}, expected a list")
    return TO_VALUE[kind](items)


def _from_floats(values: NDArray[Any]) -> list[float | str]:
    """Write each number as the shortest that gives it again, and what is no number as a word."""
    exact: list[float | str] = values.tolist()
    if values.dtype == np.float32:
        with np.errstate(over="ignore", invalid="ignore"):  # a signalling NaN, which becomes a word below
            short = values.astype(str).astype(np.float64)
            same = short.astype(np.float32) == values
            exact = np.where(same, short, values.astype(np.float64)).tolist()
    for at in np.flatnonzero(~np.isfinite(values)):
        exact[at] = _word(values[at])
    return exact


def _word(value: np.floating[Any]) -> str:
    if np.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    bits = BITS[value.dtype.name]
    same = value.view(bits) == value.dtype.type(math.nan).view(bits)
    return "NaN" if same else f"0x{int(value.view(bits)):x}"


def _to_floats(items: Sequence[Any], kind: str) -> NDArray[Any]:
    words = {at: item for at, item in enumerate(items) if isinstance(item, str)}
    with np.errstate(over="ignore"):
        values = np.array([0 if at in words else float(item) for at, item in enumerate(items)], np.float64).astype(kind)
    for at, word in words.items():
        if word.startswith("0x"):
            values.view(BITS[kind])[at] = _bits(word, BITS[kind])
        else:
            values[at] = float(word)
    return values


def _bits(word: str, kind: type) -> int:
    bits = int(word, 16)
    if bits > np.iinfo(kind).max:  # which NumPy 1 would cut off
        raise OverflowError(f"{word} is no {kind.__name__}")
    return bits


def _to_integers(items: Sequence[Any], kind: str) -> NDArray[Any]:
    if not all(type(item) is int for item in items):
        raise ParseError(f"a list of {kind} holds something else than whole numbers")
    return np.array(items, kind)


def _to_base64(data: Buffer) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: str) -> memoryview:
    try:
        return memoryview(base64.b64decode(text, validate=True))
    except binascii.Error as exc:
        raise ParseError(f"base64 that cannot be read: {exc}") from exc


TO_VALUE: dict[str, Callable[[list[Any]], Any]] = {
    "float32": lambda items: _to_floats(items, "float32"),
    "float64": lambda items: _to_floats(items, "float64"),
    "int64": lambda items: _to_integers(items, "int64"),
    "uint64": lambda items: _to_integers(items, "uint64"),
    "text": lambda items: [memoryview(item.encode()) for item in items],
    "base64": lambda items: [_from_base64(item) for item in items],
}
