"""Where record files are: names, lists, patterns, folders and URLs of them into the paths of shards."""

import fnmatch
import glob
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from filmroll.errors import SourceError, UnsupportedError
from filmroll.records import patterns, strangers
from filmroll.remote.path import RemotePath, path_of

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
DATA = "data.mdb"  # of an LMDB environment
SIDECARS = (".idx", ".tfindex", ".bad-data")
NOT_RECORDS = (*SIDECARS, ".index", ".json", ".jsonl", ".txt", ".csv", ".pbtxt", ".md", ".tmp", ".png", ".jpg")


def expand(paths: Paths) -> list[Path]:
    """List the shards that are meant.

    Args:
        paths: A file, or the folder of an LMDB environment; a pattern such as `train-*.tfrecord`,
            `train-{000..007}.tar` or `train@8`; a folder, for all record files in it; the URL of one of these (s3, gs,
            az, http, https, file); or several, which come in the order given. What a pattern or a folder holds is
            sorted. Index files and manifests beside the records are left out, unless one is named alone.

    Returns:
        Paths of files, one at least.

    Raises:
        FileNotFoundError: There is no such file, or not one of those that a pattern counts.
        SourceError: A pattern fits nothing, or a folder holds no record files.
        TypeError: It is neither a path nor several.
    """
    if not isinstance(paths, str | os.PathLike | Iterable):
        raise TypeError(f"record files are named by a path, a pattern, or several of these, not by {paths!r}")
    several = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    if len(several) > 1:  # a shell's own pattern takes the index files along
        several = [one for one in several if not _is_sidecar(path_of(one))]
    found = [path for one in several for path in _expand_one(one)]
    if not found:
        raise SourceError("no record files were named")
    return found


def keep_copies(paths: Iterable[Path], cache: object) -> None:
    """Say where copies of those files are kept that are in a store; with None, of those kinds alone that need one."""
    for path in paths:
        if isinstance(path, RemotePath) and cache is not None:
            path.cache = cache


def require_regular(path: Path) -> int:
    """Return the bytes of a file that can be mapped and read at any place.

    Raises:
        FileNotFoundError, IsADirectoryError: There is no such file.
        UnsupportedError: It is a pipe or a device.
    """
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(f"{path} is a folder; name one file in it")
    if not stat.S_ISREG(status.st_mode):
        raise UnsupportedError("only regular files can be read, no pipes or devices", path=path)
    return status.st_size


def nbytes_of(path: Path) -> int:
    """Return the bytes of a record file; of an LMDB environment, those of the files in its folder.

    Raises:
        OSError: It is not there.
    """
    status = path.stat()
    return sum(one.stat().st_size for one in path.iterdir()) if stat.S_ISDIR(status.st_mode) else status.st_size


def now(path: Path) -> Path:
    """Return the path of a file as it is now; that of a listing goes by what it was then."""
    return RemotePath(path.url) if isinstance(path, RemotePath) else path


def existing(paths: Iterable[Path]) -> list[Path]:
    """Return those that are there; of a store, after a listing of their folders."""
    remote: dict[RemotePath, set[str]] = {}
    found = []
    for path in paths:
        if not isinstance(path, RemotePath):
            found += [path] if path.exists() else []
            continue
        if path.parent not in remote:
            remote[path.parent] = {one.name for one in path.parent.iterdir()}
        found += [path] if path.name in remote[path.parent] else []
    return found


def data_file_of(path: Path) -> Path:
    """Return the file that holds the records: of an LMDB environment, the one in its folder."""
    return path / DATA if path.is_dir() else path


def _expand_one(name: str | os.PathLike[str]) -> list[Path]:
    if not os.fspath(name):
        raise SourceError("an empty path; an empty variable of the shell, perhaps")
    path = path_of(name)
    if isinstance(path, RemotePath):
        urls = patterns.written_out(path.url)
        several = [path] if urls == [path.url] else map(RemotePath, urls)
        return [found for one in several for found in _expand_remote(one)]
    if _is_environment(path):
        return [path]
    if path.is_dir():
        inside = sorted(one for one in path.iterdir() if _is_readable(one) and _may_hold_records(one))
        if not inside:
            folders = any(one.is_dir() for one in path.iterdir())
            below = f"; '{path / '**'}' takes those of the folders in it" if folders else ""
            raise SourceError(f"a folder without record files{below}{strangers.PACK}", path=path)
        return inside
    if path.exists() or not patterns.is_pattern(os.fspath(name)):
        path.stat()  # raises what is wrong with a name that is no pattern
        return [path]
    return [found for one in patterns.written_out(os.fspath(name)) for found in _fitting(one)]


def _fitting(pattern: str) -> list[Path]:
    if not glob.has_magic(pattern):
        Path(pattern).stat()  # one of many that were named: it must be there
        return [Path(pattern)]
    fitting = sorted(Path(one) for one in glob.glob(pattern, recursive=True))
    fitting = [one for one in fitting if _is_readable(one) and _may_hold_records(one)]
    if not fitting:
        raise SourceError("no file fits this pattern", path=pattern)
    return fitting


def _expand_remote(path: RemotePath) -> list[Path]:
    """List what a URL means; the paths know the sizes from the listing, so that none is asked for again."""
    if path.url.startswith("http"):
        return [path.known(path.status())]
    if not glob.has_magic(path.url):
        status = path.status()
        if status.nbytes is not None or path.joinpath(DATA).is_file():
            return [path.known(status)]
        fitting = _environments(path.iterdir())
        empty = f"a folder without record files{strangers.PACK}"
    else:
        fixed = next(one for one in path.parents if not glob.has_magic(one.url))
        parts = path.url.count("/")
        near = fixed.iterdir() if path.parent == fixed else fixed.below()
        fitting = [
            one
            for one in _environments(near)
            if fnmatch.fnmatchcase(one.url, path.url) and ("**" in path.url or one.url.count("/") == parts)
        ]
        empty = "no file fits this pattern"
    found: list[Path] = sorted(one for one in fitting if _may_hold_records(one))
    if not found:
        raise SourceError(empty, path=path)
    return found


def _environments(paths: Iterable[RemotePath]) -> list[RemotePath]:
    """Leave out folders, but those that are LMDB environments by their names."""
    return [one for one in paths if one.status().nbytes is not None or one.suffix == ".lmdb"]


def _is_readable(path: Path) -> bool:
    return path.is_file() or _is_environment(path)


def _is_environment(path: Path) -> bool:
    """Tell whether a path is the folder of an LMDB environment: one file to the user, though a folder to the system."""
    return path.is_dir() and path.joinpath(DATA).is_file()


def _is_sidecar(path: Path) -> bool:
    return path.suffix in SIDECARS or path.name == "filmroll.json"


def _may_hold_records(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() not in NOT_RECORDS
