"""The numbers of the summary."""

import numpy as np
import pytest

from filmroll.sample import Sample
from filmroll.view.catalogue import Catalogue
from filmroll.view.entry import Entry
from filmroll.view.summary import GRID, SHOWN_LABELS, human, summarise


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


def test_dot_has_the_one_size_of_its_pictures_or_says_that_they_differ():
    alike = summarise(catalogue_of(*(picture(n, 100, 200) for n in range(3)), picture(9, 2000, 2000))).sizes
    assert {(dot.name, dot.count) for dot in alike} == {("200 x 100", 3), ("2000 x 2000", 1)}
    for other in ((1000, 1001), (1001, 1000)):
        near = summarise(catalogue_of(picture(0, 1000, 1000), picture(1, *other), picture(2, 9, 9))).sizes
        assert {(dot.name, dot.count) for dot in near} == {("about 1000 x 1000", 2), ("9 x 9", 1)}


def test_dot_of_more_pictures_is_larger_and_none_reaches_its_neighbour():
    dots = summarise(catalogue_of(*(picture(n, 100, 100) for n in range(50)), picture(50, 9, 9))).sizes
    many, one = sorted(dots, key=lambda dot: -dot.count)
    assert 0 < one.radius < many.radius == 1 / GRID


def test_pictures_of_very_different_sizes_share_no_dot():
    sides = [2**n for n in range(14)]
    dots = summarise(catalogue_of(*(picture(n, side, 2**13 // side) for n, side in enumerate(sides)))).sizes
    assert [dot.count for dot in dots] == [1] * 14
    assert len({round(dot.x, 6) for dot in dots}) == len({round(dot.y, 6) for dot in dots}) == 14


def test_most_frequent_size_is_named_where_each_is_there_once():
    found = summarise(catalogue_of(picture(0, 5, 6), picture(1, 7, 8), picture(2, 9, 10)))
    assert [(bar.name, bar.count) for bar in found.frequent] == [("6 x 5", 1)]


@pytest.mark.parametrize(("classes", "more"), [(SHOWN_LABELS, 0), (SHOWN_LABELS + 7, 7)])
def test_classes_that_are_left_out_are_counted(classes, more):
    found = summarise(catalogue_of(*(picture(n, 2, 2, label=n) for n in range(classes))))
    assert (len(found.labels), found.more_labels) == (SHOWN_LABELS, more)


def test_bytes_are_in_bars_from_the_smallest_picture_to_the_largest():
    found = summarise(catalogue_of(*(picture(n, 1, nbytes) for n, nbytes in enumerate((100, 150, 99_999)))))
    assert (found.bytes[0].name.split(" to ")[0], found.bytes[-1].name.split(" to ")[1]) == ("100 bytes", "100 kB")
    assert [bar.count for bar in found.bytes if bar.count] == [1, 1, 1]
    assert (found.bytes[0].count, found.bytes[-1].count) == (1, 1)


def test_array_without_a_pixel_has_no_dot():
    found = summarise(catalogue_of(picture(0, 5, 0), picture(1, 0, 5), picture(2, 3, 4)))
    assert ([dot.name for dot in found.sizes], found.pictures) == (["4 x 3"], 1)


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
