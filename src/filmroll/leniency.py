"""What is done about damage: raise an error, or leave out what is damaged, count it, and warn once."""

import sys
import warnings
from threading import Lock
from typing import Literal

from filmroll.errors import DamageWarning, Error

OnError = Literal["raise", "skip", "salvage"]
"""What to do about damage.

"raise" an error. "skip" single records whose data, message or picture is damaged. "salvage": that, and find the next
record of a TFRecord file, or the next sample of a tar, behind bytes that lead to none.
"""


def check(on_error: str) -> None:
    """Check the name of what is done about damage.

    Raises:
        ValueError: There is nothing of that name.
    """
    if on_error not in ("raise", "skip", "salvage"):
        raise ValueError(f"on_error={on_error!r}: use 'raise', 'skip' or 'salvage'")


class Notice:
    """One warning, however much is left out."""

    def __init__(self) -> None:
        self._given = False
        self._lock = Lock()

    def once(self, error: Error) -> None:
        """Warn of the first thing that is left out; the line that is shown is that of the caller of filmroll."""
        with self._lock:
            is_first, self._given = not self._given, True
        if is_first:
            frame, level = sys._getframe(), 1
            while frame.f_back is not None and frame.f_globals["__name__"].partition(".")[0] == "filmroll":
                frame, level = frame.f_back, level + 1
            warnings.warn(f"{error}; left out, as is all that is damaged like it", DamageWarning, stacklevel=level)
