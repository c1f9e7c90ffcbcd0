"""Cells of the sheet, and the boxes over them."""

import numpy as np
import pytest

import pictures
from filmroll.boxes import Boxes
from filmroll.sample import Sample
from filmroll.view.cells import DRAWN_BOXES, boxes_of, cell_of
from filmroll.view.entry import Entry
from filmroll.view.links import LiveLinks
from filmroll.view.query import Query
from filmroll.view.thumbnails import CRISP_SIDE

LINKS = LiveLinks("v1")


def test_cell_has_class_key_and_a_sentence_for_those_who_do_not_see_it():
    boxes = Boxes(np.array([[0, 0, 0.5, 1]]))
    entry = Entry(3, "", sample=Sample("a.jpg", encoded=pictures.jpeg(0), label=2, boxes=boxes))
    cell = cell_of(entry, 0, Query(label=2), LINKS)
    assert cell.label == "label 2"
    assert cell.alt == "Picture 3: jpeg, 32 by 24 pixels, 1 box"
    assert cell.href == "/record/3?label=2"
    assert cell.thumbnail == "/thumbnail/3?v=v1"
    assert cell.is_tiny


def test_cell_without_a_sound_picture_asks_for_no_thumbnail():
    for entry in (Entry(0, ""), Entry(0, "", sample=Sample("a", encoded=pictures.jpeg(0)), fault="torn")):
        assert cell_of(entry, 0, Query(), LINKS).thumbnail == ""


def test_boxes_are_in_pixels_and_say_their_class():
    boxes = Boxes(np.array([[0.25, 0.5, 0.75, 1.0]]), labels=np.array([1]))
    [box] = boxes_of(boxes, (40, 80), label_names=["cat", "dog"])
    assert (box.x, box.y, box.width, box.height, box.text) == (40, 10, 40, 20, "dog")
    assert boxes_of(boxes, (40, 80))[0].text == "class 1"
    assert boxes_of(Boxes(boxes.corners), (40, 80))[0].text == "0"


@pytest.mark.parametrize("corners", [[np.nan, 0, 1, 1], [0, -np.inf, 1, 1], [0, 0, 1e30, 1]])
def test_box_of_no_sensible_numbers_is_not_drawn(corners):
    assert boxes_of(Boxes(np.array([corners])), (10, 10)) == []


def test_box_the_wrong_way_round_has_no_negative_side():
    [box] = boxes_of(Boxes(np.array([[0.8, 0.8, 0.2, 0.2]])), (10, 10))
    assert (box.width, box.height) == (0, 0)


def test_only_so_many_boxes_are_drawn_on_a_small_picture():
    entry = Entry(0, "", sample=Sample("a", encoded=pictures.jpeg(0), boxes=Boxes(np.zeros((500, 4)))))
    assert len(cell_of(entry, 0, Query(), LINKS).boxes) == DRAWN_BOXES


def test_cell_says_what_there_is_of_a_class_a_size_and_a_mask():
    image = np.zeros((CRISP_SIDE, CRISP_SIDE + 1, 3), np.uint8)
    masked = Boxes(np.zeros((1, 4)), masks=[b"png"])
    found = {
        name: cell_of(Entry(0, "", sample=sample), 0, Query(), LINKS)
        for name, sample in {
            "named": Sample("a", None, image, 2, "rose"),
            "mask": Sample("a", None, image[:, 1:], mask=b"png"),
            "masks": Sample("a", None, image, boxes=masked),
            "boxes": Sample("a", None, image, boxes=Boxes(np.zeros((2, 4)), texts=["x", "y"])),
            "nothing": Sample("a"),
            "no size": Sample("a", None, np.zeros(9, np.uint8)),
        }.items()
    }
    assert {name for name, cell in found.items() if cell.has_mask} == {"mask", "masks"}
    assert {name for name, cell in found.items() if cell.is_tiny} == {"mask"}
    assert {name: cell.label for name, cell in found.items() if cell.label} == {"named": "rose"}
    assert found["nothing"].alt == "Picture 0: no picture"
    assert found["no size"].alt == "Picture 0: array uint8"
    assert found["boxes"].alt.endswith("65 by 64 pixels, 2 boxes")
    assert [box.text for box in found["boxes"].boxes] == ["x", "y"]
    assert boxes_of(masked, None) == []


def test_label_without_a_name_among_others_is_its_number():
    boxes = Boxes(np.zeros((4, 4)), labels=np.array([-1, 0, 1, 2]))
    assert [box.text for box in boxes_of(boxes, (9, 9), label_names=["cat", "dog"])] == [
        "class -1",
        "cat",
        "dog",
        "class 2",
    ]
