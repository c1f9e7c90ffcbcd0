"""The picture files of a folder as entries."""

from pathlib import Path

from filmroll.errors import Error
from filmroll.sources.item import Listing
from filmroll.view.entry import BYTES, Entry, notice_unreadable, reason


class PictureFiles:
    """The picture files of a folder.

    Attributes:
        name, label_names, facts, paths, can_be_reopened: As in `Entries`.
    """

    can_be_reopened = True

    def __init__(self, listing: Listing) -> None:
        self._items = listing.items
        self.name = listing.root.resolve().name
        self.label_names = listing.label_names
        self._root = listing.root
        self.facts = [("kind", "a folder of pictures"), ("classes", f"{len(listing.label_names):,}")]

    @property
    def paths(self) -> list[Path]:
        """The folder and its pictures."""
        return [self._root, *(item.path for item in self._items)]

    def close(self) -> None:
        """Let go of the files: there are none that stay open."""

    def again(self) -> "PictureFiles":
        """Return the same pictures."""
        return self

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, number: int) -> Entry:
        """Return one picture, whatever is wrong with it."""
        if not 0 <= number < len(self):
            raise IndexError(f"picture {number} of {len(self)}")
        item = self._items[number]
        entry = Entry(number, item.key)
        try:
            entry.sample = item.read()
            entry.features = {BYTES: [memoryview(entry.sample.encoded or b"")]}
            notice_unreadable(entry)
        except (Error, OSError) as exc:
            entry.fault = reason(exc)
        return entry
