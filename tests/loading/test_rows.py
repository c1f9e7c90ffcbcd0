"""Rows: what is made of records, part by part of a batch."""

import pickle

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import DecodeError
from filmroll.loading.rows import Maker, Rows, joined
from filmroll.messages import example
from loading.recipes import recipe


@pytest.fixture
def roll(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for number in range(5):
            data = pictures.jpeg(number)
            labelled = {} if number == 1 else {"image/class/label": number}
            writer.write(example.serialize({"image/encoded": data[:-300] if number == 3 else data, **labelled}))
    with filmroll.open(tmp_path / "r.tfrecord") as roll:
        yield roll


def maker(roll, size) -> Maker:
    crop = "random" if size else None
    return Maker(roll, recipe(size=size, crop=crop, flip=True, area=(0.1, 1.0), aspect=(0.75, 1.25)), seed=1)


def test_rows_have_labels_pictures_and_errors_by_place(roll):
    rows = maker(roll, None).rows(np.array([4, 3, 1]), 0, read=roll.picture)
    assert rows.labels == [4, -1, -1]
    assert [None if image is None else image.shape for image in rows.images] == [(24, 32, 3), None, (24, 32, 3)]
    assert list(rows.errors) == [1]
    assert isinstance(rows.errors[1], DecodeError)
    assert (rows.errors[1].path, rows.errors[1].record) == (str(roll.paths[0]), 3)


def test_pictures_of_one_size_go_where_they_are_wanted(roll):
    making = maker(roll, (8, 6))
    assert making.shape == (8, 6, 3)
    assert maker(roll, None).shape is None
    images = np.zeros((2, 8, 6, 3), np.uint8)
    rows = making.rows(np.array([0, 2]), 5, read=roll.picture, images=images)
    assert rows.images == []
    assert np.array_equal(images, making.rows(np.array([0, 2]), 5, read=roll.picture).images)


def test_parts_give_what_the_whole_gives_and_another_epoch_something_else(roll):
    making, numbers = maker(roll, (8, 8)), np.array([4, 0, 3, 1, 2])
    whole = making.rows(numbers, 2, read=roll.picture)
    parts = joined([making.rows(part, 2, read=roll.picture) for part in (numbers[:2], numbers[2:], numbers[:0])])
    assert parts.labels == whole.labels
    assert list(parts.errors) == list(whole.errors) == [2]
    assert _bytes(parts) == _bytes(whole)
    assert _bytes(making.rows(numbers, 3, read=roll.picture)) != _bytes(whole)


@pytest.fixture
def many(tmp_path):
    """More records than are planned together, in two files; those of numbers 3, 11 and 19 are damaged."""
    paths = [tmp_path / "0.tfrecord", tmp_path / "1.tfrecord"]
    for part, path in enumerate(paths):
        with filmroll.Writer(path) as writer:
            for number in range(10 * part, 10 * part + 10):
                data = pictures.jpeg(number)[: -300 if number in (3, 11, 19) else None]
                writer.write(example.serialize({"image/encoded": data, "image/class/label": number}))
    with filmroll.open(paths) as roll:
        yield roll


def test_many_rows_are_what_each_is_alone_in_its_place(many):
    making, numbers = maker(many, (8, 8)), np.random.default_rng(1).permutation(20)
    images = np.zeros((20, 8, 8, 3), np.uint8)
    into, rows = (making.rows(numbers, 2, read=many.picture, images=given) for given in (images, None))
    for place, number in enumerate(numbers.tolist()):
        alone = making.rows(np.array([number]), 2, read=many.picture)
        assert into.labels[place] == rows.labels[place] == alone.labels[0] == (-1 if number in (3, 11, 19) else number)
        assert (place in into.errors) == (place in rows.errors) == (number in (3, 11, 19))
        if place in rows.errors:
            for error in (into.errors[place], rows.errors[place]):
                assert (error.path, error.record) == (str(many.paths[number // 10]), number % 10)
        else:
            assert np.array_equal(images[place], alone.images[0])
            assert np.array_equal(rows.images[place], alone.images[0])
    assert [image is None for image in rows.images] == [place in rows.errors for place in range(20)]


def test_another_seed_gives_other_parts(roll):
    one, two = (Maker(roll, maker(roll, (8, 8)).recipe, seed=seed) for seed in (1, 2))
    assert _bytes(one.rows(np.arange(3), 0, read=roll.picture)) != _bytes(two.rows(np.arange(3), 0, read=roll.picture))


def test_nothing_is_wanted_after_what_is_not(many):
    answers = iter([*[True] * 5, False])
    rows = maker(many, (8, 8)).rows(np.arange(20), 0, read=many.picture, wanted=lambda: next(answers))
    assert rows.labels == [0, 1, 2, -1, 4]


def test_what_is_not_wanted_any_more_is_left_out(roll):
    answers = iter([True, True, False])
    rows = maker(roll, (8, 8)).rows(np.arange(3), 0, read=roll.picture, wanted=lambda: next(answers))
    assert rows.labels == [0, -1]


def test_maker_and_rows_are_the_same_after_pickling(roll):
    making = maker(roll, (8, 8))
    wanted = making.rows(np.arange(4), 1, read=roll.picture)
    copy = pickle.loads(pickle.dumps(making))
    found = pickle.loads(pickle.dumps(copy.rows(np.arange(4), 1, read=copy.roll.__getitem__)))
    assert _bytes(found) == _bytes(wanted)
    assert {place: str(error) for place, error in found.errors.items()} == {3: str(wanted.errors[3])}


def test_no_parts_are_no_rows():
    assert joined([]) == Rows()


def _bytes(rows: Rows) -> list:
    return [None if image is None else image.tobytes() for image in rows.images]
