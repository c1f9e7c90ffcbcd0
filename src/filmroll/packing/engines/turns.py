"""Threads whose pictures are done in no time take turns: side by side they would only wake each other.

Every call of the system lets go of the interpreter, and whoever waits for it is woken, mostly in vain: two threads
that copied photos took a third longer than one. Where pictures take longer, as they are decoded, compressed, or have
to come from a disk, threads seldom wait for the interpreter, and go on side by side.

    line   A ─ B ─ C      A has the turn for SLICE_S, then B, who takes it after PATIENCE_S: A may be at the disk
           B ─ C          while the system copies what A writes, which needs no interpreter
"""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from filmroll.packing.engines.counter import Part

QUICK_S = 0.000_2  # a photo in memory is copied in less
SLICE_S = 0.005
PATIENCE_S = 0.02
MOST_FREE_S = 10.0  # before it is tried again whether pictures are quick


class Line:
    """Who has the turn, and who waits for it, first come, first served."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._owner: Turn | None = None
        self._waiting: deque[tuple[Turn, Lock]] = deque()

    def take(self, turn: "Turn") -> None:
        """Return when it is one's turn, or somebody has had it for too long."""
        with self._lock:
            if self._owner is None:
                self._owner = turn
            if self._owner is turn:
                return
            called = Lock()
            called.acquire()
            self._waiting.append((turn, called))
            patience_s = PATIENCE_S * len(self._waiting)
        if called.acquire(timeout=patience_s):
            return
        with self._lock:
            if (turn, called) in self._waiting:  # else it was called in this very moment
                self._waiting.remove((turn, called))
                self._owner = turn

    def give(self, turn: "Turn") -> None:
        """Let the next one have the turn, if one has it still."""
        with self._lock:
            if self._owner is turn:
                self._owner = None
            if self._owner is None and self._waiting:
                self._owner, called = self._waiting.popleft()
                called.release()


class Turn:
    """What a task in a thread counts with, from its first picture on.

    Args:
        part: It counts.
        line: That of all tasks.
    """

    def __init__(self, part: Part, line: Line) -> None:
        self._part, self._line = part, line
        self._free_s = SLICE_S  # how long pictures that are not quick are done beside those of others
        self._calls, self._since_s, self._until_s, self._has_turn = 0, 0.0, 0.0, False

    def begin(self) -> None:
        """Wait for the turn."""
        self._take()
        self._next_slice(SLICE_S)

    def _take(self) -> None:
        self._line.take(self)
        self._has_turn = True

    def _next_slice(self, seconds: float) -> None:
        self._calls, self._since_s = 0, time.perf_counter()
        self._until_s = self._since_s + seconds

    def __call__(self, count: int = 1) -> None:
        """Count pictures that are done, and wait where it is not one's turn to do the next.

        Raises:
            StoppedError: Another task has failed.
        """
        self._part(count)
        self._calls += 1
        now = time.perf_counter()
        if now < self._until_s and not self._part.is_done:
            return
        is_slow = self._has_turn and now - self._since_s > QUICK_S * self._calls
        self.end()
        if self._part.is_done:  # and what is left is to wait for the disk
            return
        if is_slow:
            self._free_s = min(2 * self._free_s, MOST_FREE_S)
            self._next_slice(self._free_s)
        else:
            self.begin()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others have the turn while the system does something for this thread, which does not count as its own."""
        if not self._has_turn:
            yield
            return
        left_s = time.perf_counter()
        self.end()
        try:
            yield
        finally:
            self._take()
            away_s = time.perf_counter() - left_s
            self._since_s, self._until_s = self._since_s + away_s, self._until_s + away_s

    def end(self) -> None:
        """Let others have the turn."""
        self._has_turn = False
        self._line.give(self)

    def check(self) -> None:
        """See that there is a reason to go on.

        Raises:
            StoppedError: Another task has failed.
        """
        self._part.check()

    def stop(self) -> None:
        """Let all tasks stop."""
        self._part.stop()
