"""What is looked at: one entry for each record or picture file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from filmroll import codecs, dataset
from filmroll.errors import SourceError
from filmroll.records import storage
from filmroll.records.kinds import Choice
from filmroll.remote.path import path_of
from filmroll.sources import folder
from filmroll.view.entry import Entry
from filmroll.view.picture_files import PictureFiles
from filmroll.view.records import Records, UncountedError


class Entries(Protocol):
    """Entries by number."""

    @property
    def name(self) -> str:
        """What is looked at, for a heading."""

    @property
    def label_names(self) -> Sequence[str]:
        """Names of the classes by label, empty where none are known."""

    @property
    def facts(self) -> Sequence[tuple[str, str]]:
        """What is known of all of it, a heading and a sentence each."""

    @property
    def paths(self) -> Sequence[Path]:
        """The files, the one to name in an error first: what is shown changes when one of them does."""

    @property
    def can_be_reopened(self) -> bool:
        """Whether closing costs little: a compressed file would be read from its first record again."""

    def close(self) -> None:
        """Let go of the files; they are opened again when needed."""

    def again(self) -> "Entries":
        """Return the same entries, with files of their own."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int) -> Entry:
        """Return one entry, whatever is wrong with it.

        Raises:
            IndexError: There is no such number.
        """
        ...


def open_entries(paths: storage.Paths, *, dialect: str | None = None, compression: Choice = "auto") -> Entries:
    """Open what is to be looked at.

    Args:
        paths: Record files as for `filmroll.open`; or one folder of pictures, or of folders of them by class.
        dialect: How the features of records are named; None finds out.
        compression: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.

    Raises:
        FileNotFoundError, SourceError: There is nothing of that name, or neither records nor pictures in it.
    """
    if isinstance(paths, list | tuple) and len(paths) == 1:
        paths = paths[0]
    root = path_of(paths) if isinstance(paths, str | Path) else None
    if root is not None and root.is_dir() and not _holds_records(root):
        return PictureFiles(folder.read(root))
    roll = dataset.open(paths, dialect=dialect, compression=compression, on_error="skip")
    try:
        return Records(roll)
    except UncountedError:
        roll.close()
        return Records(dataset.open(paths, dialect=dialect, compression=compression, on_error="salvage"))


def _holds_records(root: Path) -> bool:
    try:
        return any(codecs.format_of(path.name) is None for path in storage.expand(root))
    except SourceError:
        return False
