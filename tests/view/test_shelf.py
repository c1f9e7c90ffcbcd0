"""Catalogues that are kept, and found again."""

import os

import numpy as np
import pytest

import pictures
from filmroll.view import shelf
from filmroll.view.catalogue import COLUMNS, Catalogue
from filmroll.view.cataloguing import Cataloguing
from filmroll.view.entries import open_entries
from filmroll.view.query import Query
from filmroll.view.server import version_of
from view import rolls


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("FILMROLL_CACHE", str(folder))
    return folder


@pytest.fixture
def full(tmp_path) -> Catalogue:
    entries = open_entries(rolls.damaged(tmp_path, count=30))
    made = Catalogue(len(entries), entries.label_names)
    Cataloguing(entries, made).run()
    return made


def test_catalogue_comes_back_as_it_was(cache, full):
    assert shelf.keep(full, "abc") == cache / "catalogue-abc.npz"
    found = shelf.find("abc", count=30)
    assert found.is_full
    for name in COLUMNS:
        np.testing.assert_array_equal(found.columns[name], full.columns[name])
        assert found.columns[name].dtype == full.columns[name].dtype
    assert (found.formats, found.reasons, found.label_names) == (full.formats, full.reasons, full.label_names)
    for query in (Query(text="rose"), Query(text="00 tulip", descending=True), Query(sort="pixels")):
        assert list(found.select(query)) == list(full.select(query))


def test_other_version_or_count_is_not_found(cache, full):
    shelf.keep(full, "abc")
    assert shelf.find("abd", count=30) is None
    assert shelf.find("abc", count=31) is None


@pytest.mark.parametrize("damage", [b"", b"nonsense", "cut", "zeros"])
def test_damaged_one_is_not_found(cache, full, damage):
    path = shelf.keep(full, "abc")
    data = path.read_bytes()
    path.write_bytes({"cut": data[: len(data) // 2], "zeros": bytes(len(data))}.get(damage, damage))
    assert shelf.find("abc", count=30) is None


def test_folder_that_cannot_be_written_keeps_nothing(full, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("FILMROLL_CACHE", str(tmp_path / "file" / "below"))
    assert shelf.keep(full, "abc") is None


def test_oldest_give_way(cache, full, monkeypatch):
    monkeypatch.setattr(shelf, "KEPT", 2)
    for age, version in enumerate("abcd"):
        path = shelf.keep(full, version)
        os.utime(path, (1000 + age, 1000 + age))
    shelf.keep(full, "e")
    assert sorted(path.name for path in cache.iterdir()) == ["catalogue-d.npz", "catalogue-e.npz"]


def test_nothing_is_written_beside_the_records(cache, full, tmp_path):
    shelf.keep(full, "abc")
    assert {path.name for path in tmp_path.iterdir()} == {"cache", "damaged.tfrecord"}


def test_version_changes_with_the_files_and_with_how_they_are_read(tmp_path):
    path = rolls.write(tmp_path / "a.tfrecord", [rolls.sample(0)])
    entries = open_entries(path)
    first = version_of(entries)
    assert version_of(open_entries(path)) == first
    assert version_of(entries, "slim") != first
    rolls.write(path, [rolls.sample(1)])
    assert version_of(open_entries(path)) != first


def test_version_changes_when_a_picture_in_a_class_folder_is_replaced(tmp_path):
    picture = tmp_path / "rose" / "a.jpg"
    picture.parent.mkdir()
    picture.write_bytes(pictures.jpeg(0))
    first = version_of(open_entries(tmp_path))
    assert version_of(open_entries(tmp_path)) == first
    picture.write_bytes(pictures.jpeg(1))
    assert version_of(open_entries(tmp_path)) != first
