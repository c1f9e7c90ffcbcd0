"""Lines that a program begins with so that no file it writes can be larger than this: a full disk, for one process."""

LIMITED = """
import atexit, resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
before = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, ({nbytes}, before[1]))
atexit.register(resource.setrlimit, resource.RLIMIT_FSIZE, before)
"""


def at_most(nbytes: int) -> str:
    """Write the lines; as it exits the process may write again, since what measures coverage writes its file then."""
    return LIMITED.format(nbytes=nbytes)
