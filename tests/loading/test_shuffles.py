"""Three strengths of shuffling: each a permutation, and each mixes as far as it says and no further."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filmroll
import pictures
from filmroll.loading.loader import Loader
from filmroll.loading.order import Order
from filmroll.loading.shuffles import STRENGTHS, Shuffle
from filmroll.loading.steps import Steps


@st.composite
def shuffles(draw) -> tuple[int, Shuffle]:
    """A number of records, and a way to shuffle them."""
    counts = tuple(draw(st.lists(st.integers(0, 30), min_size=1, max_size=8)))
    strength = draw(st.sampled_from(STRENGTHS))
    return sum(counts), Shuffle(strength, counts, draw(st.integers(1, 60)), draw(st.integers(1, 6)))


class Recorder(Loader):
    """A loader whose batches are the numbers of their records."""

    def __init__(self, batch_size: int, order: Order, *, drop_last: bool = False) -> None:
        super().__init__(batch_size, order=order, drop_last=drop_last)

    def _batches(self, order, position):
        for after, numbers in self._steps(order, position):
            yield after, {"record": numbers}

    def some(self, batches: int) -> np.ndarray:
        """Return the records of so many batches, fewer at the end of the epoch."""
        found = [batch["record"] for batch in islice(self, batches)]
        return np.concatenate([np.empty(0, np.int64), *found])


@given(shuffles(), st.integers(0, 2**40), st.integers(0, 5))
@settings(max_examples=100)
def test_each_epoch_has_each_record_once(how, seed, epoch):
    records, shuffle = how
    found = Order(records, seed, epoch, shuffle=shuffle).numbers(0, records)
    assert np.array_equal(np.sort(found), np.arange(records))


@given(
    shuffles(),
    st.integers(0, 9),
    st.lists(st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 7), st.integers(0, 12)), max_size=4),
    st.integers(1, 5),
)
@settings(max_examples=100)
def test_splits_are_disjoint_and_complete_for_any_ranks_workers_and_resume_points(how, seed, stages, last_ranks):
    """Training goes on again and again with other ranks, workers and batch sizes: each record comes once an epoch.

    Ranks for which none is left repeat one: in batches of one, or where fewer are left than there are ranks.
    """
    records, shuffle = how
    position, seen, repeated = 0, [], 0
    for ranks, workers, batch, count in [*stages, (last_ranks, 2, 3, records + 1)]:
        for rank in range(ranks):
            for worker in range(workers):  # they take turns, and stop anywhere in a round
                loader = Recorder(batch, Order(records, seed, 0, rank, ranks, worker, workers, shuffle))
                loader.load_state_dict({"epoch": 0, "position": position})
                seen.append(loader.some(len(range(worker, count, workers))))
        steps = Steps(Order(records, seed, 0, 0, ranks), batch, start=position)
        if count >= steps.count and (batch == 1 or records - position < ranks):
            repeated += -(records - position) % ranks
        position = steps.stop(count - 1)
    assert position == records
    found = np.concatenate(seen)
    assert np.array_equal(np.unique(found), np.arange(records))
    assert len(found) - records == repeated


@pytest.mark.parametrize("positions", [1, 7, 20, 8192])
def test_batches_are_used_in_their_order_when_workers_take_turns(positions, monkeypatch):
    monkeypatch.setattr("filmroll.loading.steps.POSITIONS", positions)  # no turn comes anew with the next that are had

    def order(worker, workers):
        return Order(98, 7, worker=worker, workers=workers)

    alone = [batch["record"].tolist() for batch in Recorder(5, order(0, 1))]
    parts = [[batch["record"].tolist() for batch in Recorder(5, order(worker, 3))] for worker in range(3)]
    assert [len(numbers) for numbers in alone] == [5] * 19 + [3]
    assert sum(alone, []) == order(0, 1).numbers(0, 98).tolist()
    in_turn = [parts[number % 3][number // 3] for number in range(len(alone))]
    assert in_turn == alone
    assert [len(Recorder(5, order(worker, 3))) for worker in range(3)] == [len(part) for part in parts] == [7, 7, 6]


def test_state_of_a_worker_leads_to_its_own_next_batch():
    parts = [Recorder(5, Order(103, 7, worker=worker, workers=3)) for worker in range(3)]
    for worker, part in enumerate(parts):
        whole = [batch["record"].tolist() for batch in Recorder(5, Order(103, 7, worker=worker, workers=3))]
        iterator = iter(part)
        seen = [next(iterator)["record"].tolist(), next(iterator)["record"].tolist()]
        again = Recorder(5, Order(103, 7, worker=worker, workers=3))
        again.load_state_dict(part.state_dict())
        assert seen + [batch["record"].tolist() for batch in again] == whole


@pytest.mark.parametrize("workers", [1, 3])
def test_state_after_the_last_batch_leads_to_the_next_epoch(workers):
    part = Recorder(5, Order(98, 7, workers=workers))
    running = iter(part)
    for _ in range(len(part)):
        next(running)
    assert part.state_dict() == {"epoch": 0, "position": 98}
    again = Recorder(5, Order(98, 7, workers=workers))
    again.load_state_dict(part.state_dict())
    assert list(again) == []
    assert again.state_dict() == {"epoch": 1, "position": 0}


def test_range_of_records_is_loaded_in_order_whatever_the_shuffle_and_the_rank():
    part = Recorder(4, Order(98, 7, rank=1, world_size=2))
    part.take_range(10, 19)
    assert [batch["record"].tolist() for batch in part] == [[10, 11, 12, 13], [14, 15, 16, 17], [18]]


def test_window_moves_no_record_further_than_its_windows():
    found = Order(10_000, 1, shuffle=Shuffle("window", window=100)).numbers(0, 10_000)
    moved = np.abs(found - np.arange(10_000))
    assert moved.max() < 150 + 50
    assert moved.mean() > 20
    edges = (np.arange(10_000) // 100) != (found // 100)
    assert 0.2 < edges.mean() < 0.8  # windows are mixed with their neighbours


def test_blocks_read_as_many_shards_at_a_time_as_there_are_lanes():
    shuffle = Shuffle("blocks", (100,) * 60, window=200, lanes=4)
    found = Order(6000, 1, shuffle=shuffle).numbers(0, 6000) // 100
    for start in range(0, 6000, 200):
        assert len(set(found[start : start + 200].tolist())) <= 2 * 4
    first = list(dict.fromkeys(found.tolist()))
    assert first != sorted(first)
    assert first != list(dict.fromkeys((Order(6000, 1, 1, shuffle=shuffle).numbers(0, 6000) // 100).tolist()))


def test_ranks_have_shards_of_their_own_where_lanes_are_a_multiple_of_them():
    shuffle = Shuffle("blocks", (100,) * 80, window=400, lanes=8)
    shards = [set((Order(8000, 3, 0, rank, 4, shuffle=shuffle).numbers(0, 8000) // 100).tolist()) for rank in range(4)]
    assert sum(map(len, shards)) == len(set.union(*shards)) == 80


@pytest.mark.parametrize(
    ("seed", "epoch", "blocks", "window"),
    [
        (1, 0, [7, 5, 8, 4, 9, 0, 10, 6, 3, 1, 11, 2], [0, 2, 1, 3, 4, 5, 7, 11, 6, 8, 9, 10]),
        (1, 1, [7, 4, 8, 5, 10, 6, 9, 0, 11, 2, 3, 1], [0, 1, 4, 6, 3, 2, 9, 5, 7, 11, 8, 10]),
        (0, 2, [3, 7, 4, 2, 5, 9, 6, 8, 0, 11, 1, 10], [2, 3, 6, 7, 1, 0, 8, 4, 10, 5, 9, 11]),
    ],
)
def test_orders_are_pinned_so_that_a_run_of_last_year_can_be_repeated(seed, epoch, blocks, window):
    def order(shuffle: Shuffle) -> list[int]:
        return Order(12, seed, epoch, shuffle=shuffle).numbers(0, 12).tolist()

    assert order(Shuffle("blocks", (3, 4, 5), window=4, lanes=2)) == blocks
    assert order(Shuffle("window", window=4)) == window


def test_only_the_shards_of_the_last_epoch_asked_for_are_kept():
    shuffle = Shuffle("blocks", (3, 4, 5))
    for epoch in (0, 1, 1, 0):
        again = Order(12, 1, epoch, shuffle=Shuffle("blocks", (3, 4, 5))).numbers(0, 12)
        assert np.array_equal(Order(12, 1, epoch, shuffle=shuffle).numbers(0, 12), again)
        assert list(shuffle._kept) == [(1, epoch)]


def test_billion_records_take_no_memory():
    shuffle = Shuffle("blocks", (10**5,) * 10**4, window=8192, lanes=64)
    found = Order(10**9, 5, rank=3, world_size=64, shuffle=shuffle).numbers(10**8, 1000)
    assert len(set(found.tolist())) == 1000
    assert len(set((found // 10**5).tolist())) <= 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"strength": "strong"}, "give True or False, or one of global, blocks, window"),
        ({"window": 0}, "give numbers above 0"),
        ({"lanes": 0}, "give numbers above 0"),
    ],
)
def test_what_is_no_shuffle_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        Shuffle(**options)


@pytest.mark.parametrize(("worker", "workers"), [(1, 1), (-1, 2), (0, 0)])
def test_worker_that_is_not_there_is_refused(worker, workers):
    with pytest.raises(ValueError, match="workers are numbered from 0"):
        Order(5, worker=worker, workers=workers)


@pytest.mark.parametrize("strength", [True, *STRENGTHS])
def test_batches_of_a_dataset_are_shuffled_as_asked(tmp_path, strength):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    with filmroll.open(filmroll.pack(flowers, tmp_path / "roll", shards=4, seed=None).shards) as roll:
        options = {"size": 8, "shuffle": strength, "seed": 1, "window": 3, "lanes": 2}
        loader = roll.batches(4, **options)
        first = [batch["record"].tolist() for batch in loader]
        second = [batch["record"].tolist() for batch in loader]
        assert sorted(sum(first, [])) == sorted(sum(second, [])) == list(range(12))
        assert first != second
        parts = [
            roll.batches(2, **options, rank=rank, world_size=2, worker=w, workers=2) for rank in (0, 1) for w in (0, 1)
        ]
        assert sorted(n for part in parts for batch in part for n in batch["record"].tolist()) == list(range(12))
        with pytest.raises(ValueError, match="give True or False"):
            roll.batches(4, shuffle="strong")
