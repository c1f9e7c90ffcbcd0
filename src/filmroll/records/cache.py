"""Copies of files of a store on the local disk, within a budget, shared by all processes that name the same folder.

    ~/.cache/filmroll/files/3f2a90c1.../photos-00003-of-00010.tfrecord      one folder for each state of each file

A copy is made once, however many want it: they wait for the first, which has the folder locked. It appears whole,
by renaming. What was used longest ago goes when the budget is passed; a copy that is in use meanwhile stays readable,
as all systems but Windows keep a file that is open or mapped.
"""

import os
import shutil
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from filmroll import atomic
from filmroll.errors import FormatError, LimitError, UnsupportedError
from filmroll.remote import store
from filmroll.remote.path import RemotePath

USUAL_NBYTES = 20 * 2**30
ATTEMPTS = 5
ABANDONED_S = 3600  # after so long without a byte the process that fetched a file is taken for dead
FOLDER, NBYTES = "FILMROLL_CACHE", "FILMROLL_CACHE_NBYTES"

Where = str | os.PathLike[str] | bool | None


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of copies.

    Attributes:
        folder: Where they are; it is made when the first comes.
        nbytes: How many bytes they may take together; more for as long as several are fetched at a time.
    """

    folder: Path
    nbytes: int = USUAL_NBYTES

    def __post_init__(self) -> None:
        if self.nbytes < 1:
            raise UnsupportedError(f"a cache of {self.nbytes} bytes holds nothing; give a number above 0")

    def copy(self, path: RemotePath) -> Path:
        """Return the copy of a file as it is now in the store.

        Raises:
            FileNotFoundError: There is no such file in the store.
            LimitError: The file is larger than the budget.
            FormatError: It is another one than when it was listed.
            OSError: The store refuses, fails or does not answer, or the disk is full.
        """
        status = path.status()
        nbytes = status.nbytes or 0
        if nbytes > self.nbytes:
            raise LimitError(
                f"{nbytes} bytes do not go into a cache of {self.nbytes}; give it more: cache_nbytes, or {NBYTES}",
                path=path,
            )
        state = f"{path.url}\0{nbytes}\0{status.changed_ns}\0{status.mark}"
        copy = self.folder / blake2b(state.encode(), digest_size=16).hexdigest() / path.name
        if not self._touch(copy):
            with ExitStack() as guard:
                self._lock(copy.parent, guard)
                if not self._touch(copy):
                    self._fetch(path, copy, status)
        return copy

    def _touch(self, copy: Path) -> bool:
        try:
            os.utime(copy)
        except FileNotFoundError:
            return False
        return True

    def _lock(self, folder: Path, guard: ExitStack) -> None:
        """Make a folder, and keep others from filling it; one that is being removed is made again."""
        for _ in range(ATTEMPTS):
            folder.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                guard.enter_context(atomic.locked(folder))
                return

    def _fetch(self, path: RemotePath, copy: Path, status: store.Status) -> None:
        self._make_room(status.nbytes or 0, keep=copy)
        copy.parent.mkdir(parents=True, exist_ok=True)  # another process may have removed it for its own
        temporary = copy.with_name(f".{os.getpid()}.tmp")
        try:
            with open(temporary, "wb") as file:
                found = store.download(path.url, file)
                if (found.nbytes, found.mark) != (status.nbytes, status.mark) or file.tell() != found.nbytes:
                    raise FormatError("it changed in the store since it was listed; open it again", path=path)
            os.replace(temporary, copy)
        finally:
            temporary.unlink(missing_ok=True)
        self._make_room(0, keep=copy)  # for what others fetched meanwhile

    def _make_room(self, nbytes: int, *, keep: Path) -> None:
        """Remove copies, those used longest ago first, until so many bytes more are within the budget."""
        found = []
        for folder in self.folder.iterdir():
            with suppress(OSError):  # another process removes it meanwhile
                found += [(one.stat().st_mtime, one.stat().st_size, one) for one in folder.iterdir()]
        total = nbytes + sum(size for _, size, _ in found)
        for used, size, file in sorted(found):
            is_under_way = file.name.startswith(".") and time.time() - used < ABANDONED_S
            if total > self.nbytes and not is_under_way and file.parent != keep.parent:
                shutil.rmtree(file.parent, ignore_errors=True)
                total -= size


def local(path: Path) -> Path:
    """Return what a file is opened by on this machine: itself, or the copy of one in a store.

    Raises:
        As `Cache.copy`, of a file in a store.
        UnsupportedError: The budget that the environment names is no number of bytes.
    """
    if not isinstance(path, RemotePath):
        return path
    cache = path.cache if isinstance(path.cache, Cache) else usual()
    return cache.copy(path)


def opened(path: Path) -> BinaryIO:
    """Open a file to read it, or the copy of one in a store.

    Raises:
        OSError: It cannot be read.
        As `Cache.copy`, of a file in a store.
        UnsupportedError: The budget that the environment names is no number of bytes.
    """
    for _ in range(ATTEMPTS if isinstance(path, RemotePath) else 0):
        copy = local(path)
        with suppress(FileNotFoundError):  # it had to go for another one already
            return open(copy, "rb")
    return open(local(path), "rb")


def head(path: Path, nbytes: int) -> bytes:
    """Read the first bytes of a file; of one in a store those alone, once, up to 4096.

    Raises:
        OSError: It cannot be read.
    """
    if isinstance(path, RemotePath):
        return path.head()[:nbytes]
    with open(path, "rb") as file:
        return file.read(nbytes)


def asked_for(where: Where, nbytes: int | None = None) -> Cache | None:
    """Return the cache that the caller, or a budget in the environment, asks for; None where neither does.

    Args:
        where: A folder; True for the usual one; False for none; None leaves it to the environment.
        nbytes: The budget; None is that of the environment, or 20 GiB.

    Raises:
        UnsupportedError: The budget is no number above 0.
    """
    if where is False or (where is None and nbytes is None and not os.environ.get(NBYTES)):
        return None
    cache = usual(nbytes)
    return cache if where is None or where is True else Cache(Path(where).expanduser(), cache.nbytes)


def usual(nbytes: int | None = None) -> Cache:
    """Return the cache of files that are read whole or not at all, which needs not to be asked for.

    Raises:
        UnsupportedError: The budget is no number above 0.
    """
    try:
        return Cache(folder() / "files", int(os.environ.get(NBYTES) or USUAL_NBYTES) if nbytes is None else nbytes)
    except ValueError as exc:
        raise UnsupportedError(f"{NBYTES}={os.environ[NBYTES]} is no number of bytes") from exc


def folder() -> Path:
    """Return the folder for what can be made again: as the system has it, or FILMROLL_CACHE."""
    named = os.environ.get(FOLDER)
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "filmroll"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "filmroll" / "Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "filmroll"
