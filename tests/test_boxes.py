"""Boxes: one form for every dialect, and what is no box of a picture is named."""

import numpy as np
import pytest

from filmroll.boxes import Boxes
from filmroll.errors import FormatError


def test_parts_are_brought_into_their_types_and_shapes():
    boxes = Boxes([0, 0, 0.5, 1, 0.25, 0.5, 1, 1], labels=np.array([[3], [4]], np.int8), texts=("cat", "dog"))
    assert (boxes.corners.dtype, boxes.corners.shape) == (np.float32, (2, 4))
    assert boxes.corners.tolist() == [[0, 0, 0.5, 1], [0.25, 0.5, 1, 1]]
    assert (boxes.labels.dtype, boxes.labels.tolist()) == (np.int64, [3, 4])
    assert len(boxes) == 2


def test_picture_without_objects_has_no_boxes():
    boxes = Boxes([], labels=[], texts=[], masks=[])
    assert (len(boxes), boxes.corners.shape, boxes.labels.shape) == (0, (0, 4), (0,))
    boxes.check()


@pytest.mark.parametrize("part", ["labels", "texts", "masks"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_part_of_another_number_is_refused_with_both(part, count):
    values = {"labels": list(range(count)), "texts": ["cat"] * count, "masks": [b"png"] * count}[part]
    with pytest.raises(FormatError, match=f"^{count} {part} for 2 boxes; expected one for each$"):
        Boxes([[0, 0, 1, 1]] * 2, **{part: values})


INSIDE = [[0, 0, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1], [0.25, 0.5, 0.25, 0.5], [0.1, 0.2, 0.3, 0.4]]


@pytest.mark.parametrize("corners", INSIDE)
def test_box_may_reach_every_edge_and_may_be_empty(corners):
    Boxes([corners]).check()


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(
    ("corners", "text"),
    [
        ([-0.25, 0, 1, 1], "ymin -0.25, xmin 0, ymax 1, xmax 1"),
        ([0, -0.25, 1, 1], "ymin 0, xmin -0.25, ymax 1, xmax 1"),
        ([0, 0, 1.25, 1], "ymin 0, xmin 0, ymax 1.25, xmax 1"),
        ([0, 0, 1, 1.25], "ymin 0, xmin 0, ymax 1, xmax 1.25"),
        ([0.5, 0, 0.25, 1], "ymin 0.5, xmin 0, ymax 0.25, xmax 1"),
        ([0, 0.5, 1, 0.25], "ymin 0, xmin 0.5, ymax 1, xmax 0.25"),
        ([0, 0, 1, np.nan], "ymin 0, xmin 0, ymax 1, xmax nan"),
        ([np.nan, 0, 1, 1], "ymin nan, xmin 0, ymax 1, xmax 1"),
        ([0, 0, np.inf, 1], "ymin 0, xmin 0, ymax inf, xmax 1"),
        ([10, 20, 30, 40], "ymin 10, xmin 20, ymax 30, xmax 40"),
    ],
)
def test_box_that_leaves_the_picture_or_is_the_wrong_way_round_is_named(number, corners, text):
    boxes = [*INSIDE[:number], corners, *INSIDE[number:]]
    with pytest.raises(FormatError) as caught:
        Boxes(boxes).check()
    assert caught.value.message == f"box {number} is {text}: expected shares of the picture, 0 <= min <= max <= 1"
