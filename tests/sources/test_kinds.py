"""Any source is recognised, or named, and options are for the kinds that have them."""

import os
import shutil

import pytest

import pictures
from filmroll.errors import SourceError, UnsupportedError
from filmroll.sources import kinds


@pytest.fixture
def flowers(tmp_path):
    return pictures.folder_of_classes(tmp_path / "flowers")


def test_kinds_are_told_by_names_and_first_bytes(data, flowers, tmp_path):
    (tmp_path / "t.CSV").write_text("path\n")
    (tmp_path / "t.txt").write_text("a 1\n")
    found = {
        source: kinds.recognise(source)
        for source in (
            flowers,
            tmp_path / "t.CSV",
            tmp_path / "t.txt",
            data / "mnist",
            data / "mnist" / "t10k-images-idx3-ubyte.gz",
            data / "cifar",
            data / "cifar" / "test_batch",
        )
    }
    assert list(found.values()) == ["folder", "table", "list", "mnist", "mnist", "cifar", "cifar"]


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_folder_with_metadata_is_a_table(flowers, name):
    (flowers / name).write_text("file_name\n")
    assert kinds.recognise(flowers) == "table"


def test_folder_with_classes_named_train_and_test_is_a_folder(tmp_path):
    for name in ("train", "test"):
        shutil.move(pictures.folder_of_classes(tmp_path / "made") / "rose", tmp_path / "in" / name)
    assert [item.text for item in kinds.read(tmp_path / "in").items] == ["test"] * 4 + ["train"] * 4


def test_kind_that_is_named_is_the_one(tmp_path):
    (tmp_path / "list.csv").write_text("a.jpg 1\n")
    assert [item.label for item in kinds.read(tmp_path / "list.csv", kind="list").items] == [1]


def test_labels_file_means_imagenet(flowers, tmp_path):
    (tmp_path / "synsets.txt").write_text("rose\n")
    assert len(kinds.read(flowers, labels_file=tmp_path / "synsets.txt").items) == 4


def test_imagenet_without_labels_file_says_what_is_missing(flowers):
    with pytest.raises(UnsupportedError, match="need labels_file"):
        kinds.read(flowers, kind="imagenet")


@pytest.mark.parametrize(
    ("option", "fitting"),
    [("split", "cifar, mnist"), ("root", "list, table"), ("box_format", "table"), ("metadata_file", "imagenet")],
)
def test_option_of_another_kind_is_refused(flowers, option, fitting):
    with pytest.raises(
        UnsupportedError, match=f"{option} is for sources of kind {fitting}; this is one of kind folder"
    ):
        kinds.read(flowers, **{option: "x"})


def test_kind_that_is_none_names_those_there_are(flowers):
    with pytest.raises(UnsupportedError, match="no kind of source 'zip'; there are: cifar, folder"):
        kinds.read(flowers, kind="zip")


def test_picture_or_records_in_place_of_a_source_are_told_what_to_do(tmp_path):
    (tmp_path / "a.jpg").write_bytes(pictures.jpeg())
    with pytest.raises(SourceError, match="one picture; name the folder it is in, or .* 'filmroll sizes'"):
        kinds.recognise(tmp_path / "a.jpg")
    (tmp_path / "a.tfrecord").write_bytes(b"\0" * 16)
    with pytest.raises(SourceError, match="for records there is 'convert'"):
        kinds.recognise(tmp_path / "a.tfrecord")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_file_of_no_kind_says_so_and_a_pipe_is_not_waited_for(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="no kind"):
        kinds.recognise(tmp_path / "pipe")
    with pytest.raises(SourceError, match="--source-kind names it: cifar, folder"):
        kinds.read(tmp_path / "a.jpg")


def test_source_that_is_not_there_is_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        kinds.read(tmp_path / "absent")


@pytest.mark.parametrize("source", [["a.jpg", "b.jpg"], None, 5])
def test_what_is_no_path_is_an_error_that_says_what_a_source_is(source):
    with pytest.raises(TypeError, match=f"path of a folder or a file, not {type(source).__name__}; pictures that are"):
        kinds.read(source)
