"""Disks that are full: for one process, which can write no file larger than this, and for one open file."""

import errno

LIMITED = """
import atexit, resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
before = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, ({nbytes}, before[1]))
atexit.register(resource.setrlimit, resource.RLIMIT_FSIZE, before)
"""


def at_most(nbytes: int) -> str:
    """Return lines for a program to begin with; what it does as it exits is free again: coverage is written then."""
    return LIMITED.format(nbytes=nbytes)


class Full:
    """A file on a disk that is full after some bytes."""

    def __init__(self, file, left):
        self.file = file
        self.left = left

    def write(self, data):
        self.left -= len(data)
        if self.left < 0:
            self.file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def flush(self):
        self.file.flush()
