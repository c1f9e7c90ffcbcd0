"""Text of any kind, as it stands on a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.view.catalogue import Catalogue
from filmroll.view.pages import count_text, foldable, plain
from filmroll.view.query import Query


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\n", "a\tb\n"),
        ("\x00\x1b[31m", "��[31m"),
        ("\udcff", "\\udcff"),
        ("a\u202eb", "a�b"),
        ("Grüße 🌷", "Grüße 🌷"),
    ],
)
def test_text_is_shown_without_what_moves_a_terminal_or_turns_the_line(text, shown):
    assert plain(text) == shown


@given(st.text(st.characters()))
def test_any_text_can_be_sent(text):
    plain(text).encode("utf-8")


def test_names_fold_behind_slashes_and_stay_escaped():
    assert foldable("image/<b>") == "image/<wbr>&lt;b&gt;"


def test_count_says_what_is_shown_of_how_many_and_how_far_it_is():
    full, half = Catalogue(0), Catalogue(2000)
    full.count = full.done = 1
    half.done = 500
    assert count_text(1, Query(), full) == "1 record"
    assert count_text(2000, Query(), half) == "2,000 records · looking through them: 25%"
    assert count_text(7, Query(text="a"), half) == "7 of 2,000 · looking through them: 25%"
