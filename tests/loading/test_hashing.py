"""Scrambled numbers are those of SplitMix64, as published and as plain integers compute them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from filmroll.loading import hashing

GOLDEN = 0x9E3779B97F4A7C15
WORDS = st.integers(0, 2**64 - 1)


def mix(value: int) -> int:
    """The finalizer of SplitMix64, with integers of any size."""
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    value = (value ^ value >> 27) * 0x94D049BB133111EB % 2**64
    return value ^ value >> 31


def key_of(*parts: int) -> int:
    key = 0
    for part in parts:
        key = mix((key + GOLDEN) % 2**64 ^ part % 2**64)
    return key


PUBLISHED = [
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
]


def test_finalizer_gives_the_published_numbers_of_seed_1234567():
    states = [(1234567 + step * GOLDEN) % 2**64 for step in range(1, 6)]
    assert hashing.mix(np.array(states, np.uint64)).tolist() == PUBLISHED


@given(st.lists(WORDS, max_size=20))
def test_numbers_are_scrambled_as_plain_integers_are(values):
    assert hashing.mix(np.array(values, np.uint64)).tolist() == [mix(value) for value in values]


def test_no_two_numbers_are_scrambled_alike_and_zero_stays():
    found = hashing.mix(np.arange(100_000, dtype=np.uint64))
    assert len(np.unique(found)) == 100_000
    assert found[0] == 0


@given(st.lists(st.integers(-(2**70), 2**70), max_size=5))
def test_key_is_made_of_any_whole_numbers_in_their_order(parts):
    key = hashing.key_of(*parts)
    assert key.dtype == np.uint64
    assert int(key) == key_of(*parts)


def test_keys_differ_by_each_part_and_by_the_order_of_the_parts():
    keys = [(), (0,), (1,), (0, 0), (0, 1), (1, 0), (-1,), (2**63,), (0, 0, 0)]
    assert len({int(hashing.key_of(*parts)) for parts in keys}) == len(keys)


@given(WORDS, st.lists(st.integers(0, 2**40), max_size=6), st.integers(1, 5))
def test_draws_of_a_record_are_its_scrambled_number_scrambled_again(key, records, draws):
    found = hashing.uniform(np.uint64(key), np.array(records, np.int64), draws=draws)
    assert found.shape == (len(records), draws)
    assert found.dtype == np.float64
    for row, record in zip(found.tolist(), records, strict=True):
        start = mix(record * GOLDEN % 2**64 ^ key)
        assert row == [(mix((start + number * GOLDEN) % 2**64) >> 11) / 2**53 for number in range(1, draws + 1)]


def test_nothing_warns_of_numbers_that_wrap_around():
    with np.errstate(all="raise"):
        hashing.mix(np.array([2**64 - 1], np.uint64))
        hashing.key_of(2**64 - 1, 2**64 - 1)
        hashing.uniform(np.uint64(2**64 - 1), np.array([2**62]), draws=2)
