"""Fill a catalogue in the background, while people look already."""

import time
from threading import Event, Thread

from filmroll.view.catalogue import ROWS, Catalogue
from filmroll.view.entries import Entries


class Cataloguing(Thread):
    """A thread that reads every entry once, from the first, by its header: no picture is decoded.

    Args:
        entries: What is to be catalogued.
        catalogue: What is to be filled.
    """

    def __init__(self, entries: Entries, catalogue: Catalogue) -> None:
        super().__init__(name="catalogue", daemon=True)
        self._entries, self._catalogue = entries, catalogue
        self._stop = Event()

    def run(self) -> None:
        """Fill the catalogue, or stop when asked to."""
        while not self._catalogue.is_full:
            first = self._catalogue.done
            part = []
            for number in range(first, min(first + ROWS, self._catalogue.count)):
                part.append(self._entries[number])
                if self._stop.is_set():
                    return
                if number % 64 == 0:
                    time.sleep(0)  # let requests have their turn
            self._catalogue.add(part)

    def stop(self) -> None:
        """Stop, and wait until it has."""
        self._stop.set()
        if self.is_alive():
            self.join()
