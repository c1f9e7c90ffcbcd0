"""filmroll.json beside the shards: what they hold, for people and for filmroll.

    {"filmroll": "0.1.0", "splits": {"train": {
        "dialect": "slim", "records": 100, "nbytes": 123456, "label_names": ["cat", "dog"],
        "features": {"image/height": {"type": "int64", "shape": []}, ...},
        "shards": [{"path": "train-00000-of-00002.tfrecord", "records": 50, "nbytes": 61728}, ...]}}}

One file serves all splits of a folder: writing one leaves the others as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import filmroll
from filmroll import atomic
from filmroll.errors import ParseError
from filmroll.remote.path import RemotePath

NAME = "filmroll.json"
SPLIT = {"dialect": str, "records": int, "nbytes": int, "label_names": list, "features": dict, "shards": list}
SHARD = {"path": str, "records": int, "nbytes": int}
NOUNS = {str: "a text", int: "a whole number", list: "a list", dict: "an object"}


@dataclass(frozen=True, slots=True)
class Split:
    """The entry of one set of shards.

    Attributes:
        dialect: Name of the dialect.
        features: Feature name -> {"type", "shape"}.
        label_names: Name of each class; the label is the position.
        shards: One {"path", "records", "nbytes"} for each shard, in order, paths beside the manifest.
    """

    dialect: str
    features: dict[str, dict[str, Any]]
    label_names: list[str] = field(default_factory=list)
    shards: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the entry as plain JSON values, with its totals."""
        return {
            "dialect": self.dialect,
            "records": sum(shard["records"] for shard in self.shards),
            "nbytes": sum(shard["nbytes"] for shard in self.shards),
            "label_names": self.label_names,
            "features": self.features,
            "shards": self.shards,
        }


def path_of(dest: Path) -> Path:
    """Return where the manifest of shards in this folder stands."""
    return dest.parent / NAME


def read(path: Path) -> dict[str, Any]:
    """Return the splits of a manifest by name, as JSON values; none where there is no file.

    Raises:
        ParseError: The file is no manifest.
    """
    try:
        document = json.loads(path.read_bytes())
        splits: dict[str, Any] = _required(document, {"splits": dict}, what="the file")["splits"]
        for name, split in splits.items():
            _check(split, what=f"split {name!r}")
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as exc:
        reason = str(exc) if isinstance(exc, _OddError) else "no JSON"
        raise ParseError(f"no manifest of filmroll: {reason}; move it away or delete it", path=path) from exc
    return splits


class _OddError(ValueError):
    """Something in the file is not what filmroll writes there."""


def _check(split: Any, *, what: str) -> None:
    _required(split, SPLIT, what=what)
    if not all(isinstance(name, str) for name in split["label_names"]):
        raise _OddError(f"{what} has names of classes that are no texts")
    for shard in split["shards"]:
        _required(shard, SHARD, what=f"a shard of {what}")
        if not is_name_beside(shard["path"]):
            raise _OddError(f"{what} has the shard {shard['path']!r}, which is no name of a file beside it")


def is_name_beside(name: object) -> bool:
    """Tell whether a text names a file in the folder it is found in: whoever wrote it, no other is to be touched."""
    return isinstance(name, str) and name not in ("", ".", "..") and Path(name).name == name


def _required(value: Any, members: Mapping[str, type], *, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _OddError(f"{what} is no object")
    for name, kind in members.items():
        if not isinstance(value.get(name), kind):
            raise _OddError(f"{what} has no {name!r} that is {NOUNS[kind]}")
    return value


def write(path: Path, *, name: str, split: Split) -> None:
    """Put the entry of one split into the manifest, and keep the others.

    Raises:
        ParseError: A file of that name is there and no manifest.
        OSError: It cannot be written; the old one stays.
    """
    splits = read(path) | {name: split.to_json()}
    document = {"filmroll": filmroll.__version__, "splits": splits}
    with atomic.writing(path) as file:
        file.write(json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")


def find(shard: Path) -> dict[str, Any] | None:
    """Return the entry that lists this shard, or None.

    Raises:
        ParseError: The manifest beside the shard is none.
    """
    return find_named(shard)[1]


def find_named(shard: Path) -> tuple[str, dict[str, Any] | None]:
    """Return the name of the split that lists this shard, and its entry; "" and None where none does.

    Raises:
        ParseError: The manifest beside the shard is none.
    """
    for name, split in _beside(shard).items():
        if any(one["path"] == shard.name for one in split["shards"]):
            return name, dict(split)
    return "", None


def entries_beside(shard: Path) -> dict[str, dict[str, Any]]:
    """Return the entry of every shard that the manifest beside this one lists, by the shard's name.

    Raises:
        ParseError: The manifest beside the shard is none.
    """
    listed = [(one["path"], split) for split in _beside(shard).values() for one in split["shards"]]
    return dict(reversed(listed))  # of two splits with the same shard the first, as `find` has it


def _beside(shard: Path) -> dict[str, Any]:
    try:
        return read(path_of(shard))
    except PermissionError:
        if isinstance(shard, RemotePath):  # a store that lists nothing calls what is not there forbidden
            return {}
        raise
