"""Many pictures in one array are items, one by one or many at a time."""

from pathlib import Path

import numpy as np
import pytest

from filmroll.errors import ParseError
from filmroll.sources.rows import Rows, running_keys

IMAGES = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3, 1)


def rows(**parts):
    parts = {"labels": np.array([1, 0, 1, 0]), "label_names": ["a", "b"], **parts}
    return Rows(Path("x"), IMAGES, running_keys(4), features={"coarse": np.arange(4)}, **parts)


def test_row_has_all_that_is_known_of_it():
    row = rows()[2]
    assert (row.key, row.label, row.text, row.features, row.nbytes) == ("00000002", 1, "b", {"coarse": 2}, 6)
    sample = row.read()
    assert (sample.key, sample.label, sample.text, sample.features) == ("00000002", 1, "b", {"coarse": 2})
    assert np.shares_memory(sample.array, IMAGES)


def test_rows_are_a_sequence():
    assert [row.key for row in rows()] == running_keys(4)
    assert len(rows()[1:3]) == 2
    assert rows()[1:3].keys == ["00000001", "00000002"]
    assert rows().nbytes == IMAGES.nbytes


def test_taken_rows_are_in_the_order_asked_for():
    taken = rows().take([3, 0])
    assert (taken.keys, taken.labels.tolist(), taken.features["coarse"].tolist()) == (
        ["00000003", "00000000"],
        [0, 1],
        [3, 0],
    )
    np.testing.assert_array_equal(taken.images, IMAGES[[3, 0]])


def test_rows_without_labels_have_none():
    row = rows(labels=None, label_names=())[0]
    assert (row.label, row.text) == (None, None)


def test_parts_that_differ_in_number_are_refused():
    with pytest.raises(ParseError, match="3 labels for 4 pictures"):
        rows(labels=np.array([0, 1, 0]))


@pytest.mark.parametrize(
    ("labels", "sentence"), [([0, 1, 2, 0], "label 2; expected 0 to 1"), ([0, 0, -1, 0], "label -1")]
)
def test_label_that_is_no_class_is_refused(labels, sentence):
    with pytest.raises(ParseError, match=sentence) as caught:
        rows(labels=np.array(labels))
    assert caught.value.record == 2


def test_picture_without_a_name_is_refused():
    with pytest.raises(ParseError, match="a picture without a name") as caught:
        Rows(Path("x"), IMAGES, ["a", "b", "", "d"])
    assert caught.value.record == 2
