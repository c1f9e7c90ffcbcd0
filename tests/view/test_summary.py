"""The numbers of the summary."""

import numpy as np
import pytest

from filmroll.sample import Sample
from filmroll.view.catalogue import Catalogue
from filmroll.view.entry import Entry
from filmroll.view.summary import human, summarise


def catalogue_of(*entries: Entry) -> Catalogue:
    made = Catalogue(len(entries))
    made.add(entries)
    return made


def picture(number: int, height: int, width: int, label: int | None = None) -> Entry:
    return Entry(number, "", sample=Sample(str(number), array=np.zeros((height, width), np.uint8), label=label))


def test_counts_are_those_of_the_entries():
    found = summarise(
        catalogue_of(picture(0, 10, 20, 1), picture(1, 10, 20, 1), picture(2, 30, 20, 0), Entry(3, "", fault="torn"))
    )
    assert (found.records, found.pictures, found.faults, found.nbytes) == (4, 3, 1, 1000)
    assert [(bar.name, bar.count) for bar in found.labels] == [("1", 2), ("no label", 1), ("0", 1)]
    assert [bar.share for bar in found.labels] == [1, 0.5, 0.5]
    assert [(bar.name, bar.count) for bar in found.formats] == [("array uint8", 3), ("no picture", 1)]
    assert [(bar.name, bar.count) for bar in found.frequent] == [("20 x 10", 2)]
    assert found.reasons == [(3, "torn")]


def test_every_picture_is_in_one_dot_and_one_column():
    rng = np.random.default_rng(3)
    made = catalogue_of(*(picture(n, *rng.integers(1, 300, 2).tolist()) for n in range(200)))
    found = summarise(made)
    assert sum(dot.count for dot in found.sizes) == 200
    assert sum(bar.count for bar in found.bytes) == 200
    assert all(0 < dot.x < 1 and 0 < dot.y < 1 for dot in found.sizes)


def test_wider_is_further_right_and_higher_is_further_up():
    small, large = sorted(summarise(catalogue_of(picture(0, 10, 10), picture(1, 90, 40))).sizes, key=lambda dot: dot.x)
    assert (small.name, large.name) == ("10 x 10", "40 x 90")
    assert small.y > large.y


@pytest.mark.parametrize(
    "sides", [((28, 28),), ((319, 408), (616, 693)), ((1, 1), (40000, 60000)), ((500, 500), (501, 502))]
)
def test_axes_have_round_marks_inside(sides):
    found = summarise(catalogue_of(*_sized(sides)))
    for ticks in (found.width_ticks, found.height_ticks):
        assert 1 <= len(ticks) <= 8
        assert all(0 <= tick.place <= 1 for tick in ticks)


def _sized(sides) -> list[Entry]:
    return [
        Entry(n, "", sample=Sample("a", array=np.broadcast_to(np.zeros((), np.uint8), side)))
        for n, side in enumerate(sides)
    ]


def test_no_pictures_and_no_entries_sum_up_to_nothing():
    found = summarise(catalogue_of(Entry(0, "")))
    assert (found.pictures, list(found.sizes), list(found.bytes), list(found.labels)) == (0, [], [], [])
    assert summarise(Catalogue(5)).records == 0


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2.5e8, "250 MB"), (3e12, "3.0 TB")]
)
def test_bytes_are_written_in_a_unit_that_fits(count, text):
    assert human(count) == text
