"""A folder of pictures is listed: classes, keys, sizes, and what is no picture."""

import os
from functools import partial

import pytest

import pictures
from filmroll.errors import SourceError
from filmroll.sources import folder
from filmroll.sources.sorting import in_order


@pytest.fixture
def flowers(tmp_path):
    return pictures.folder_of_classes(tmp_path / "flowers")


def test_first_level_folders_are_the_classes_in_order_of_name(flowers):
    listing = folder.read(flowers)
    assert listing.label_names == ["daisy", "rose", "tulip"]
    assert {(file.text, file.label) for file in listing.items} == {("daisy", 0), ("rose", 1), ("tulip", 2)}


def test_deeper_folders_belong_to_the_class_above(flowers):
    deep = [file for file in folder.read(flowers).items if "/more/" in file.key]
    assert [(file.key, file.text) for file in deep] == [
        (f"{name}/more/{name} 3.png", name) for name in ("daisy", "rose", "tulip")
    ]


def test_files_are_sorted_by_key_and_have_their_size(flowers):
    files = folder.read(flowers).items
    assert [file.key for file in files] == sorted(file.key for file in files)
    assert all(file.nbytes == file.path.stat().st_size > 0 for file in files)


def test_flat_folder_has_no_labels(tmp_path):
    (tmp_path / "a.jpg").write_bytes(pictures.jpeg())
    listing = folder.read(tmp_path)
    assert listing.label_names == []
    assert [(file.label, file.text) for file in listing.items] == [(None, None)]


def test_class_without_pictures_keeps_its_number(flowers):
    (flowers / "iris").mkdir()
    listing = folder.read(flowers)
    assert listing.label_names == ["daisy", "iris", "rose", "tulip"]
    assert {file.label for file in listing.items} == {0, 2, 3}


def test_classes_without_pictures_and_pictures_without_a_class_are_remarked(flowers):
    assert folder.read(flowers).remarks == []
    (flowers / "top.jpg").write_bytes(pictures.jpeg())
    (flowers / "iris").mkdir()
    (flowers / "iris" / "notes.txt").write_text("none yet")
    assert folder.read(flowers).remarks == [
        "without a label: 'top.jpg' is in no folder of a class",
        "without a picture, but with a number: class 'iris' (label 1)",
    ]
    (flowers / "also.jpg").write_bytes(pictures.jpeg())
    for number in range(7):
        (flowers / f"class {number}").mkdir()
    assert folder.read(flowers).remarks == [
        "without a label: 2 pictures, such as 'also.jpg', are in no folder of a class",
        "without a picture, but with a number: class 'class 0' (label 0), 'class 1' (label 1), 'class 2' (label 2), "
        "'class 3' (label 3), 'class 4' (label 4) and 3 more",
    ]


def test_classes_that_label_names_tell_need_no_pictures(flowers):
    assert folder.read(flowers, label_names=["tulip", "rose", "daisy", "iris"]).remarks == []


def test_label_names_given_fix_the_numbers(flowers):
    listing = folder.read(flowers, label_names=["tulip", "rose", "daisy", "iris"])
    assert {(file.text, file.label) for file in listing.items} == {("daisy", 2), ("rose", 1), ("tulip", 0)}


def test_class_that_label_names_lack_is_an_error_that_names_both(flowers):
    with pytest.raises(SourceError, match="'rose' is not among the label names given: daisy, tulip"):
        folder.read(flowers, label_names=["daisy", "tulip"])


def test_picture_is_found_by_content_where_the_name_is_no_pictures(flowers):
    (flowers / "rose" / "download").write_bytes(pictures.jpeg(99))
    (flowers / "rose" / "readme.txt").write_text("roses are red")
    listing = folder.read(flowers)
    assert "rose/download" in [file.key for file in listing.items]
    assert listing.ignored == ["rose/readme.txt"]


def test_hidden_files_and_folders_are_left_out(flowers):
    (flowers / ".DS_Store").write_bytes(b"x")
    (flowers / ".cache").mkdir()
    (flowers / ".cache" / "a.jpg").write_bytes(pictures.jpeg())
    listing = folder.read(flowers)
    assert len(listing.items) == 12
    assert listing.ignored == []
    assert listing.label_names == ["daisy", "rose", "tulip"]


def test_loop_of_links_ends(flowers):
    (flowers / "rose" / "again").symlink_to(flowers, target_is_directory=True)
    keys = [file.key for file in folder.read(flowers).items]
    assert len(keys) == 12


def test_linked_class_folder_is_entered(flowers, tmp_path):
    elsewhere = pictures.folder_of_classes(tmp_path / "elsewhere")
    (flowers / "zinnia").symlink_to(elsewhere / "rose", target_is_directory=True)
    assert sum(file.text == "zinnia" for file in folder.read(flowers).items) == 4


def test_link_to_itself_is_listed_so_that_it_is_reported(flowers):
    (flowers / "rose" / "self.jpg").symlink_to("self.jpg")
    assert "rose/self.jpg" in [file.key for file in folder.read(flowers).items]


def test_link_to_nowhere_is_listed_so_that_it_is_reported(flowers):
    (flowers / "rose" / "gone.jpg").symlink_to(flowers / "nowhere.jpg")
    assert "rose/gone.jpg" in [file.key for file in folder.read(flowers).items]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no file names that are no Unicode")
def test_name_that_is_no_utf8_is_kept(tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.jpg"
    with open(path, "wb") as file:
        file.write(pictures.jpeg())
    [found] = folder.read(tmp_path).items
    assert os.fsencode(found.key) == b"caf\xe9.jpg"


def test_empty_folder_is_an_error_that_names_it(tmp_path):
    with pytest.raises(SourceError, match="an empty folder") as caught:
        folder.read(tmp_path)
    assert caught.value.path == str(tmp_path)


def test_folder_without_pictures_says_how_many_files_it_has(tmp_path):
    (tmp_path / "a.txt").write_text("no picture")
    (tmp_path / "b.csv").write_text("1,2")
    with pytest.raises(SourceError, match="no picture among its 2 files"):
        folder.read(tmp_path)


def test_missing_folder_is_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        folder.read(tmp_path / "absent")


def test_file_in_place_of_a_folder_is_not_a_directory(tmp_path):
    (tmp_path / "a.jpg").write_bytes(pictures.jpeg())
    with pytest.raises(NotADirectoryError):
        folder.read(tmp_path / "a.jpg")


def test_classes_that_label_names_lack_are_left_alone_where_asked(flowers):
    (flowers / "loose.jpg").write_bytes(pictures.jpeg())
    listing = folder.read(flowers, label_names=["rose"], strict=False)
    assert [item.text for item in listing.items] == ["rose"] * 4
    assert listing.ignored == ["daisy/", "loose.jpg", "tulip/"]


def test_keys_are_sorted_as_whole_texts_whatever_stands_beside_a_folder(tmp_path):
    names = [
        "a/b.jpg",
        "a.jpg",
        "a-b.jpg",
        "a0.jpg",
        "ab/c.jpg",
        "a/b/c.jpg",
        "a/b-c.jpg",
        "a b/x.jpg",
        "é.jpg",
        "z/1.jpg",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [key for key, _ in folder.walk(tmp_path)] == sorted(names)


def test_folder_of_more_names_than_are_sorted_in_memory_is_listed_the_same(flowers, monkeypatch):
    wanted = list(folder.walk(flowers))
    monkeypatch.setattr(folder, "in_order", partial(in_order, run_texts=2))
    assert list(folder.walk(flowers)) == wanted
