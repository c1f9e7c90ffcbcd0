"""Which processes of loaders run, as Linux shows them."""

import os
from pathlib import Path

PROGRAM = b"filmroll.loading"
OTHERS: set[int] = set()  # processes of loaders that other tests have not let go of


def workers(parent: int | None = None) -> dict[int, str]:
    """The processes of the loaders of a test, by number, and their state; of this process, or of another one."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, above = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(above) == (parent or os.getpid()) and PROGRAM in (folder / "cmdline").read_bytes():
                found[int(folder.name)] = state
        except OSError:  # it has ended
            continue
    return {number: state for number, state in found.items() if number not in OTHERS}
