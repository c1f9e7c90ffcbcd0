"""Boxes of every form come into one form, are cut off, and turn with their picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.boxes import Boxes
from filmroll.codecs.pixels import orient
from filmroll.errors import UnsupportedError
from filmroll.sources import corners


@pytest.mark.parametrize(
    ("format", "box"),
    [("coco", [10, 20, 30, 40]), ("pascal", [10, 20, 40, 60]), ("xyxy", [10, 20, 40, 60]), ("yxyx", [20, 10, 60, 40])],
)
def test_every_form_says_the_same_box(format, box):
    assert corners.to_yxyx([box, box], format=format).tolist() == [[20, 10, 60, 40]] * 2


@pytest.mark.parametrize("format", corners.FORMATS)
def test_no_box_is_no_box(format):
    assert corners.to_yxyx([], format=format).shape == (0, 4)


def test_form_that_is_none_is_refused():
    with pytest.raises(UnsupportedError, match="no form of boxes 'yolo'; there are: coco, pascal, xyxy, yxyx"):
        corners.to_yxyx([], format="yolo")


def test_clip_orders_edges_cuts_boxes_off_and_leaves_empty_ones_out():
    boxes = Boxes(
        [[0.5, 0.5, 0.25, 0.75], [-1, -1, 0.5, 2], [1.5, 0, 2, 1], [0, 0, 0, 1]],
        labels=[1, 2, 3, 4],
        texts=["a", "b", "c", "d"],
        masks=[b"1", b"2", b"3", b"4"],
    )
    clipped = corners.clip(boxes)
    assert clipped.corners.tolist() == [[0.25, 0.5, 0.5, 0.75], [0, 0, 0.5, 1]]
    assert clipped.labels.tolist() == [1, 2]
    assert (clipped.texts, clipped.masks) == (["a", "b"], [b"1", b"2"])


@given(st.lists(st.tuples(*[st.floats(-2, 2, width=32)] * 4), max_size=5))
def test_clipped_boxes_pass_the_check(edges):
    clipped = corners.clip(Boxes(np.array(edges, np.float32).reshape(-1, 4)))
    clipped.check()
    assert clipped.labels is clipped.texts is clipped.masks is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_turn_as_pixels_do(orientation):
    picture = np.zeros((10, 20, 1), np.uint8)
    picture[2:5, 4:10] = 1
    turned = orient(picture, orientation)[..., 0]
    height, width = turned.shape
    ys, xs = np.nonzero(turned)
    wanted = [ys.min() / height, xs.min() / width, (ys.max() + 1) / height, (xs.max() + 1) / width]
    found = corners.turn(Boxes([[0.2, 0.2, 0.5, 0.5]]), orientation=orientation)
    np.testing.assert_allclose(found.corners[0], wanted, atol=1e-6)
