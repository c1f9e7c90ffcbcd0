"""The order of an epoch: a permutation, the same for a seed, split exactly, resumed anywhere."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filmroll.loading import hashing
from filmroll.loading.order import Order
from filmroll.loading.permutation import shuffle

COUNTS = st.integers(0, 3000)


@given(COUNTS, st.integers(-(2**63), 2**70), st.integers(0, 100))
@settings(max_examples=200, deadline=None)
def test_shuffle_is_a_permutation(records, seed, epoch):
    found = shuffle(np.arange(records), records, seed=seed, epoch=epoch)
    assert np.array_equal(np.sort(found), np.arange(records))


@given(st.integers(1, 400), st.integers(1, 7), st.integers(0, 9))
def test_ranks_are_disjoint_and_together_everything(records, world_size, seed):
    parts = [Order(records, seed, 0, rank, world_size) for rank in range(world_size)]
    numbers = [part.numbers(0, records) for part in parts]
    assert np.array_equal(np.sort(np.concatenate(numbers)), np.arange(records))
    assert max(map(len, numbers)) - min(map(len, numbers)) <= 1


@given(st.integers(1, 500), st.integers(1, 5), st.integers(1, 5), st.integers(1, 9), st.integers(0, 20))
def test_resumed_with_another_number_of_ranks_nothing_is_lost_or_doubled(records, before, after, batch, steps):
    used = min(records, steps * before * batch)
    first = [Order(records, 1, 0, rank, before).numbers(0, steps * batch) for rank in range(before)]
    rest = [Order(records, 1, 0, rank, after).numbers(used, records) for rank in range(after)]
    assert np.array_equal(np.sort(np.concatenate(first + rest)), np.arange(records))


def test_any_part_of_the_order_is_the_part_of_the_whole():
    order = Order(1000, seed=3, epoch=2, rank=1, world_size=3)
    whole = order.numbers(0, 1000)
    assert np.array_equal(order.numbers(30, 7), whole[10:17])
    assert len(order.numbers(1000, 5)) == 0


def test_same_seed_and_epoch_give_the_same_order_and_others_another():
    def order(seed, epoch):
        return Order(500, seed, epoch).numbers(0, 500).tolist()

    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(2, 0)
    assert order(1, 0) != order(1, 1)
    assert order(0, 0) not in (list(range(500)), order(1, 0))


def test_order_is_pinned_so_that_a_run_of_last_year_can_be_repeated():
    assert shuffle(np.arange(10), 10, seed=1).tolist() == [2, 4, 0, 5, 9, 3, 1, 7, 6, 8]


def test_no_seed_keeps_the_order():
    assert Order(7).numbers(0, 7).tolist() == list(range(7))


def test_shuffle_is_even_over_places():
    counts = np.zeros((20, 20))
    for seed in range(4000):
        counts[np.arange(20), shuffle(np.arange(20), 20, seed=seed)] += 1
    chi_square = ((counts - 200) ** 2 / 200).sum()
    assert chi_square < 361 + 5 * np.sqrt(2 * 361)  # 19 x 19 degrees of freedom


def test_billion_records_take_no_memory():
    found = shuffle(np.arange(10**9 - 1000, 10**9), 10**9, seed=5)
    assert len(set(found.tolist())) == 1000
    assert 0 <= found.min() <= found.max() < 10**9


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rank": 1}, "rank 1 of 1: ranks are numbered from 0"),
        ({"rank": -1, "world_size": 2}, "rank -1 of 2: ranks are numbered from 0"),
        ({"rank": 2, "world_size": 2}, "rank 2 of 2: ranks are numbered from 0"),
        ({"world_size": 0}, "rank 0 of 0: ranks are numbered from 0"),
        ({"worker": 1}, "worker 1 of 1: workers are numbered from 0"),
        ({"worker": -1, "workers": 2}, "worker -1 of 2: workers are numbered from 0"),
        ({"worker": 2, "workers": 2}, "worker 2 of 2: workers are numbered from 0"),
        ({"workers": 0}, "worker 0 of 0: workers are numbered from 0"),
        ({"records": -1}, "-1 records"),
    ],
)
def test_part_that_is_not_there_is_refused_with_what_was_said(options, said):
    with pytest.raises(ValueError, match=f"^{said}$"):
        Order(**{"records": 5} | options)


def test_order_that_is_only_counted_is_the_first_epoch_of_one_rank_and_one_worker():
    order = Order(5)
    assert (order.seed, order.epoch, order.rank, order.world_size, order.worker, order.workers) == (None, 0, 0, 1, 0, 1)
    assert Order(0).numbers(0, 5).tolist() == []


@pytest.mark.parametrize("start", [0, 1, 2, 3, 9, 10, 11])
@pytest.mark.parametrize("rank", [0, 1, 2])
def test_rank_takes_every_so_many_th_place_from_where_all_stand(start, rank):
    order = Order(10, rank=rank, world_size=3)
    wanted = list(range(10))[start + rank :: 3]
    assert order.between(start, 8).tolist() == list(range(8))[start + rank :: 3]
    for count in range(6):
        found = order.numbers(start, count)
        assert found.dtype == np.int64
        assert found.tolist() == wanted[:count]


def test_draws_depend_on_key_and_record_alone_and_are_even():
    key = hashing.key_of(1, 2)
    draws = hashing.uniform(key, np.arange(100_000), draws=3)
    assert np.array_equal(hashing.uniform(key, np.array([77, 5]), draws=3), draws[[77, 5]])
    assert draws.min() >= 0
    assert draws.max() < 1
    assert np.abs(draws.mean(axis=0) - 0.5).max() < 0.005
    assert np.abs(np.corrcoef(draws.T) - np.eye(3)).max() < 0.02
    assert np.abs(hashing.uniform(hashing.key_of(1, 3), np.arange(1000), draws=1) - draws[:1000, :1]).mean() > 0.2
