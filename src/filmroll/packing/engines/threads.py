"""Tasks in threads of this process: what decodes, compresses and writes lets go of the interpreter."""

import os
from concurrent.futures import ThreadPoolExecutor

from filmroll.packing.engines.given import Given


class Threads(Given):
    """A pool of threads as an engine.

    Args:
        workers: Threads.
        name: Prefix of their names.
    """

    def __init__(self, workers: int, *, name: str) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        super().__init__(
            self._pool, workers=workers, window=workers
        )  # a shard is noted before its thread begins another

    def close(self) -> None:
        """Wait for the threads to end."""
        self._pool.shutdown()


def start(*, workers: int | None, name: str) -> Threads:
    """Start threads, as many as there are processors where no number is given."""
    return Threads(workers or os.cpu_count() or 1, name=name)
