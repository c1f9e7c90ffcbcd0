"""A few hundred of the random damages that `python -m soak damages` does, and that the comparison can fail."""

import sys

import pytest

from realdata import CHECKOUT, find

sys.path.insert(0, str(CHECKOUT))
from soak import damages

needs_data = pytest.mark.skipif(find() is None, reason="no real files")


@needs_data
def test_random_damages_cost_the_records_touched_alone():
    tally = damages.run(360, seed=7)
    assert tally.faults == []
    assert sum(tally.cases.values()) == 360
    assert set(damages.KINDS) < set(tally.cases)


def test_comparison_finds_a_record_that_is_missing():
    assert "record 1 was not touched" in damages.compare([b"a", b"b", b"c"], [True, True, True], [b"a", b"c"])
    assert "record 2 was not touched" in damages.compare([b"a", b"b", b"c"], [True, True, True], [b"a", b"b"])


def test_comparison_finds_a_false_record():
    assert "false record" in damages.compare([b"a", b"b"], [True, False], [b"a", b"x"])


def test_comparison_lets_touched_records_be_there_or_not():
    assert damages.compare([b"a", b"b"], [True, False], [b"a", b"b"]) == ""
    assert damages.compare([b"a", b"b"], [True, False], [b"a"]) == ""
