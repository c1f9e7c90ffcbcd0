"""Fill a catalogue in the background, while people look already."""

import time
from threading import Event, Thread

from filmroll.view import shelf
from filmroll.view.catalogue import ROWS, Catalogue
from filmroll.view.entries import Entries
from filmroll.view.entry import Entry

WORTH_KEEPING_S = 2.0
MAPPED_NBYTES = 128 << 20  # what is read of mapped files counts as memory until they are closed


class Cataloguing(Thread):
    """A thread that reads every entry once, from the first, by its header: no picture is decoded.

    Args:
        entries: What is to be catalogued.
        catalogue: What is to be filled.
        version: Word to keep the full catalogue by where filling it took long; None keeps nothing.
    """

    def __init__(self, entries: Entries, catalogue: Catalogue, *, version: str | None = None) -> None:
        super().__init__(name="catalogue", daemon=True)
        self._entries, self._catalogue = entries.again(), catalogue
        self._read_nbytes = 0
        self._ending = Event()
        self._version = version

    def run(self) -> None:
        """Fill the catalogue, or stop when asked to."""
        started = time.monotonic()
        while not self._catalogue.is_full and not self._ending.is_set():
            self._add_some()
        self._entries.close()
        if not self._catalogue.is_full:
            return
        if self._version is not None and time.monotonic() - started > WORTH_KEEPING_S:
            shelf.keep(self._catalogue, self._version)

    def _add_some(self) -> None:
        part: list[Entry] = []
        first = self._catalogue.done
        for number in range(first, min(first + ROWS, self._catalogue.count)):
            part.append(self._entries[number])
            self._read_nbytes += part[-1].nbytes
            if self._ending.is_set():
                return
            if number % 64 == 0:
                time.sleep(0)  # let requests have their turn
        self._catalogue.add(part)
        if self._read_nbytes > MAPPED_NBYTES and self._entries.can_be_reopened:
            self._read_nbytes = 0
            part.clear()
            self._entries.close()

    def stop(self) -> None:
        """Stop, and wait until it has."""
        self._ending.set()
        if self.is_alive():
            self.join()
