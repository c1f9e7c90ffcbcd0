"""A URL as a path: everything that takes a `Path` and only names, measures or reads it takes this.

    s3://bucket/roll/train-00000-of-00002.tfrecord      .name, .parent, .with_name, .stat, .read_bytes, .iterdir

What a path prints is the URL without passwords and signatures. What a listing said of a file is remembered by its
path, so that it is not asked for again; a path that was made of a name asks each time.
"""

import errno
import os
import re
import stat
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from filmroll.errors import UnsupportedError
from filmroll.remote import store, urls
from filmroll.remote.failures import RangesError
from filmroll.remote.store import Status

HEAD_NBYTES = 4096
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")


if TYPE_CHECKING:
    _Path = Path
else:
    _Path = type(Path())  # whichever this system has: Path itself makes one of them


class RemotePath(_Path):
    """The path of a file in a bucket or on a server."""

    _status: Status | None = None
    _head: bytes | None = None
    cache: object = None  # where copies of the file are kept, for those who make some
    has_ranges: bool = True  # as far as is known, which is once the first bytes were read

    @property
    def url(self) -> str:
        """The URL, with all that is secret in it."""
        scheme, _, rest = super().__str__().replace("\\", "/").partition(":")
        return f"{scheme}://{rest.lstrip('/')}"

    @property
    def name(self) -> str:
        """The last part, without what stands behind a question mark of a web address."""
        name: str = super().name
        return name.partition("?")[0] if self.url.startswith("http") else name

    @property
    def bucket(self) -> "RemotePath":
        """The bucket, or the server."""
        return type(self)(*self.parts[:2])

    def __str__(self) -> str:
        return urls.redacted(self.url)

    def __repr__(self) -> str:
        return f"RemotePath({str(self)!r})"

    def __fspath__(self) -> str:
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self.url, self._status, self.cache)

    def as_posix(self) -> str:
        """Return what is printed of it."""
        return str(self)

    def known(self, status: Status) -> Self:
        """Remember what a listing said of the file, and return the path itself."""
        self._status = status
        return self

    def forget(self) -> None:
        """Forget what was known of the file: it was written or removed."""
        self._status = self._head = None

    def status(self) -> Status:
        """Say how large the file is, and how old; that of a listing, where the path comes from one.

        Raises:
            FileNotFoundError: There is no such file or folder.
            OSError: The store refuses, fails or does not answer.
        """
        return self._status or store.status(self.url)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        """Say how large the file is, and how old, as of a local one."""
        found = self.status()
        mode = stat.S_IFDIR if found.nbytes is None else stat.S_IFREG
        seconds = found.changed_ns // 10**9
        return os.stat_result(
            (mode, 0, 0, 1, 0, 0, found.nbytes or 0, seconds, seconds, seconds), {"st_mtime_ns": found.changed_ns}
        )

    def exists(self, **_: Any) -> bool:
        """Tell whether there is a file or a folder."""
        try:
            self.status()
        except FileNotFoundError:
            return False
        return True

    def is_dir(self, **_: Any) -> bool:
        """Tell whether there are files below it."""
        return self._is(folder=True)

    def is_file(self, **_: Any) -> bool:
        """Tell whether there is a file."""
        return self._is(folder=False)

    def _is(self, *, folder: bool) -> bool:
        try:
            return (self.status().nbytes is None) == folder
        except FileNotFoundError:
            return False

    def iterdir(self) -> Generator[Self, None, None]:
        """Yield what is in the folder; each path knows its size."""
        for url, found in store.listing(self.url):
            yield type(self)(url).known(found)

    def below(self) -> Iterator[Self]:
        """Yield all files below the folder; each path knows its size."""
        for url, found in store.listing(self.url, deep=True):
            yield type(self)(url).known(found)

    def read_bytes(self) -> bytes:
        """Read the whole file."""
        return bytes(store.read(self.url)[0])

    def head(self) -> bytes:
        """Read the first 4096 bytes, once."""
        if self._head is None:
            self._head = b"" if self._status and not self._status.nbytes else self._first()
        return self._head

    def _first(self) -> bytes:
        head: bytes | memoryview
        try:
            head, found = store.read(self.url, stop=HEAD_NBYTES)
        except RangesError:
            self.has_ranges = False
            head, found = store.begin(self.url, HEAD_NBYTES)
        except OSError as exc:
            if "416" in str(exc.strerror):  # an empty file has no range
                return b""
            raise
        if self._status is None:
            self._status = found
        return bytes(head[:HEAD_NBYTES])

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the file."""
        if not missing_ok:
            store.status(self.url)
        store.delete(self.url)
        self.forget()

    def resolve(self, strict: bool = False) -> Self:
        """Return the path itself: a store has no links."""
        return self

    def absolute(self) -> Self:
        """Return the path itself."""
        return self

    def open(self, *_: Any, **__: Any) -> Any:
        """Refuse: what is read here is read by ranges, or copied."""
        raise OSError(errno.EINVAL, "a file in a store is not opened as a local one", str(self))

    def mkdir(self, *_: Any, **__: Any) -> None:
        """Do nothing: a store has no folders but the names of its files."""


def path_of(name: str | os.PathLike[str]) -> Path:
    """Return the path of a name, or of a URL; what is a path already stays as it is.

    Raises:
        UnsupportedError: A URL is of no store that is known, or names no bucket and no server.
    """
    if isinstance(name, Path):
        return name
    found = _SCHEME.match(os.fspath(name))
    if found is None:
        return Path(name)
    if found[1].lower() == "file":
        from urllib.parse import unquote, urlsplit

        return Path(unquote(urlsplit(os.fspath(name)).path))
    urls.check_scheme(found[1].lower())
    if not os.fspath(name)[found.end() :].strip("/"):
        raise UnsupportedError(f"{os.fspath(name)!r} names no bucket and no server; expected one behind the '://'")
    scheme, rest = found[1].lower(), os.fspath(name)[len(found[1]) :]
    if scheme in ("http", "https"):
        before, mark, query = rest.partition("?")
        rest = before + mark + query.replace("/", "%2F")
    return RemotePath(scheme + rest)


def is_url(name: str | os.PathLike[str]) -> bool:
    """Tell whether a name is the URL of something elsewhere.

    Raises:
        UnsupportedError: A URL is of no store that is known, or names no bucket and no server.
    """
    return isinstance(path_of(name), RemotePath)


def _remade(url: str, status: Status | None, cache: object) -> RemotePath:
    path = RemotePath(url)
    path._status, path.cache = status, cache
    return path
