"""A grid of small pictures, each with its label."""

import time

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import SourceError, UnsupportedError
from filmroll.sample import Sample
from filmroll.view.contact_sheet import CAPTION_HEIGHT, CELL_GAP, PAPER, write_contact_sheet
from filmroll.view.thumbnails import thumbnail_of
from view import rolls


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


def inked(sheet, *, row: int = 0, column: int = 0, side: int = 128) -> np.ndarray:
    """Columns of pixels of a cell's caption that are not paper, counted from the left of the cell."""
    top, left = CELL_GAP + row * (side + CAPTION_HEIGHT + CELL_GAP), CELL_GAP + column * (side + CELL_GAP)
    caption = sheet[top + side : top + side + CAPTION_HEIGHT, left - CELL_GAP // 2 : left + side + CELL_GAP // 2]
    return np.flatnonzero((caption != PAPER).any(axis=(0, 2))) - CELL_GAP // 2


def same(one: Sample, other: Sample) -> bool:
    return bool(np.array_equal(filmroll.contact_sheet([one]), filmroll.contact_sheet([other])))


def test_caption_is_the_class_or_else_its_number_or_else_the_key():
    image = np.zeros((8, 8, 3), np.uint8)
    assert same(Sample("k", None, image, 7, "tulip"), Sample("tulip", None, image))
    assert same(Sample("k", None, image, 7), Sample("7", None, image))
    assert not same(Sample("k", None, image), Sample("7", None, image))


def test_caption_stands_in_the_middle_under_its_picture():
    sheet = filmroll.contact_sheet([Sample("", array=np.zeros((9, 9)), text="mmm") for _ in range(4)], columns=2)
    first, *others = (inked(sheet, row=n // 2, column=n % 2) for n in range(4))
    assert abs(first.min() + first.max() - 128) <= 4
    assert all((one == first).all() for one in others)


def test_long_caption_is_cut_to_its_cell_and_says_so():
    image, start = np.zeros((8, 8, 3), np.uint8), time.monotonic()
    sheet = filmroll.contact_sheet([Sample("", None, image, None, "many words " * 100_000)])
    assert time.monotonic() - start < 2  # a caption of a megabyte costs what a short one does
    marks = inked(sheet)
    assert 0 <= marks.min() < marks.max() < 128
    assert marks.max() - marks.min() > 100
    assert not same(Sample("m" * 200, None, image), Sample("m" * 11, None, image))


def test_letters_that_the_font_has_not_come_as_question_marks():
    image = np.zeros((8, 8, 3), np.uint8)
    assert same(Sample("花 é", None, image), Sample("? é", None, image))
    assert same(Sample("a\tb", None, image), Sample("a?b", None, image))


def test_small_picture_stands_in_the_middle_of_its_cell():
    sheet = filmroll.contact_sheet([Sample("", array=np.zeros((10, 30, 3), np.uint8))] * 3, columns=2, thumbnail=64)
    for row, column in ((0, 0), (0, 1), (1, 0)):
        top, left = CELL_GAP + row * (64 + CAPTION_HEIGHT + CELL_GAP), CELL_GAP + column * (64 + CELL_GAP)
        cell = (sheet[top : top + 64, left : left + 64] == 0).all(axis=2)
        assert cell.sum() == 300
        assert cell[27:37, 17:47].all()


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


def test_empty_frame_is_a_frame_with_a_word_that_tells_no_picture_from_a_broken_one():
    none, broken = (filmroll.contact_sheet([Sample("", encoded=data)]) for data in (None, b"broken"))
    for sheet in (none, broken):
        cell = (sheet[CELL_GAP : CELL_GAP + 128, CELL_GAP : CELL_GAP + 128] != PAPER).any(axis=2)
        assert cell[[0, -1]].all()
        assert cell[:, [0, -1]].all()
        rows = np.flatnonzero(cell[1:-1, 1:-1].any(axis=1)) + 1
        assert len(rows)
        assert abs(rows.min() + rows.max() - 128) <= 6
        assert (sheet[:CELL_GAP] == PAPER).all()
        assert (sheet[CELL_GAP + 128 :] == PAPER).all()
    assert not np.array_equal(none, broken)


def test_no_samples_are_an_error():
    with pytest.raises(SourceError, match="no pictures"):
        filmroll.contact_sheet([])


def test_sheet_of_records_is_written_as_the_suffix_says(tmp_path):
    path = rolls.flowers(tmp_path, count=30)
    assert write_contact_sheet(path, tmp_path / "a.png", count=6, columns=3, thumbnail=32) == (6, 0)
    assert filmroll.read_header((tmp_path / "a.png").read_bytes()).shape == (134, 136, 3)
    assert write_contact_sheet(path, tmp_path / "a.jpg", first=28) == (2, 0)
    assert filmroll.read_header((tmp_path / "a.jpg").read_bytes()).format == "jpeg"


def test_spread_sheet_has_records_from_all_over(tmp_path):
    path = rolls.flowers(tmp_path, count=100)
    write_contact_sheet(path, tmp_path / "row.png", count=4)
    write_contact_sheet(path, tmp_path / "spread.png", count=4, spread=True)
    roll = filmroll.open(path)
    for name, numbers in (("row", range(4)), ("spread", range(0, 100, 25))):
        assert np.array_equal(
            filmroll.imread(tmp_path / f"{name}.png"), filmroll.contact_sheet(map(roll.__getitem__, numbers))
        )


def test_damaged_record_is_an_empty_frame_on_the_sheet_and_counted_as_such(tmp_path, run):
    assert write_contact_sheet(rolls.damaged(tmp_path), tmp_path / "a.png") == (5, 1)
    code, out, _ = run("contact-sheet", tmp_path / "damaged.tfrecord", tmp_path / "b.png")
    assert (code, out) == (0, f"5 pictures, and 1 empty frame in {tmp_path / 'b.png'}\n")


def test_records_without_any_picture_to_draw_are_an_error_that_says_why(tmp_path, data):
    named = data / "records/datumaro/roboflow_dataset/tfrecord/train/train.tfrecord"
    with pytest.raises(SourceError, match="train.tfrecord: nothing to draw in 2 records from record 0 on: no picture"):
        write_contact_sheet(named, tmp_path / "a.png")
    with pytest.raises(SourceError, match="nothing to draw in 1 record from record 2 on: data checksum"):
        write_contact_sheet(rolls.damaged(tmp_path), tmp_path / "a.png", first=2, count=1)
    assert not (tmp_path / "a.png").exists()


def test_what_cannot_be_drawn_is_an_error_and_leaves_nothing(tmp_path):
    path = rolls.flowers(tmp_path, count=8)
    with pytest.raises(UnsupportedError, match="a.nonsense: no format '.nonsense'; there are avif"):
        write_contact_sheet(path, tmp_path / "a.nonsense")
    with pytest.raises(UnsupportedError, match=r"a: no format '\(no suffix\)'"):
        write_contact_sheet(path, tmp_path / "a")
    with pytest.raises(SourceError, match="record 8 is wanted first"):
        write_contact_sheet(path, tmp_path / "a.png", first=8)
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize("given", [{"columns": 0}, {"thumbnail": 0}, {"thumbnail": -5}])
def test_sheet_without_room_for_pictures_is_refused(given):
    [(name, number)] = given.items()
    with pytest.raises(UnsupportedError, match=f"{name}={number}; give 1 or more"):
        filmroll.contact_sheet(samples(1), **given)


@pytest.mark.parametrize("given", [{"columns": 0}, {"thumbnail": 0}, {"count": 0}, {"first": -1}])
def test_sheet_of_records_that_makes_no_sense_is_refused_before_they_are_read(tmp_path, given):
    with pytest.raises(UnsupportedError, match="=".join(map(str, *given.items()))):
        write_contact_sheet(tmp_path / "absent", tmp_path / "a.png", **given)
