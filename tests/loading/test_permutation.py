"""The order that is never stored is that of a Feistel network walked until it falls inside, place by place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.loading import hashing
from filmroll.loading.permutation import shuffle


def number_at(position: int, records: int, *, seed: int, epoch: int) -> int:
    """One place of the order, as Black and Rogaway describe it, in plain integers."""
    bits = 1
    while 4**bits < records:
        bits += 1
    keys = [int(hashing.key_of(seed, epoch, number)) for number in range(6)]
    value = position
    while True:
        left, right = value >> bits, value % 2**bits
        for key in keys:
            scrambled = int(hashing.mix(np.array([right ^ key], np.uint64))[0]) % 2**bits
            left, right = right, left ^ scrambled
        value = left << bits | right
        if value < records:
            return value


@pytest.mark.parametrize("records", [1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 100])
@pytest.mark.parametrize(("seed", "epoch"), [(0, 0), (1, 0), (0, 1), (-5, 7), (2**70, 3)])
def test_every_place_of_a_small_order_is_what_plain_integers_give(records, seed, epoch):
    found = shuffle(np.arange(records), records, seed=seed, epoch=epoch)
    assert found.dtype == np.int64
    assert found.tolist() == [number_at(place, records, seed=seed, epoch=epoch) for place in range(records)]
    assert sorted(found.tolist()) == list(range(records))


@given(st.integers(1, 2**40), st.integers(0, 2**32), st.integers(0, 9), st.data())
def test_any_place_of_a_large_order_is_what_plain_integers_give(records, seed, epoch, data):
    places = data.draw(st.lists(st.integers(0, records - 1), max_size=4))
    found = shuffle(np.array(places, np.int64), records, seed=seed, epoch=epoch)
    assert found.tolist() == [number_at(place, records, seed=seed, epoch=epoch) for place in places]


def test_places_are_not_changed_and_may_come_in_any_order_and_twice():
    places = np.array([9, 0, 9, 4])
    found = shuffle(places, 10, seed=1)
    assert places.tolist() == [9, 0, 9, 4]
    assert found.tolist() == [8, 2, 8, 9]


def test_no_places_have_no_records():
    assert shuffle(np.arange(0), 0, seed=1).tolist() == []
    assert shuffle(np.arange(0), 10, seed=1).tolist() == []


def test_first_epoch_is_the_one_that_is_not_named():
    assert np.array_equal(shuffle(np.arange(50), 50, seed=3), shuffle(np.arange(50), 50, seed=3, epoch=0))
