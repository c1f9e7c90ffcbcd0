"""Texts of any number come in the order of `sorted`."""

import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.sources import sorting
from filmroll.sources.sorting import in_order


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=5)), st.integers(1, 9))
def test_texts_are_in_the_order_of_sorted_however_many_there_are(texts, run_texts):
    assert list(in_order(texts, run_texts=run_texts)) == sorted(texts)


@pytest.mark.parametrize("block_nbytes", [1, 7, 64])
def test_runs_are_read_back_in_blocks_of_any_length(monkeypatch, block_nbytes):
    monkeypatch.setattr(sorting, "BLOCK_NBYTES", block_nbytes)
    monkeypatch.setattr(sorting, "HELD_NBYTES", 50)
    texts = [f"{number * 7919 % 1000:03d}\n\u00e9" for number in range(1000)]
    assert list(in_order(texts, run_texts=90)) == sorted(texts)


def test_very_many_runs_take_one_file(monkeypatch):
    made = []
    monkeypatch.setattr(sorting, "HELD_NBYTES", 1)
    make = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **given: made.append(make(**given)) or made[-1])
    assert sum(1 for _ in in_order(map(str, range(5000)), run_texts=2)) == 5000
    assert len(made) == 1


def test_full_disk_is_named(full_disk, monkeypatch):
    monkeypatch.setattr(sorting, "HELD_NBYTES", 1)
    with pytest.raises(OSError, match="for temporary files") as caught:
        list(in_order("cab", run_texts=2))
    assert caught.value.filename == full_disk
