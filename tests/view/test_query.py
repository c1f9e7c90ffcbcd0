"""Queries, and the addresses that say them."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import UnsupportedError
from filmroll.view import query
from filmroll.view.query import NONE, SORTS, Query


@given(
    st.builds(
        Query,
        text=st.text(st.characters(codec="utf-8"), max_size=20).map(str.strip),
        label=st.none() | st.just(NONE) | st.integers(1 - 2**31, 2**31 - 1),
        format=st.sampled_from(["", "jpeg", "array uint8"]),
        faults=st.booleans(),
        sort=st.sampled_from(sorted(SORTS)),
        descending=st.booleans(),
    )
)
def test_address_of_a_query_is_read_as_the_same_query(wanted):
    assert query.read(dict(parse_qsl(wanted.address().removeprefix("?")))) == wanted


def test_what_is_not_asked_for_is_not_in_the_address():
    assert Query().address() == ""
    assert not Query(sort="pixels").is_filter
    assert Query(label=3).address(at=120) == "?label=3&at=120"


@pytest.mark.parametrize(
    "given",
    [
        {"sort": "nonsense"},
        {"label": "seven"},
        {"label": "1.5"},
        {"label": "9" * 40},
        {"label": "²"},
        {"label": str(2**31)},
    ],
)
def test_value_that_there_is_not_is_refused(given):
    with pytest.raises(UnsupportedError):
        query.read(given)


@pytest.mark.parametrize("value", ["-1", "x", "10", "9" * 30, "²", "1e1"])
def test_number_outside_its_range_is_refused(value):
    with pytest.raises(UnsupportedError, match="at="):
        query.number({"at": value}, "at", default=0, limit=10)


def test_number_that_is_not_given_is_the_default():
    assert query.number({}, "at", default=7, limit=10) == 7
    assert query.number({"at": "9"}, "at", default=7, limit=10) == 9


@pytest.mark.parametrize("given", [{}, {"sort": ""}])
def test_order_of_the_records_is_the_usual_one(given):
    assert query.read(given).sort == "order"
