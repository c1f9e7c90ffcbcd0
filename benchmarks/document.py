"""The JSON document of a session of measuring: printed, kept in `benchmarks/results`, read by plots and page."""

import json
import string
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.result import Result
from benchmarks.turns import Outcome

FOLDER = Path(__file__).resolve().parent / "results"
Document = dict[str, Any]


def make(outcome: Outcome, *, day: date) -> Document:
    """Return what was measured, on what machine, who was absent, and which contents were wrong."""
    return {
        "date": day.isoformat(),
        "commit": machine.commit(),
        "machine": machine.describe(),
        "results": [result.to_json() for result in outcome.results],
        "absent": outcome.absent,
        "faults": outcome.faults,
    }


def save(document: Document, *, folder: Path = FOLDER) -> Path:
    """Write it under the date and the processor; later sessions of the same day have a letter behind the date."""
    words = "".join(letter if letter.isalnum() else " " for letter in document["machine"]["processor"].lower()).split()
    rest = f"{'-'.join(words)}-{document['machine']['cores']}-cores.json"
    paths = (folder / f"{document['date']}{letter}-{rest}" for letter in ("", *string.ascii_lowercase[1:]))
    path = next(path for path in paths if not path.exists())
    path.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
    return path


def read(*, folder: Path = FOLDER) -> list[Document]:
    """Read all that are kept, in order of their names, which is that of their dates."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def results(document: Document) -> list[Result]:
    """Return its results."""
    return [Result(**one) for one in document["results"]]


def latest(documents: Sequence[Document], task: str) -> tuple[Document, list[Result]] | None:
    """Return the newest document that measured a task, and its results of it."""
    for document in reversed(documents):
        found = [result for result in results(document) if result.task == task]
        if found:
            return document, found
    return None
