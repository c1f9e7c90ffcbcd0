"""What is known of all entries, to search, filter and sort them: a few bytes for each, in NumPy columns.

    label, height, width   int32      nbytes   int64      format   uint8, a place in `formats`      faulty   bool
    texts                  for every 4,096 entries one string: key, text and class name, casefolded, a line each

It is filled from the front while people look already; until it is full, a query finds what has been filled in.
"""

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.view.entry import Entry
from filmroll.view.query import NONE, Query

Int64Array = NDArray[np.int64]
Numbers = Int64Array | range
"""Numbers of entries, in the order they are shown."""

ROWS = 4096  # entries whose texts are searched as one string
COLUMNS: dict[str, Any] = {
    "label": np.int32, "height": np.int32, "width": np.int32, "nbytes": np.int64, "format": np.uint8, "faulty": np.bool_
}  # fmt: skip
KEPT_REASONS = 1000
KEPT_SELECTIONS = 16
FEW_FORMATS = 250


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of some entries in a row, a line each.

    Attributes:
        joined: All lines, UTF-8, each ending in a line feed.
        starts: Where each line starts, int64 of shape (n,).
    """

    joined: bytes
    starts: Int64Array

    def rows_with(self, word: bytes) -> Int64Array:
        """Return the lines that hold a word, ascending, each once."""
        places = [match.start() for match in re.finditer(re.escape(word), self.joined)]
        return np.unique(np.searchsorted(self.starts, places, side="right") - 1).astype(np.int64)


class Catalogue:
    """What is known of entries so far.

    Attributes:
        count: Number of entries.
        done: How many are filled in, from the first.
        columns: Name -> values, shape (count,); of those filled in the first `done`.
        formats: Names of formats; "" is no picture.
        texts: Of every `ROWS` entries.
        reasons: Number of an entry -> what is wrong with it, of the first thousand.
        label_names: Names of the classes by label, as far as they are known.
    """

    def __init__(self, count: int, label_names: Sequence[str] = ()) -> None:
        self.count = count
        self.done = 0
        self.columns = {name: np.zeros(count, dtype) for name, dtype in COLUMNS.items()}
        self.formats: list[str] = [""]
        self.texts: list[Texts] = []
        self.reasons: dict[int, str] = {}
        self.label_names = dict(enumerate(label_names))
        self._lock = Lock()
        self._selections: OrderedDict[tuple[Query, int], Int64Array] = OrderedDict()

    @property
    def is_full(self) -> bool:
        """Whether every entry is filled in."""
        return self.done == self.count

    def add(self, entries: Sequence[Entry]) -> None:
        """Fill in the next entries: `ROWS` of them, or the last ones."""
        lines = [self._text(entry) for entry in entries]
        values = [self._values(entry) for entry in entries]
        part = slice(self.done, self.done + len(entries))
        for name, column in zip(COLUMNS, zip(*values, strict=True), strict=True):
            self.columns[name][part] = column
        lengths = np.array([len(line) for line in lines], np.int64)
        self.texts.append(Texts(b"".join(lines), np.cumsum(lengths) - lengths))
        self.done += len(entries)

    def _text(self, entry: Entry) -> bytes:
        sample = entry.sample
        named = self.label_names.get(sample.label) if sample.label is not None else None
        parts = dict.fromkeys(part for part in (sample.key, sample.text, named) if part)
        line = " ".join("\x1f".join(parts).casefold().split("\n"))
        return line.encode("utf-8", "surrogateescape") + b"\n"

    def _values(self, entry: Entry) -> tuple[int, int, int, int, int, bool]:
        height, width = entry.size or (0, 0)
        label = entry.sample.label
        if label is not None and entry.sample.text and label not in self.label_names:
            self.label_names[label] = entry.sample.text
        if entry.fault is not None and len(self.reasons) < KEPT_REASONS:
            self.reasons[entry.number] = entry.fault
        known = NONE if label is None or not -(2**31) < label < 2**31 else label
        return known, height, width, entry.nbytes, self._format(entry.format), entry.fault is not None

    def _format(self, name: str) -> int:
        if name not in self.formats:
            if len(self.formats) >= FEW_FORMATS:
                return 0
            self.formats.append(name)
        return self.formats.index(name)

    def column(self, name: str) -> NDArray[Any]:
        """Return one column as far as it is filled in."""
        return self.columns[name][: self.done]

    def select(self, query: Query) -> Numbers:
        """Return the numbers of the entries that a query chooses, in its order.

        Of an incomplete catalogue these are some; all entries in their own order are always complete.
        """
        if not query.is_filter and query.sort == "order":
            return range(self.count)[:: -1 if query.descending else 1]
        done = self.done
        with self._lock:
            kept = self._selections.get((query, done))
            if kept is None:
                kept = self._selections[query, done] = self._chosen(query, done)
                if len(self._selections) > KEPT_SELECTIONS:
                    self._selections.popitem(last=False)
            self._selections.move_to_end((query, done))
        return kept

    def _chosen(self, query: Query, done: int) -> Int64Array:
        wanted = np.ones(done, np.bool_)
        for word in query.words:
            wanted &= self._with_word(word, done)
        if query.label is not None:
            wanted &= self.columns["label"][:done] == query.label
        if query.format:
            place = self.formats.index(query.format) if query.format in self.formats else FEW_FORMATS
            wanted &= self.columns["format"][:done] == place
        if query.faults:
            wanted &= self.columns["faulty"][:done]
        numbers = np.flatnonzero(wanted)
        if query.sort != "order":
            keys = self._keys(query.sort)[numbers]
            return numbers[np.argsort(-keys if query.descending else keys, kind="stable")]
        return numbers[::-1] if query.descending else numbers

    def _with_word(self, word: str, done: int) -> NDArray[np.bool_]:
        found = np.zeros(done, np.bool_)
        sought = word.encode("utf-8", "surrogateescape")
        for place, texts in enumerate(self.texts[: -(-done // ROWS)]):
            found[place * ROWS + texts.rows_with(sought)] = True
        return found

    def _keys(self, sort: str) -> NDArray[Any]:
        if sort == "pixels":
            return self.columns["height"].astype(np.int64) * self.columns["width"]
        if sort == "aspect":
            return self.columns["width"] / np.maximum(1, self.columns["height"])
        return self.columns[sort].astype(np.int64)

    def labels(self) -> list[tuple[int, str, int]]:
        """Return (label, name, number of entries) of every label met, the most frequent first; `NONE` for none."""
        found, counts = np.unique(self.column("label"), return_counts=True)
        order = np.argsort(-counts, kind="stable")
        counted = zip(found[order].tolist(), counts[order].tolist(), strict=True)
        return [(label, self.name_of(label), count) for label, count in counted]

    def name_of(self, label: int) -> str:
        """Return what a page calls a label."""
        return "no label" if label == NONE else self.label_names.get(label, str(label))
