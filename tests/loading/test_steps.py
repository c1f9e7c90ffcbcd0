"""Every rank takes as many steps, has a record in each, and none that another has."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filmroll.loading.order import Order
from filmroll.loading.steps import Steps


def ranks(records, world_size, size, *, seed=None, **options) -> list[list[list[int]]]:
    """The batches of each rank."""
    orders = [Order(records, seed, rank=rank, world_size=world_size) for rank in range(world_size)]
    return [[numbers.tolist() for numbers in Steps(order, size, **options)] for order in orders]


@given(
    st.integers(0, 60),
    st.integers(1, 9),
    st.integers(1, 9),
    st.booleans(),
    st.integers(0, 60),
    st.sampled_from([1, 4, 16, 8192]),
)
@settings(max_examples=500)
def test_every_rank_takes_as_many_steps_and_none_has_a_record_of_another(
    records, world_size, size, whole, start, positions
):
    """Wherever they begin: one step more on one rank, and all training waits for ever."""
    start = min(start, records)
    left, step = records - start, world_size * size
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("filmroll.loading.steps.POSITIONS", positions)
        found = ranks(records, world_size, size, seed=7, start=start, whole=whole)
    count = left // step if whole else -(-left // step)
    assert [len(batches) for batches in found] == [count] * world_size
    lengths = {len(batch) for batches in found for batch in batches}
    assert lengths <= ({size} if whole else set(range(1, size + 1)))
    seen = [number for batches in found for batch in batches for number in batch]
    wanted = Order(records, 7).between(start, start + count * step if whole else records).tolist()
    if whole or (left >= world_size and size > 1):
        assert sorted(seen) == sorted(wanted)
    else:  # fewer than the ranks need
        assert set(wanted) <= set(seen)
        assert len(seen) == max(len(wanted), count * world_size)


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_step_ends_where_the_records_of_all_ranks_do(records, world_size, size, whole):
    steps = Steps(Order(records, world_size=world_size), size, whole=whole)
    found = ranks(records, world_size, size, whole=whole)
    before = 0
    for number in range(steps.count):
        stop = steps.stop(number)
        taken = sorted({one for batches in found for one in batches[number] if one >= before})
        assert taken == list(range(before, stop))
        before = stop
    assert steps.stop(steps.count + 5) <= records


def test_last_step_takes_from_the_one_before_what_ranks_lack():
    assert ranks(7, 3, 2) == [[[0, 3], [4]], [[1], [5]], [[2], [6]]]
    assert ranks(20, 3, 3) == [
        [[0, 3, 6], [9, 12, 15], [17]],
        [[1, 4, 7], [10, 13, 16], [18]],
        [[2, 5, 8], [11, 14], [19]],
    ]


def test_enough_for_all_is_left_as_it_is():
    assert ranks(9, 3, 2) == [[[0, 3], [6]], [[1, 4], [7]], [[2, 5], [8]]]
    assert ranks(7, 3, 2, whole=True) == [[[0, 3]], [[1, 4]], [[2, 5]]]


def test_rank_for_which_none_is_left_has_one_of_the_first_again():
    assert ranks(4, 3, 1) == [[[0], [3]], [[1], [0]], [[2], [1]]]
    assert ranks(2, 5, 2) == [[[0]], [[1]], [[0]], [[1]], [[0]]]
    assert ranks(7, 3, 2, start=5) == [[[5]], [[6]], [[0]]]


def test_going_on_in_the_middle_gives_the_same_batches():
    steps = Steps(Order(20, 7, rank=1, world_size=3), 3)
    whole = [numbers.tolist() for numbers in steps]
    for number in range(steps.count):
        rest = Steps(Order(20, 7, rank=1, world_size=3), 3, start=steps.stop(number))
        assert [numbers.tolist() for numbers in rest] == whole[number + 1 :]
