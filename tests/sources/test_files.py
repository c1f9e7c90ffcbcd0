"""A listing of files is a sequence of File, wherever its rows are."""

import pickle
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.sources.files import Files
from filmroll.sources.item import File


def made(root: Path, name: str, **known) -> File:
    line = known.pop("line")
    return File(str(root / name), name, place=f"line {line}", **known)


NAMES = st.text(st.characters(exclude_categories=(), exclude_characters="\0/"), min_size=1, max_size=8)
INT64 = st.integers(0, 2**63 - 1)


@given(st.lists(st.tuples(NAMES, st.none() | INT64, INT64, st.integers(-(2**63), 2**63 - 1))), st.integers(1, 200))
def test_files_are_those_that_were_appended(rows, held_nbytes):
    files = Files(partial(made, Path("root")), held_nbytes=held_nbytes)
    for line, (name, label, nbytes, changed_ns) in enumerate(rows):
        files.append(name, label=label, nbytes=nbytes, changed_ns=changed_ns, line=line)
    wanted = [
        File(str(Path("root") / name), name, nbytes, label, changed_ns=changed_ns, place=f"line {line}")
        for line, (name, label, nbytes, changed_ns) in enumerate(rows)
    ]
    assert list(files) == wanted
    assert list(files[::-1]) == wanted[::-1]
    assert list(files.take([*range(len(rows))] * 2)) == wanted * 2
    assert files.nbytes == sum(file.nbytes for file in wanted)
    assert files.labels == Counter(file.label for file in wanted)


@pytest.fixture
def files() -> Files:
    files = Files(partial(made, Path("root")), held_nbytes=1)
    for number in range(3):
        files.append(f"{number}.jpg", label=number % 2, nbytes=number, changed_ns=0)
    return files


def test_numbers_count_from_the_end_too_and_end_there(files):
    assert files[-1] == files[2]
    for number in (3, -4):
        with pytest.raises(IndexError):
            files[number]


def test_more_can_be_known_of_each_without_listing_again(files):
    more = files.changed(lambda file: replace(file, text=f"class {file.label}"))
    assert [file.text for file in more] == ["class 0", "class 1", "class 0"]
    assert [file.text for file in files] == [None, None, None]
    assert (len(more), more.nbytes, more.labels) == (3, 3, {0: 2, 1: 1})


def test_files_that_were_taken_travel_to_other_processes(files):
    taken = files.take([2, 0])
    assert list(taken) == [files[2], files[0]]
    assert list(pickle.loads(pickle.dumps(taken))) == list(taken)


def test_files_of_which_more_is_known_travel_to_other_processes_with_it(files):
    taken = files.changed(partial(replace, text="rose")).take([1])
    assert [file.text for file in pickle.loads(pickle.dumps(taken))] == ["rose"]
