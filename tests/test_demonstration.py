"""The demo draws its own pictures and does the main job on them."""

import numpy as np
import pytest

import filmroll
from filmroll import codecs
from filmroll.demonstration import COLOURS, DRAWINGS, count_identical, draw_pictures


def test_every_drawing_is_made_in_every_set_of_colours(tmp_path):
    draw_pictures(tmp_path)
    images = {path: filmroll.imread(path) for path in tmp_path.rglob("*.*")}
    assert len(images) == len(DRAWINGS) * len(COLOURS) == 24
    assert len({image.tobytes() for image in images.values()}) == 24
    assert all(image.std() > 20 for image in images.values())


def test_poster_holds_lettering_that_needs_no_font(tmp_path):
    draw_pictures(tmp_path)
    poster = filmroll.imread(tmp_path / "poster" / "poster-0.png")
    assert poster.shape == (600, 400, 3)
    lettering = poster[230:520, 50:350]
    ink = np.array([0xF4, 0xEA, 0xD5])
    assert 0.15 < (np.abs(lettering.astype(int) - ink).sum(axis=2) < 30).mean() < 0.5


def test_demo_reports_what_each_step_found(tmp_path):
    done = filmroll.demo(tmp_path)
    assert (done.packed.read, done.packed.written, done.identical) == (24, 24, 24)
    assert done.inspected.records == done.verified.records == 24
    assert done.verified.faults == []
    assert done.inspected.label_names == list(DRAWINGS)
    assert {one.name for one in done.sizes.candidates} >= {"raw array", "NPY", "PNG", "JPEG, quality 75"}
    assert codecs.read_header(done.contact_sheet.read_bytes()).format == "png"


def test_second_demo_in_the_same_folder_is_refused(tmp_path):
    filmroll.demo(tmp_path)
    with pytest.raises(FileExistsError):
        filmroll.demo(tmp_path)


def test_file_that_differs_or_is_missing_is_not_counted_as_identical(tmp_path):
    for folder, files in {"a": {"1": b"x", "2": b"y", "3": b"z"}, "b": {"1": b"x", "2": b"other"}}.items():
        (tmp_path / folder).mkdir()
        for name, data in files.items():
            (tmp_path / folder / name).write_bytes(data)
    assert count_identical(tmp_path / "a", tmp_path / "b") == 1
