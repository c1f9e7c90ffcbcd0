"""Memory of this process, as the system counts it."""

import sys


def peak_nbytes() -> int | None:
    """Return the largest resident memory so far in bytes, mapped files included; None where it is not counted."""
    counted = _status("VmHWM")
    if counted is not None:  # getrusage would count the parent's memory, from before exec
        return counted
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def anonymous_nbytes() -> int | None:
    """Return the resident memory that belongs to no file, in bytes; None where it is not counted apart."""
    return _status("RssAnon")


def _status(name: str) -> int | None:
    """Read one amount of memory as Linux states it: `VmHWM:     25500 kB`."""
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(f"{name}:"))
    except (OSError, StopIteration):
        return None
