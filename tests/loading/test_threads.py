"""Threads that make rows: some for each of them, into the array of the batch; what is not begun can be left out."""

import os
import threading

import numpy as np
import pytest

from filmroll.loading.rows import Rows
from filmroll.loading.threads import Threads


class Shards:
    def __init__(self, is_remote: bool) -> None:
        self.is_remote, self.asked = is_remote, []

    def will_need(self, numbers) -> None:
        self.asked.append(numbers.tolist())


class Roll:
    def __init__(self, is_remote: bool) -> None:
        self.shards, self.fetched = Shards(is_remote), []

    def picture(self, number):
        return number

    def __getitems__(self, numbers):
        self.fetched.append(numbers)
        return numbers


class Maker:
    """Makes rows that say who made them, and how many at a time."""

    def __init__(self, shape, *, is_remote: bool = False) -> None:
        self.roll, self.shape = Roll(is_remote), shape
        self.parts, self.gate = [], threading.Event()
        self.gate.set()

    def rows(self, numbers, epoch, *, read, images) -> Rows:
        self.gate.wait(30)
        self.parts.append((threading.current_thread().name, len(numbers)))
        if images is not None:
            images[...] = epoch
        return Rows(labels=[read(number) for number in numbers.tolist()])


@pytest.mark.parametrize(("threads", "most"), [(1, 16), (4, 16), (16, 4), (100, 1), (None, 4)])
def test_each_thread_has_some_of_a_batch(threads, most, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    maker = Maker((2, 2, 3))
    with Threads(maker, threads).opened() as running:
        rows, images = running.begin(np.arange(64), 5).take()
    assert rows.labels == list(range(64))
    assert images.shape == (64, 2, 2, 3)
    assert (images == 5).all()
    assert {count for _, count in maker.parts} == {most}
    assert all(name.startswith("load") for name, _ in maker.parts)


@pytest.mark.parametrize(("is_remote", "ahead"), [(False, 2), (True, 4)])
def test_whole_batches_are_asked_for_ahead_and_more_of_them_from_a_store(is_remote, ahead):
    maker = Maker(None, is_remote=is_remote)
    with Threads(maker, 2).opened() as running:
        assert running.ahead == ahead
        assert running.begin(np.arange(64), 0).take()[0].labels == list(range(64))
    assert (maker.roll.fetched if is_remote else maker.roll.shards.asked) == [list(range(64))]


@pytest.mark.parametrize("threads", [0, -1])
def test_no_threads_at_all_are_refused(threads):
    with pytest.raises(ValueError, match=f"{threads} threads: give a number above 0, or None"):
        Threads(Maker(None), threads)


def test_pictures_of_their_own_sizes_have_no_array():
    with Threads(Maker(None), None).opened() as running:
        assert running.begin(np.arange(3), 0).take()[1] is None


def test_what_is_not_begun_is_left_out_and_no_thread_stays():
    maker = Maker(None)
    maker.gate.clear()
    with Threads(maker, 1).opened() as running:
        pending = running.begin(np.arange(64), 0)
        pending.cancel()
        maker.gate.set()
    assert len(maker.parts) <= 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("load")]
