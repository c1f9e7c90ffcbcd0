"""Which part of a folder is meant that holds pictures to train from and pictures to test with."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from filmroll.errors import SourceError

Part = TypeVar("Part")
ALL = "all"


def choose(found: Mapping[str, Sequence[Part]], *, split: str | None, path: Path) -> list[Part]:
    """Return the parts of the split wanted.

    Args:
        found: Name of a split -> its parts.
        split: Its name, or "all"; None where there is only one. Two are never mixed unasked: who trains on what they
            test with measures nothing.
        path: The folder, for the error.

    Raises:
        SourceError: There are several and none was named, or there is none of that name.
    """
    if split == ALL or (split is None and len(found) == 1):
        return [part for parts in found.values() for part in parts]
    names = ", ".join(found)
    if split is None:
        raise SourceError(f"holds several splits: {names}; choose one of them, or 'all', with --split", path=path)
    if split not in found:
        raise SourceError(f"no split {split!r}; there are: {names}", path=path)
    return list(found[split])
