"""A grid of small pictures, each with its label."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import SourceError
from filmroll.sample import Sample
from filmroll.view.contact_sheet import CAPTION_HEIGHT, CELL_GAP, PAPER, thumbnail_of


def samples(count: int) -> list[Sample]:
    return [Sample(f"{n}.jpg", encoded=pictures.jpeg(n), label=n, text=f"class {n}") for n in range(count)]


def test_sheet_has_as_many_cells_as_pictures_in_rows_of_columns():
    sheet = filmroll.contact_sheet(samples(10), columns=4, thumbnail=64)
    assert sheet.shape == (3 * (64 + CAPTION_HEIGHT + CELL_GAP) + CELL_GAP, 4 * (64 + CELL_GAP) + CELL_GAP, 3)
    assert sheet.dtype == np.uint8


def test_picture_stands_in_its_cell():
    image = np.zeros((64, 64, 3), np.uint8)
    image[:] = (200, 30, 90)
    sheet = filmroll.contact_sheet([Sample("a", array=image)], thumbnail=64)
    cell = sheet[CELL_GAP : CELL_GAP + 64, CELL_GAP : CELL_GAP + 64]
    assert (cell == (200, 30, 90)).all()
    assert tuple(sheet[0, 0]) == PAPER


def test_caption_is_drawn_under_it():
    without = filmroll.contact_sheet([Sample("", array=np.zeros((8, 8, 3), np.uint8))])
    captioned = filmroll.contact_sheet([Sample("", array=np.zeros((8, 8, 3), np.uint8), text="tulip")])
    rows = np.flatnonzero((without != captioned).any(axis=(1, 2)))
    assert len(rows)
    assert rows.min() >= CELL_GAP + 128


def test_broken_picture_is_an_empty_frame_among_the_others():
    sheet = filmroll.contact_sheet([*samples(1), Sample("x", encoded=b"broken"), *samples(1)], columns=3)
    assert sheet.shape[1] == 3 * (128 + CELL_GAP) + CELL_GAP


@pytest.mark.parametrize(
    "array", [np.zeros((5, 7), np.uint8), np.ones((5, 7, 1), np.float32), np.zeros((5, 7, 4), np.uint16)]
)
def test_any_array_that_is_a_picture_is_shown(array):
    assert thumbnail_of(Sample("a", array=array), (128, 128)).shape == (5, 7, 3)


def test_array_that_is_no_picture_is_an_empty_frame():
    assert filmroll.contact_sheet([Sample("a", array=np.zeros(3))]).ndim == 3


def test_animation_shows_its_first_frame():
    frames = np.stack([pictures.image(1), pictures.image(2)])
    small = thumbnail_of(Sample("a", encoded=filmroll.encode(frames, "gif")), (128, 128))
    assert small.shape == (24, 32, 3)


def test_no_samples_are_an_error():
    with pytest.raises(SourceError, match="no pictures"):
        filmroll.contact_sheet([])
