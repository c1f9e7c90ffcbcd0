"""The rows of a table, as they stand in a CSV file or a file of JSON lines.

    path,label        {"path": "a.jpg", "label": 0}        Row(2, {"path": "a.jpg", "label": "0"})
    a.jpg,0           {"path": "b.jpg"}                    cells of CSV are texts, those of JSON what they are

CSV is parted by commas, by tabs where the name ends in .tsv, or by what else the first line is parted by.

Source: RFC 4180; jsonlines.org.
"""

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filmroll.errors import FormatError

OTHER_DELIMITERS = ";\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table.

    Attributes:
        line: Where it begins in the file, from 1.
        cells: Column -> text or JSON value; those of JSON that are null are left out.
    """

    line: int
    cells: Mapping[str, Any]


def read(table: Path, *, expected: Collection[str] = ()) -> Iterator[Row]:
    """Yield the rows of a table.

    Args:
        table: A UTF-8 file whose name ends in .csv, .tsv, .jsonl or .ndjson.
        expected: Columns of which the first line of a CSV file names one at least, if it is parted as it should be.

    Raises:
        FormatError: It is no such file; says which line.
        OSError: It cannot be read.
    """
    rows = _csv_rows(table, expected) if table.suffix.lower() in (".csv", ".tsv") else _json_rows(table)
    line = 0
    try:
        for row in rows:
            line = row.line
            yield row
    except UnicodeDecodeError as exc:
        raise FormatError(f"not UTF-8 after line {line}: byte {exc.object[exc.start]:#04x}", path=table) from exc


def _csv_rows(table: Path, expected: Collection[str]) -> Iterator[Row]:
    with open(table, encoding="utf-8-sig", newline="") as file:
        delimiter = _delimiter(file.readline(1 << 16), table, expected)
        file.seek(0)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            names = _checked_names(next(reader, []), table)
            line = reader.line_num
            for fields in reader:
                start, line = line + 1, reader.line_num
                if not fields:  # an empty line
                    continue
                if len(fields) != len(names):
                    raise FormatError(
                        f"line {start}: {len(fields)} fields, the first line has {len(names)}", path=table
                    )
                yield Row(start, dict(zip(names, fields, strict=True)))
        except csv.Error as exc:
            raise FormatError(f"line {reader.line_num}: no readable CSV: {exc}", path=table) from exc


def _delimiter(first: str, table: Path, expected: Collection[str]) -> str:
    """Choose what parts the fields: a comma, unless the first line names nothing expected that way."""
    usual = "\t" if table.suffix.lower() == ".tsv" else ","
    names = next(csv.reader([first], delimiter=usual), [])
    if set(expected) & set(names):
        return usual
    try:
        return csv.Sniffer().sniff(first, delimiters=OTHER_DELIMITERS).delimiter
    except csv.Error:
        return usual


def _checked_names(names: list[str], table: Path) -> list[str]:
    for number, name in enumerate(names):
        if not name:
            raise FormatError(f"line 1: column {number + 1} has no name; give it one, or remove it", path=table)
        if name in names[:number]:
            raise FormatError(f"line 1: two columns are named {name!r}", path=table)
    return names


def _json_rows(table: Path) -> Iterator[Row]:
    with open(table, encoding="utf-8-sig") as file:
        for line, text in enumerate(file, 1):
            if text.isspace():
                continue
            try:
                row = json.loads(text)
                if "\\ud" in text.lower():  # half of a surrogate pair is no text that could be written again
                    json.dumps(row, ensure_ascii=False).encode()
            except (ValueError, RecursionError) as exc:
                raise FormatError(f"line {line}: no readable JSON: {exc}", path=table) from exc
            if not isinstance(row, dict):
                raise FormatError(f"line {line}: a {type(row).__name__} where an object was expected", path=table)
            yield Row(line, {name: value for name, value in row.items() if value is not None})
