"""How long a store may take: until a request is made again, and until no more."""

import os

from filmroll.errors import UnsupportedError


def patience_s() -> tuple[float, float]:
    """Return after how many seconds without a byte a request is made again, and after how many no more.

    Raises:
        UnsupportedError: The environment names no number above 0.
    """
    found = []
    for name, usual in (("FILMROLL_STALL_S", 20.0), ("FILMROLL_RETRY_S", 120.0)):
        try:
            found.append(float(os.environ.get(name) or usual))
        except ValueError:
            found.append(0.0)
        if not found[-1] > 0:
            raise UnsupportedError(f"{name}={os.environ[name]} is no number of seconds above 0")
    return found[0], found[1]
