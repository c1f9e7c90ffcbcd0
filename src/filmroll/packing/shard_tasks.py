"""Shards written side by side: room is made, tasks run over threads, all stop where one fails."""

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TypeVar

from filmroll import atomic, manifest
from filmroll.records.index import path_of as index_path_of

Progress = Callable[[int, int], None]
Task = TypeVar("Task")
Result = TypeVar("Result")


class StoppedError(Exception):
    """Another shard failed: this one need not go on."""


class Counter:
    """Counts pictures over all threads, tells the caller's progress, and passes the word to stop.

    Args:
        total: Number of pictures.
        progress: Called with the pictures done and their number, from any thread.

    Attributes:
        stopped: Whether a task has failed, and the others need not go on.
    """

    def __init__(self, total: int, progress: Progress | None = None) -> None:
        self._total, self._progress = total, progress
        self._done, self.stopped = 0, False
        self._lock = Lock()

    def __call__(self, count: int = 1) -> None:
        """Count pictures that are done.

        Raises:
            StoppedError: Another task has failed.
        """
        if self.stopped:
            raise StoppedError
        with self._lock:
            self._done += count
            if self._progress is not None:
                self._progress(self._done, self._total)

    def stop(self) -> None:
        """Let every task that counts stop at its next picture."""
        self.stopped = True


def run(
    work: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    counter: Counter,
    threads: int,
    name: str = "pack",
    finished: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Do all tasks, and return their results in order.

    Args:
        work: What is done with each task; it calls the counter after each picture.
        tasks: One for each shard.
        counter: At the first error, or at Ctrl-C, it stops the tasks that are not done.
        threads: Tasks done at a time.
        name: Prefix of the names of the threads.
        finished: Called with each result as soon as it is there, in the thread of the caller.

    Raises:
        Exception: What the first task to fail raised; `finished` knows of all that did not.
    """

    def guarded(task: Task) -> Result:
        if counter.stopped:
            raise StoppedError
        try:
            return work(task)
        except BaseException:
            counter.stop()
            raise

    with ThreadPoolExecutor(max_workers=max(1, min(threads, len(tasks))), thread_name_prefix=name) as pool:
        futures = [pool.submit(guarded, task) for task in tasks]
        untold = set(futures)
        try:
            for future in as_completed(futures):
                untold.remove(future)
                finished(future.result())
        except BaseException as exc:
            counter.stop()
            wait(futures)
            errors = [future.exception() for future in futures]
            with suppress(OSError):  # the first error is the one to tell
                for future in untold:
                    if future.exception() is None:
                        finished(future.result())
            if isinstance(exc, StoppedError):
                raise next(error for error in errors if error and not isinstance(error, StoppedError)) from None
            raise
    return [future.result() for future in futures]


def make_room(paths: Sequence[Path], *, name: str, overwrite: bool, others: Iterable[str] = ()) -> list[Path]:
    """Check that no shard would be replaced unasked.

    Args:
        paths: The shards to come, in a folder that is there.
        name: Under which the manifest keeps them.
        overwrite: Let shards that are there be replaced.
        others: Names of shards of an earlier run that the manifest does not list, as it was interrupted.

    Returns:
        The shards of an earlier run that must go when the new ones stand.

    Raises:
        FileExistsError: One is there, and `overwrite` is False.
        ParseError: A file stands where the manifest belongs.
    """
    earlier = manifest.read(manifest.path_of(paths[0])).get(name, {}).get("shards", [])
    names = {shard["path"] for shard in earlier}.union(others)
    there = {paths[0].with_name(name) for name in names} | set(paths)
    standing = sorted(path for path in there if path.exists())
    foreign = next((path for path in standing if path.is_dir() and not path.joinpath("data.mdb").is_file()), None)
    if foreign is not None:
        raise FileExistsError(errno.EEXIST, "a folder that holds no records; choose another name", str(foreign))
    if standing and not overwrite:
        raise FileExistsError(errno.EEXIST, "there already; choose another name, or say --overwrite", str(standing[0]))
    return [path for path in standing if path not in paths]


def remove(paths: Iterable[Path]) -> None:
    """Remove shards and their indexes; an LMDB environment, which is a folder, loses its name at once."""
    for path in paths:
        if path.is_dir():
            hidden = atomic.temporary_of(path)
            os.rename(path, hidden)
            shutil.rmtree(hidden)
        else:
            index_path_of(path).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
