"""Where full catalogues are kept, so that a million records are looked through once: the user's own cache.

Nothing is written beside the records: they may be read-only, or somebody else's. A catalogue is found by the paths,
sizes and times of its files, so that it is never that of other records; the oldest ones give way.

    catalogue-6f1c0a2b9d3e.npz    the columns; `joined`, `starts`, `splits`: the texts; `rest`: names and reasons, JSON
"""

import io
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from filmroll import atomic
from filmroll.records.cache import folder
from filmroll.view.catalogue import COLUMNS, ROWS, Catalogue, Texts

FORMAT = 1
KEPT = 20
PATTERN = "catalogue-*.npz"


def keep(catalogue: Catalogue, version: str) -> Path | None:
    """Keep a full catalogue; None where the folder cannot be written: it is made again then.

    Args:
        catalogue: What is to be kept.
        version: Word that tells the files, and what they were read as, from all others.
    """
    path = folder() / f"catalogue-{version}.npz"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.writing(path) as file:
            np.savez_compressed(file, **_arrays(catalogue))
        for old in sorted(path.parent.glob(PATTERN), key=lambda one: -one.stat().st_mtime_ns)[KEPT:]:
            old.unlink()
    except OSError:
        return None
    return path


def find(version: str, *, count: int) -> Catalogue | None:
    """Return the catalogue that was kept, or None where there is none, or none that can be read."""
    path = folder() / f"catalogue-{version}.npz"
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as kept:
            found = _catalogue(kept, count)
        with suppress(OSError):
            os.utime(path)  # what is used is not the oldest
    except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error, zipfile.BadZipFile):
        return None
    return found


def _arrays(catalogue: Catalogue) -> dict[str, Any]:
    rest = {
        "format": FORMAT,
        "formats": catalogue.formats,
        "reasons": list(catalogue.reasons.items()),
        "label_names": list(catalogue.label_names.items()),
    }
    joined = b"".join(texts.joined for texts in catalogue.texts)
    return {
        **catalogue.columns,
        "joined": np.frombuffer(joined, np.uint8),
        "splits": np.cumsum([0, *(len(texts.joined) for texts in catalogue.texts)]),
        "starts": np.concatenate([texts.starts for texts in catalogue.texts]),
        "rest": np.frombuffer(json.dumps(rest).encode("ascii"), np.uint8),
    }


def _catalogue(kept: Mapping[str, Any], count: int) -> Catalogue | None:
    rest = json.loads(kept["rest"].tobytes())
    columns = {name: kept[name] for name in COLUMNS}
    if rest["format"] != FORMAT or any(column.shape != (count,) for column in columns.values()):
        return None
    catalogue = Catalogue(count)
    catalogue.columns = columns
    catalogue.formats = [str(name) for name in rest["formats"]]
    catalogue.reasons = {int(number): str(why) for number, why in rest["reasons"]}
    catalogue.label_names = {int(label): str(name) for label, name in rest["label_names"]}
    joined, splits, starts = kept["joined"].tobytes(), kept["splits"].tolist(), kept["starts"]
    catalogue.texts = [
        Texts(joined[first:last], starts[row : row + ROWS])
        for (first, last), row in zip(pairwise(splits), range(0, count, ROWS), strict=True)
    ]
    catalogue.done = count
    return catalogue
