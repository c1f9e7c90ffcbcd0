"""What was there before is found, and what only looks like it is not."""

from filmroll.errors import ChecksumError
from filmroll.records.shards import Place
from filmroll.verification.twins import Twins, mark_of

ONE, TWO, THREE = Place(0, 0), Place(0, 1), Place(1, 0)


def test_pictures_with_one_mark_are_compared_byte_for_byte():
    twins = Twins()
    for place in (ONE, TWO, THREE):
        twins.add(place, key="", mark=5)
    pictures = {ONE: b"same", TWO: b"other", THREE: b"same"}
    assert twins.identical(pictures.__getitem__) == [(THREE, ONE)]


def test_records_without_key_or_picture_are_no_twins():
    twins = Twins()
    for place in (ONE, TWO):
        twins.add(place, key="", mark=None)
    assert (twins.keys, twins.pictures) == ([], [])


def test_same_key_is_paired_with_the_first_that_has_it():
    twins = Twins()
    for place in (ONE, TWO, THREE):
        twins.add(place, key="a", mark=None)
    assert twins.keys == [(TWO, ONE), (THREE, ONE)]


def test_picture_that_cannot_be_read_again_is_no_twin():
    twins = Twins()
    for place in (ONE, TWO):
        twins.add(place, key="", mark=5)

    def fail(place):
        raise ChecksumError("changed")

    assert twins.identical(fail) == []


def test_mark_tells_length_and_content_apart():
    assert len({mark_of(picture) for picture in (b"", b"\0", b"\0\0", b"a", b"b")}) == 5
