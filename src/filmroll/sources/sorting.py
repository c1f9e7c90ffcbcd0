"""Texts of any number sorted: runs that fit into memory, then merged from disk."""

import heapq
import json
from collections.abc import Iterable, Iterator
from itertools import islice, pairwise

from filmroll.spool import HELD_NBYTES, Spool

RUN_TEXTS = 1 << 17
APPENDED_TEXTS = 1 << 10
BLOCK_NBYTES = 1 << 14  # of each run in memory, as they are merged


def in_order(texts: Iterable[str], *, run_texts: int = RUN_TEXTS) -> Iterator[str]:
    """Yield texts sorted, as `sorted` would, with no more of them in memory than a run has.

    Args:
        texts: In any order.
        run_texts: How many are sorted in memory.

    Raises:
        OSError: The disk for temporary files is full.
    """
    left = iter(texts)
    run = sorted(islice(left, run_texts))
    if len(run) < run_texts:
        yield from run
        return
    runs, edges = Spool(held_nbytes=HELD_NBYTES), [0]
    while run:
        for first in range(0, len(run), APPENDED_TEXTS):
            runs.append("".join(f"{json.dumps(text)}\n" for text in run[first : first + APPENDED_TEXTS]).encode())
        edges.append(runs.nbytes)
        run = sorted(islice(left, run_texts))
    yield from heapq.merge(*(_texts(runs, *edge) for edge in pairwise(edges)))


def _texts(runs: Spool, start: int, stop: int) -> Iterator[str]:
    rest = ""
    for offset in range(start, stop, BLOCK_NBYTES):
        block = runs.read(offset, min(BLOCK_NBYTES, stop - offset)).decode("ascii")
        *lines, rest = (rest + block).split("\n")
        yield from map(json.loads, lines)
