"""How many files this process may keep open: half of those that the system allows it, the others are the user's.

Source: getrlimit(2), RLIMIT_NOFILE: 256 on macOS, 1,024 on most Linux systems, a million in most containers.
"""

import sys

MOST = 1024  # what ImageNet comes in; the index of each is kept in memory, 16 bytes a record


def _share(allowed: int) -> int:
    return max(1, min(allowed // 2, MOST)) if allowed >= 0 else MOST  # -1 is no limit


if sys.platform == "win32":  # which counts no mapped files

    def open_files() -> int:
        """Return how many files to keep open at most."""
        return MOST

else:
    import resource

    def open_files() -> int:
        """Return how many files to keep open at most."""
        return _share(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
