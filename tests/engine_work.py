"""Work that the tests of engines have done: functions of a module, so that they can be pickled."""

import os
import signal
import threading
import time
from pathlib import Path


def tenfold(task, count):
    count()
    return task * 10


def thread_name(task, count):
    return threading.current_thread().name


def process(task, count):
    return os.getpid()


def fail_at_one(task, count):
    """Task 1 fails, the others would go on until they are told to stop."""
    if task == 1:
        raise OSError(28, "disk full", "shard")
    while True:
        count(0)
        time.sleep(0.01)


def sleep_or_fail(task, count):
    """Sleep so many seconds, or fail where there are none."""
    if not task:
        raise OSError(28, "disk full", "shard")
    time.sleep(task)


def fail_badly(task, count):
    raise ValueError(f"task {task}")


def die_once(folder: Path, count):
    """The first process to have this task is killed in the middle, the next one ends it."""
    count(3)
    try:
        (folder / "died").mkdir()
    except FileExistsError:
        count(4)
        return folder.name
    time.sleep(0.5)  # so that what was counted is passed on
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def die(task, count):
    os.kill(os.getpid(), signal.SIGKILL)


def count_slowly(task, count):
    for _ in range(task):
        time.sleep(0.15)
        count()
    return task


def tell_and_count(path: Path, count):
    """Tell the number of this process, and count slowly."""
    path.write_text(str(os.getpid()))
    return count_slowly(5, count)


def count_until(path: Path, count):
    """Count three, and the other seven when there is a file."""
    count(3)
    while not path.exists():
        time.sleep(0.05)
        count(0)
    count(7)


def wait_for_ever(path: Path, count):
    """Tell the number of this process, and wait."""
    path.write_text(str(os.getpid()))
    while True:
        time.sleep(0.01)
        count(0)
