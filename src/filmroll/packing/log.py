"""Where a journal keeps its lines: in a file, to which they are appended; or in a store, one small object each.

.flowers.journal                                          a line a shard; locked while a run is under way
s3://bucket/out/.flowers.journal/plan-00000.json          nothing is appended in a store, and nothing locked:
s3://bucket/out/.flowers.journal/flowers-00001-....json   a run begun twice writes the same shards twice
"""

import errno
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from filmroll import atomic, manifest
from filmroll.remote import store
from filmroll.remote.path import RemotePath

SYNC_S = 1.0  # between waits for the disk, which cost more than to write again what a second wrote
AT_ONCE = 32  # objects of a store that are read at a time


class Log(Protocol):
    """What a journal needs of its place."""

    def read(self) -> Iterable[dict[str, Any]]:
        """Return the documents of earlier runs in order: each plan, and the shards noted since."""

    def append(self, document: Mapping[str, Any]) -> None:
        """Add a plan, or a shard; of a store, a plan replaces the shards that were noted."""

    def close(self, *, keep: bool) -> None:
        """Let go of it, and remove it unless it is to be kept."""


def opened(path: Path) -> Log:
    """Open the log of that name.

    Raises:
        FileExistsError: Another run has it open; of a file.
        OSError: It cannot be made, or read.
    """
    return StoreLog(path) if isinstance(path, RemotePath) else FileLog(path)


class FileLog:
    """A log in a file, which is locked as long as it is open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _locked(path)
        self._synced_s = 0.0

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield what the lines say, leaving out those that were cut short."""
        for line in self._path.read_bytes().split(b"\n"):
            document = _parsed(line)
            if document is not None:
                yield document

    def append(self, document: Mapping[str, Any]) -> None:
        """Add a line."""
        line = b"\n" + json.dumps(document).encode() + b"\n"  # what stands before may have been cut short
        try:
            while line:
                line = line[os.write(self._file, line) :]
            if "plan" in document or time.monotonic() - self._synced_s > SYNC_S:
                os.fsync(self._file)
                self._synced_s = time.monotonic()
        except OSError as exc:
            exc.filename = exc.filename or str(self._path)
            raise
        if "plan" in document:
            atomic.sync_folder(self._path.parent)

    def close(self, *, keep: bool) -> None:
        """Close the file, and remove it unless it is to be kept."""
        if os.name != "posix":  # where open files cannot be removed
            os.close(self._file)
        if not keep:
            with suppress(OSError):  # the folder may have vanished
                self._path.unlink()
        if os.name == "posix":
            os.close(self._file)  # and its lock with it


class StoreLog:
    """A log in a folder of a store, so that a run goes on on any machine."""

    def __init__(self, folder: RemotePath) -> None:
        self._folder = folder
        self._plans = 0

    def read(self) -> list[dict[str, Any]]:
        """Return what the objects say: plans in order, then shards."""
        paths = sorted(self._folder.below(), key=lambda path: (not path.name.startswith("plan-"), path.name))
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="journal") as pool:
            found = [document for document in map(_parsed, pool.map(RemotePath.read_bytes, paths)) if document]
        self._plans = sum("plan" in document for document in found)
        return found

    def append(self, document: Mapping[str, Any]) -> None:
        """Write an object."""
        if "plan" in document:
            self._remove(keep="plan-")
            name = f"plan-{self._plans:05d}"
            self._plans += 1
        else:
            name = document["shard"]["path"]
        store.upload(self._folder.joinpath(f"{name}.json").url, json.dumps(document).encode())

    def close(self, *, keep: bool) -> None:
        """Remove the objects unless they are to be kept."""
        if not keep:
            with suppress(OSError):  # the store may not answer any more
                self._remove()

    def _remove(self, *, keep: str = "\0") -> None:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="journal") as pool:
            gone = [path for path in self._folder.below() if not path.name.startswith(keep)]
            list(pool.map(RemotePath.unlink, gone, [True] * len(gone)))


def _parsed(content: bytes) -> dict[str, Any] | None:
    """Return a plan or a shard; None where the bytes are neither, or were cut short."""
    with suppress(ValueError, RecursionError):
        document = json.loads(content)
        if isinstance(document, dict) and (_is_plan(document["plan"]) if "plan" in document else "shard" in document):
            return document
    return None


def _is_plan(plan: Any) -> bool:
    names = plan.get("shards") if isinstance(plan, dict) else None
    return isinstance(names, list) and all(map(manifest.is_name_beside, names))


def _locked(path: Path) -> int:
    """Open and lock the file; it is made where it is not there."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
        if not atomic.lock(handle, wait=False):
            os.close(handle)
            raise FileExistsError(
                errno.EEXIST, "another run is writing these shards; wait until it has ended", str(path)
            )
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
        os.close(handle)  # the run that had it has just ended, and removed it
