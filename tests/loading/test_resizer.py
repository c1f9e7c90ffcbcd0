"""Pictures are mirrored into their place in a batch, whoever does it."""

import numpy as np
import pytest

from filmroll.loading import interpolation, resizer


@pytest.mark.parametrize("width", [1, 2, 4, 7, 8, 16, 100, 224])
@pytest.mark.parametrize("channels", [1, 3])
def test_rows_reversed_are_the_picture_mirrored_with_its_channels_in_the_other_order(width, channels):
    image = np.random.default_rng(width).integers(0, 256, (5, width, channels), np.uint8)
    wanted = image[:, ::-1, ::-1]
    batch = np.zeros((3, *image.shape), np.uint8)
    resizer.reverse_rows(image, batch[1])
    assert np.array_equal(batch[1], wanted)
    assert not batch[[0, 2]].any()


@pytest.mark.parametrize("mirror", [resizer.mirror, interpolation.mirror_by_opencv])
@pytest.mark.parametrize("width", [1, 2, 7, 224])
@pytest.mark.parametrize("channels", [1, 3])
def test_picture_is_mirrored_left_to_right(mirror, width, channels):
    image = np.random.default_rng(width).integers(0, 256, (5, width, channels), np.uint8)
    batch = np.zeros((3, *image.shape), np.uint8)
    assert np.shares_memory(mirror(image, batch[1]), batch)
    assert np.array_equal(batch[1], image[:, ::-1])
    assert not batch[[0, 2]].any()
