"""Records with the same key, and pictures with the same bytes, over all files.

A picture is known by its length and its checksum, which costs next to nothing; where two have the same, both are read
again and compared by a digest.
"""

from collections.abc import Callable
from hashlib import blake2b

from filmroll.buffer import Buffer
from filmroll.errors import Error
from filmroll.records import checksum
from filmroll.records.shards import Place


def mark_of(picture: Buffer) -> int:
    """Return a number that two different pictures hardly have both."""
    return len(picture) << 32 | checksum.crc32c(picture)


class Twins:
    """Finds what was there before.

    Attributes:
        keys: Pairs of places: a record, and the first one with its key.
        pictures: The same of pictures, as far as their marks tell.
    """

    def __init__(self) -> None:
        self._first_keys: dict[str, Place] = {}
        self._first_pictures: dict[int, Place] = {}
        self.keys: list[tuple[Place, Place]] = []
        self.pictures: list[tuple[Place, Place]] = []

    def add(self, place: Place, *, key: str, mark: int | None) -> None:
        """Look at one more record: its key, "" for none, and the mark of its picture, if it has one."""
        if key and (first := self._first_keys.setdefault(key, place)) != place:
            self.keys.append((place, first))
        if mark is not None and (first := self._first_pictures.setdefault(mark, place)) != place:
            self.pictures.append((place, first))

    def identical(self, picture_at: Callable[[Place], Buffer]) -> list[tuple[Place, Place]]:
        """Return the pairs whose pictures are the same, byte for byte.

        Args:
            picture_at: Reads a picture again.
        """
        found = []
        for place, first in self.pictures:
            try:
                if blake2b(picture_at(place)).digest() == blake2b(picture_at(first)).digest():
                    found.append((place, first))
            except Error:
                continue  # it was read a moment ago: the file changed
        return found
