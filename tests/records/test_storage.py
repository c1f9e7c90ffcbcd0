"""Names, patterns, folders and lists become the paths of shards."""

import pytest

from filmroll.errors import SourceError
from filmroll.records import storage


@pytest.fixture
def folder(tmp_path):
    for name in (
        "b.tfrecord",
        "a.tfrecord",
        "a.tfrecord.idx",
        "filmroll.json",
        ".a.tfrecord.1.tmp",
        "label_map.pbtxt",
        "c",
    ):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "deeper").mkdir()
    return tmp_path


def names(paths) -> list[str]:
    return [path.name for path in storage.expand(paths)]


def test_file_is_itself_whatever_its_name(folder):
    assert names(folder / "c") == ["c"]
    assert names(str(folder / "a.tfrecord.idx")) == ["a.tfrecord.idx"]


def test_folder_is_its_record_files_sorted(folder):
    assert names(folder) == ["a.tfrecord", "b.tfrecord", "c"]


def test_pattern_is_sorted_and_leaves_out_what_holds_no_records(folder):
    assert names(str(folder / "*")) == ["a.tfrecord", "b.tfrecord", "c"]
    assert names(str(folder / "?.tfrecord")) == ["a.tfrecord", "b.tfrecord"]


def test_list_keeps_its_order_and_repetitions(folder):
    assert names([folder / "c", folder / "a.tfrecord", str(folder / "*.tfrecord")]) == [
        "c",
        "a.tfrecord",
        "a.tfrecord",
        "b.tfrecord",
    ]


def test_index_files_that_a_shell_took_along_are_left_out(folder):
    assert names(sorted(folder.glob("*.*"))[1:]) == ["a.tfrecord", "b.tfrecord", "label_map.pbtxt"]


def test_file_whose_name_looks_like_a_pattern_is_itself(folder):
    (folder / "x[1].tfrecord").write_bytes(b"")
    assert names(folder / "x[1].tfrecord") == ["x[1].tfrecord"]


def test_missing_file_names_the_path(folder):
    with pytest.raises(FileNotFoundError, match=r"absent\.tfrecord"):
        storage.expand(folder / "absent.tfrecord")


def test_folder_of_other_files_says_what_makes_records(folder):
    with pytest.raises(SourceError, match="deeper: a folder without record files; 'filmroll pack' makes records"):
        storage.expand(folder / "deeper")


def test_folder_whose_folders_may_hold_records_says_how_to_name_them(folder):
    (folder / "of folders" / "train").mkdir(parents=True)
    (folder / "of folders" / "train" / "a.tfrecord").write_bytes(b"")
    with pytest.raises(
        SourceError, match=r"record files; '(.*of folders.\*\*)' takes those of the folders in it"
    ) as caught:
        storage.expand(folder / "of folders")
    assert names(caught.value.message.split("'")[1]) == ["a.tfrecord"]


@pytest.mark.parametrize("paths", ["*.nothing", "deeper", [], "", ["", "c"]])
def test_nothing_found_is_an_error(folder, paths, monkeypatch):
    monkeypatch.chdir(folder)
    with pytest.raises(SourceError):
        storage.expand(paths)


def test_mistyped_argument_is_a_type_error():
    with pytest.raises(TypeError):
        storage.expand(5)


def test_bytes_of_an_environment_are_those_of_its_files(tmp_path):
    folder = tmp_path / "a.lmdb"
    folder.mkdir()
    folder.joinpath("data.mdb").write_bytes(bytes(5000))
    assert storage.nbytes_of(folder) == storage.nbytes_of(folder / "data.mdb") == 5000
    assert storage.expand(folder) == storage.expand(tmp_path) == [folder]


@pytest.mark.parametrize("paths", [None, 5, 1.5])
def test_what_names_no_files_is_an_error_that_says_what_does(paths):
    with pytest.raises(TypeError, match=f"named by a path, a pattern, or several of these, not by {paths!r}"):
        storage.expand(paths)
