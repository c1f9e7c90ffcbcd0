"""Whether reading waits for the disk: then it pays to ask for bytes ahead, else that would cost more than it saves.

A page of a mapped file that is not in memory is waited for by the thread that touches it, and by all others too, since
it keeps the interpreter meanwhile. The system counts these page faults.

Source: getrusage(2), ru_majflt.
"""

import sys

if sys.platform == "win32":

    def count() -> int:
        """Count none: they are not counted here."""
        return 0

else:
    import resource

    def count() -> int:
        """Count the page faults of this process that waited for a disk."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_majflt


BEGINNING = 4  # looks at first, when nobody knows yet
PATIENCE = 64  # looks after the last fault: where asking ahead helps, there are few


class Faults:
    """Page faults, looked at again and again."""

    def __init__(self) -> None:
        self._counted = count()
        self._left = BEGINNING

    def are_likely(self) -> bool:
        """Tell whether there were some lately, or may be."""
        counted = count()
        self._left = self._left - 1 if counted == self._counted else PATIENCE
        self._counted = counted
        return self._left >= 0
