"""Pictures and masks as a browser takes them."""

import io

import numpy as np
import pytest
from PIL import Image

import filmroll
import pictures as made_pictures
from filmroll.errors import Error
from filmroll.sample import Sample
from filmroll.view import pictures
from view import rolls


@pytest.mark.parametrize("format", ["jpeg", "png", "gif", "webp", "avif", "bmp"])
def test_encoded_picture_is_served_as_it_is(format):
    encoded = filmroll.encode(made_pictures.image(1), format)
    data, type = pictures.served(Sample("a", encoded=encoded))
    assert data is encoded
    assert type == f"image/{format}"


@pytest.mark.parametrize("format", ["tiff", "pnm", "npy"])
def test_what_browsers_do_not_show_becomes_png_with_the_same_pixels(format):
    image = made_pictures.image(2)
    data, type = pictures.served(Sample("a", encoded=filmroll.encode(image, format)))
    assert type == "image/png"
    np.testing.assert_array_equal(filmroll.decode(data), image)


def test_array_becomes_png():
    image = made_pictures.image(3)
    data, type = pictures.served(Sample("a", array=image))
    assert type == "image/png"
    np.testing.assert_array_equal(filmroll.decode(data), image)


def test_svg_is_served_as_it_is_or_drawn():
    sample = Sample("a", encoded=rolls.EVIL_SVG)
    assert pictures.served(sample) == (rolls.EVIL_SVG, "image/svg+xml")
    data, type = pictures.served(sample, vectors=False)
    assert type == "image/png"
    assert filmroll.read_header(data).shape[:2] == (30, 40)


def test_no_picture_and_damaged_ones_raise():
    for sample in (Sample("a"), Sample("a", encoded=b"junk"), Sample("a", array=np.zeros(3))):
        with pytest.raises(Error):
            pictures.served(sample)


def test_mask_of_classes_is_clear_outside_and_coloured_by_class():
    overlay = filmroll.decode(pictures.class_overlay(rolls.mask(40, 80)), channels=4)
    assert overlay.shape == (40, 80, 4)
    assert overlay[-1, -1, 3] == 0
    assert overlay[20, 40].tolist() == [*pictures.colour(0), pictures.OPACITY]
    assert overlay[0, 0].tolist() == [*pictures.colour(1), pictures.OPACITY]


def test_mask_with_a_palette_counts_by_its_places_and_255_is_nothing():
    image = Image.fromarray(np.array([[0, 1, 2, 255]], np.uint8), "L").convert("P")
    image.putpalette([7] * 768)  # all of one colour: only the places tell
    file = io.BytesIO()
    image.putdata([0, 1, 2, 255])
    image.save(file, "PNG")
    overlay = filmroll.decode(pictures.class_overlay(file.getvalue()), channels=4)[0]
    assert overlay[0, 3] == 0
    assert overlay[1].tolist()[:3] == list(pictures.colour(0))
    assert overlay[2].tolist()[:3] == list(pictures.colour(1))
    assert overlay[3].tolist()[:3] == [160, 160, 160]


def test_mask_in_white_on_black_is_one_class():
    mask = filmroll.encode(np.array([[[0], [255]]], np.uint8), "png")
    overlay = filmroll.decode(pictures.class_overlay(mask), channels=4)[0]
    assert overlay[:, 3].tolist() == [0, pictures.OPACITY]
    assert overlay[1].tolist()[:3] == list(pictures.colour(0))


def test_mask_of_an_object_has_its_colour():
    mask = filmroll.encode(np.array([[[0], [1], [255]]], np.uint8), "png")
    overlay = filmroll.decode(pictures.object_overlay(mask, 5), channels=4)[0]
    assert overlay.tolist() == [[0, 0, 0, 0]] + [[*pictures.colour(5), pictures.OPACITY]] * 2


@pytest.mark.parametrize("mask", [b"", b"junk", filmroll.encode(np.zeros((2, 2), np.float32), "npy")])
def test_mask_that_is_none_raises(mask):
    with pytest.raises(Error):
        pictures.class_overlay(mask)


def test_neighbouring_colours_are_far_apart():
    for number in range(200):
        one, other = np.array(pictures.colour(number)), np.array(pictures.colour(number + 1))
        assert np.abs(one - other).sum() > 90
