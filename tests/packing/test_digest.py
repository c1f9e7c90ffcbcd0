"""A shard's sources have another digest as soon as anything is known of them that was not before."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from filmroll.boxes import Boxes
from filmroll.packing import digest
from filmroll.sources import folder
from filmroll.sources.item import File, file_at
from filmroll.sources.rows import Rows


@pytest.fixture
def file(tmp_path) -> File:
    path, mask = tmp_path / "a.jpg", tmp_path / "mask.png"
    path.write_bytes(b"picture")
    mask.write_bytes(b"mask")
    return File(
        str(path), "a.jpg", 7, 1, "cat", Boxes([[0, 0, 1, 1]], [1], ["cat"], [b"png"]), mask=mask, features={"a": 1}
    )


def of(*files: File) -> str:
    return digest.of_items(files)


def test_same_files_have_the_same_digest(file):
    assert of(file, file) == of(file, replace(file))


@pytest.mark.parametrize(
    "change",
    [
        {"key": "b.jpg"},
        {"nbytes": 8},
        {"changed_ns": 1},
        {"label": 2},
        {"text": None},
        {"boxes": None},
        {"boxes": Boxes([[0, 0, 1, 0.5]], [1], ["cat"], [b"png"])},
        {"boxes": Boxes([[0, 0, 1, 1]], [2], ["cat"], [b"png"])},
        {"boxes": Boxes([[0, 0, 1, 1]], [1], ["dog"], [b"png"])},
        {"boxes": Boxes([[0, 0, 1, 1]], [1], ["cat"], [b"gnp"])},
        {"in_pixels": True},
        {"mask": None},
        {"features": {"a": 2}},
        {"features": {"b": 1}},
        {"features": {"a": np.arange(5000)}},
    ],
    ids=lambda change: f"{[*change][0]}",
)
def test_all_that_is_known_of_a_file_counts(file, change):
    assert of(replace(file, **change)) != of(file)


def test_one_number_of_a_long_array_counts(file):
    long = np.zeros(5000, np.int64)
    other = long.copy()
    other[2500] = 1  # which is not shown when it is printed
    assert of(replace(file, features={"a": long})) != of(replace(file, features={"a": other}))


@pytest.mark.parametrize("how", ["size", "time", "gone"])
def test_size_and_time_of_a_mask_count(file, how):
    before, status = of(file), file.mask.stat()
    if how == "size":
        file.mask.write_bytes(b"another size")
        os.utime(file.mask, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif how == "time":
        os.utime(file.mask, ns=(1, 1))
    else:
        file.mask.unlink()
    assert of(file) != before


@pytest.mark.parametrize("list_again", [lambda path: folder.read(path).items, lambda path: [file_at(path, "a.jpg")]])
@pytest.mark.parametrize("how", ["size", "time"])
def test_size_and_time_of_a_picture_count_when_it_is_listed_again(tmp_path, list_again, how):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"picture")
    before, status = digest.of_items(list_again(tmp_path)), path.stat()
    assert digest.of_items(list_again(tmp_path)) == before
    path.write_bytes(b"another size" if how == "size" else b"erutcip")
    os.utime(path, ns=(1, status.st_mtime_ns + (how == "time")))
    assert digest.of_items(list_again(tmp_path)) != before


@pytest.mark.parametrize("change", ["name", "class", "order", "more"])
def test_what_a_listing_knows_of_its_files_counts(tmp_path, change):
    for name in ("rose/a.jpg", "tulip/b.jpg"):
        tmp_path.joinpath(name).parent.mkdir()
        tmp_path.joinpath(name).write_bytes(b"picture")
    files = folder.read(tmp_path).items
    before = digest.of_items(files.take([0, 1]))
    assert digest.of_items(files.take([0, 1])) == before
    if change == "name":
        tmp_path.joinpath("rose/a.jpg").rename(tmp_path / "rose/aa.jpg")
    elif change == "class":
        tmp_path.joinpath("pansy").mkdir()
    after = folder.read(tmp_path).items
    if change == "more":
        after = after.changed(lambda file: replace(file, features={"a": 1}))
    assert digest.of_items(after.take([1, 0] if change == "order" else [0, 1])) != before


def test_order_counts(file):
    other = replace(file, key="b.jpg")
    assert of(file, other) != of(other, file)


def test_name_that_is_no_utf8_is_no_obstacle(file):
    assert of(replace(file, key="\udcff.jpg"))


def rows(**parts) -> Rows:
    known = {"keys": ["a", "b"], "labels": np.array([0, 1]), "features": {"fine": np.array([3, 4])}} | parts
    return Rows(Path("t10k"), np.zeros((2, 3, 3, 1), np.uint8), **known)


@pytest.mark.parametrize("change", [{"keys": ["a", "c"]}, {"labels": np.array([1, 1])}, {"features": {}}])
def test_all_parts_of_arrays_count(change):
    assert digest.of_rows(rows(**change)) != digest.of_rows(rows())
    assert digest.of_rows(rows()) == digest.of_rows(rows())


def test_every_pixel_of_an_array_counts():
    other = rows()
    other.images[1, 2, 2, 0] = 1
    assert digest.of_rows(other) != digest.of_rows(rows())


def test_numbers_of_rows_count():
    assert digest.of_numbers([0, 1]) != digest.of_numbers([1, 0])


def test_environment_of_lmdb_is_known_by_its_data(tmp_path):
    folder = tmp_path / "a.lmdb"
    folder.mkdir()
    (folder / "data.mdb").write_bytes(b"a")
    before = digest.of_files([folder])
    (folder / "lock.mdb").write_bytes(b"")
    assert digest.of_files([folder]) == before
    (folder / "data.mdb").write_bytes(b"ab")
    assert digest.of_files([folder]) != before
