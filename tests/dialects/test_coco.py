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
        features_of([np.nan, 10, 5, 5], [4]),
    ],
)
def test_what_can_be_no_pixels_of_the_picture_is_no_boxes(features):
    assert coco.to_boxes(features, size=(100, 100)) == (None, frozenset())


def test_whole_numbers_are_pixels_too_and_parts_that_do_not_fit_are_not_theirs():
    features = features_of([10, 20, 30, 40], [4]) | {coco.CATEGORY: np.array([1, 2]), coco.TEXT: [b"a"]}
    boxes, used = coco.to_boxes(features, size=(100, 200))
    assert np.allclose(boxes.corners, [[0.2, 0.05, 0.6, 0.2]])
    assert (boxes.labels, boxes.texts) == (None, ["a"])
    assert coco.CATEGORY not in used
