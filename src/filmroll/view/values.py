"""The features of a record as a page shows them, and their bytes to take away."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from filmroll import codecs
from filmroll.buffer import Buffer
from filmroll.errors import Error
from filmroll.messages import Features, Value
from filmroll.schema import type_of

SHOWN_VALUES = 64  # of a list
SHOWN_CHARS = 2000
SHOWN_BYTES = 48


@dataclass(frozen=True, slots=True)
class Row:
    """One feature, or one value of a list of bytes.

    Attributes:
        name: Of the feature.
        index: Which value of a list of bytes it is; None where the feature is one download.
        dtype: "bytes", "float32", "int64" or "none".
        shape: As of an array: () one value, (n,) a list.
        value: What it says, cut to fit.
        more: How many values, characters or bytes are left out.
        kind: "text", "numbers", "bytes" or "picture": how the value is set.
        nbytes: Of the download.
    """

    name: str
    index: int | None
    dtype: str
    shape: tuple[int, ...]
    value: str
    more: int
    kind: str
    nbytes: int


def rows_of(features: Features) -> list[Row]:
    """Describe every feature, in the order of their names."""
    return [row for name in sorted(features) for row in _rows(name, features[name])]


def _rows(name: str, value: Value) -> Iterator[Row]:
    if value is None:
        yield Row(name, None, "none", (), "", 0, "text", 0)
    elif isinstance(value, np.ndarray):
        yield _numbers(name, value)
    elif not value:
        yield Row(name, None, "bytes", (0,), "", 0, "text", 0)
    else:
        several = len(value) > 1
        for index, data in enumerate(value[:SHOWN_VALUES]):
            shown, more, kind = preview(data)
            yield Row(name, index, "bytes", (len(value),) if several else (), shown, more, kind, len(data))
        if len(value) > SHOWN_VALUES:
            yield Row(name, None, "bytes", (len(value),), "", len(value) - SHOWN_VALUES, "text", 0)


def _numbers(name: str, value: np.ndarray) -> Row:
    shape = () if value.size == 1 else value.shape
    shown = ", ".join(
        f"{number:,}" if isinstance(number, int) else f"{number:.6g}"
        for number in value.ravel()[:SHOWN_VALUES].tolist()
    )
    return Row(name, None, type_of(value), shape, shown, max(0, value.size - SHOWN_VALUES), "numbers", value.nbytes)


def preview(data: Buffer) -> tuple[str, int, str]:
    """Return bytes as text where they are that, as a kind of picture, or as their first bytes in hexadecimal.

    Returns:
        What to show, how much is left out (characters or bytes), and "text", "picture" or "bytes".
    """
    found = codecs.identify(data)
    if found is not None:
        return _picture(data, found), 0, "picture"
    text = _text(bytes(data[: 4 * SHOWN_CHARS]), whole=len(data) <= 4 * SHOWN_CHARS)
    if text is not None:
        return text[:SHOWN_CHARS], max(0, len(data) - len(text[:SHOWN_CHARS].encode())), "text"
    return bytes(data[:SHOWN_BYTES]).hex(" "), max(0, len(data) - SHOWN_BYTES), "bytes"


def download(value: Value, index: int | None) -> tuple[bytes, str]:
    """Return the bytes of a feature and the suffix of a file for them: numbers as NPY, a value of bytes as it is.

    Raises:
        IndexError: The feature has no such value.
    """
    if isinstance(value, np.ndarray):
        return codecs.encode(value, "npy"), "npy"
    data = bytes((value or [])[0 if index is None else index])
    found = codecs.identify(data)
    return data, codecs.FORMATS[found].suffixes[0] if found else "bin"


def _picture(data: Buffer, found: str) -> str:
    try:
        header = codecs.read_header(data)
    except Error as exc:
        return f"{found.upper()}, unreadable: {exc.message}"
    return f"{found.upper()}, {header.width} x {header.height}, {header.color}"


def _text(data: bytes, *, whole: bool) -> str | None:
    try:
        text = data.decode("utf-8") if whole else data.decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return None
    is_readable = all(char.isprintable() or char in "\n\r\t" for char in text)
    return text if is_readable and (whole or len(text) > len(data) // 4) else None
