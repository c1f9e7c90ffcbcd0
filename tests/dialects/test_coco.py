"""Boxes in pixels: the very same shares of the picture come back, and what can be no pixels is left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wild_samples
from filmroll.boxes import Boxes
from filmroll.dialects import coco

sizes = st.tuples(st.integers(1, 70_000), st.integers(1, 70_000))


@given(wild_samples.boxes(sane=True), sizes)
def test_boxes_the_right_way_round_come_back_to_the_bit_from_pixels_alone(boxes, size):
    features = coco.to_features(boxes, size=size)
    pixels = features[coco.BBOX].reshape(-1, 4)
    height, width = size
    shares = [pixels[:, 1] / height, pixels[:, 0] / width]
    shares += [(pixels[:, 1] + pixels[:, 3]) / height, (pixels[:, 0] + pixels[:, 2]) / width]
    assert np.stack(shares, axis=1).astype(np.float32).tobytes() == boxes.corners.tobytes()
    may_be_shares = len(boxes) > 0 and pixels.max() <= 1 and max(size) > 1
    assert (coco.CORNERS in features) == may_be_shares


@given(wild_samples.boxes() | wild_samples.boxes(sane=True), st.none() | sizes)
def test_any_boxes_come_back_to_the_bit(boxes, size):
    features = coco.to_features(boxes, size=size)
    back, used = coco.to_boxes(features, size=size)
    assert wild_samples.plain(back) == wild_samples.plain(boxes)
    assert features.keys() <= used


def test_boxes_are_x_y_width_height_in_pixels():
    boxes = Boxes([[0.25, 0.5, 0.75, 1.0]], labels=[3], texts=["cat"], masks=[b"PNG"])
    features = coco.to_features(boxes, size=(100, 200))
    assert features[coco.BBOX].tolist() == [100, 25, 100, 50]
    assert features[coco.BBOX].dtype == np.float64
    assert features[coco.BBOX_LENGTHS].tolist() == [4]
    assert (features[coco.CATEGORY].tolist(), features[coco.TEXT], features[coco.MASK]) == ([3], [b"cat"], [b"PNG"])
    assert coco.CORNERS not in features


@pytest.mark.parametrize(
    ("corners", "size"),
    [
        ([[0.1, 0.2, 0.3, 0.4]], None),
        ([[0.5, 0.5, 0.25, 0.25]], (100, 100)),
        ([[-3, -3, 5, 5]], (100, 100)),
        ([[0, 0, 0.001, 0.001]], (100, 100)),
        ([[np.nan, 0, 1, np.inf]], (100, 100)),
        ([[0, np.inf, 1, np.inf]], (100, 100)),
        ([[-0.01, 0, 1e-30, 0.5]], (100, 100)),  # 0.01 + 1e-30 is 0.01
        ([[-0.0, 0, -0.0, 0.5]], (100, 100)),  # -0.0 + 0 is 0
    ],
)
def test_boxes_that_pixels_do_not_give_again_have_their_corners_beside(corners, size):
    features = coco.to_features(Boxes(corners), size=size)
    assert features[coco.CORNERS].dtype == np.float32
    assert features[coco.CORNERS].tobytes() == np.float32(corners).tobytes()


def features_of(values, lengths, **more):
    return {coco.BBOX: np.array(values), coco.BBOX_LENGTHS: np.array(lengths, np.int64)} | more


@pytest.mark.parametrize(
    "features",
    [
        {},
        {coco.BBOX: np.array([1.0, 2, 3, 4])},
        {coco.BBOX: [b"x"], coco.BBOX_LENGTHS: np.array([4])},
        features_of([1.0, 2, 3, 4], [3]),
        features_of([1.0, 2, 3, 4, 5], [4]),
        features_of([0.1, 0.2, 0.3, 0.4], [4]),
        features_of([10.0, 10, 200, 5], [4]),
        features_of([-10.0, 10, 5, 5], [4]),
        features_of([10.0, 10, -5, 5], [4]),
        features_of([10.0, 10, 5, -1], [4]),
        features_of([np.nan, 10, 5, 5], [4]),
        features_of([10.0, 10, 5, 5, 10, 10, 5], [4, 3]),
        features_of([10.0, 10, 5, 5, 10, 10, 500, 5], [4, 4]),
        features_of([-1.5, 10, 5, 5], [4]),
        features_of([10, -1.5, 5, 5], [4]),
        features_of([95, 10, 6.5, 5], [4]),
        features_of([10, 195, 5, 6.5], [4]),
        features_of([0.0, 0, 1, 1], [4]),
        {coco.CORNERS: np.array([0.1, 0.1, 0.2, 0.2]), coco.CORNERS_LENGTHS: np.array([4])},
    ],
)
def test_what_can_be_no_pixels_of_the_picture_is_no_boxes(features):
    assert coco.to_boxes(features, size=(200, 100)) == (None, frozenset())


@pytest.mark.parametrize(
    "box", [[-1, 10, 5, 5], [10, -1, 5, 5], [95, 10, 6, 5], [10, 195, 5, 6], [10, 10, 0, 5], [10, 10, 5, 0]]
)
def test_pixels_may_be_one_outside_and_a_box_may_be_empty(box):
    boxes, used = coco.to_boxes(features_of(np.float64(box), [4]), size=(200, 100))
    x, y, width, height = box
    assert np.allclose(boxes.corners, [[y / 200, x / 100, (y + height) / 200, (x + width) / 100]])
    assert used == {coco.BBOX, coco.BBOX_LENGTHS, coco.CORNERS, coco.CORNERS_LENGTHS}


@pytest.mark.parametrize(("size", "are_boxes"), [((1, 1), True), ((1, 2), False), ((2, 1), False)])
def test_one_by_one_is_a_box_in_pixels_only_where_the_picture_has_no_more(size, are_boxes):
    boxes, _ = coco.to_boxes(features_of([0.0, 0, 1, 1], [4]), size=size)
    assert (boxes is not None) == are_boxes


def test_whole_numbers_are_pixels_too_and_parts_that_do_not_fit_are_not_theirs():
    features = features_of([10, 20, 30, 40], [4]) | {coco.CATEGORY: np.array([1, 2]), coco.TEXT: [b"a"]}
    boxes, used = coco.to_boxes(features, size=(100, 200))
    assert np.allclose(boxes.corners, [[0.2, 0.05, 0.6, 0.2]])
    assert (boxes.labels, boxes.texts) == (None, ["a"])
    assert coco.CATEGORY not in used


def test_category_that_is_no_whole_number_is_not_theirs():
    features = features_of([10, 20, 30, 40], [4]) | {coco.CATEGORY: np.array([1.5])}
    boxes, used = coco.to_boxes(features, size=(100, 200))
    assert boxes.labels is None
    assert coco.CATEGORY not in used


def test_names_of_classes_that_are_no_utf8_keep_their_bytes():
    features = features_of([10, 20, 30, 40], [4]) | {coco.TEXT: [b"caf\xe9"]}
    boxes, _ = coco.to_boxes(features, size=(100, 200))
    assert coco.to_features(boxes, size=(100, 200))[coco.TEXT] == [b"caf\xe9"]
