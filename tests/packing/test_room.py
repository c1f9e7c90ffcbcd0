"""Room is made for shards, and nothing is replaced unasked."""

import pytest

from filmroll import manifest
from filmroll.packing import room


def test_standing_shard_is_not_replaced_unasked(tmp_path):
    path = tmp_path / "x.tfrecord"
    path.write_bytes(b"")
    with pytest.raises(FileExistsError, match="choose another name") as caught:
        room.make_room([path], name="x", overwrite=False)
    assert caught.value.filename == str(path)
    assert room.make_room([path], name="x", overwrite=True) == []


def test_shards_of_an_earlier_run_are_found_by_the_manifest(tmp_path):
    old = tmp_path / "x-00000-of-00001.tfrecord"
    old.write_bytes(b"")
    split = manifest.Split("slim", {}, [], [{"path": old.name, "records": 0, "nbytes": 0}])
    manifest.write(tmp_path / "filmroll.json", name="x", split=split)
    new = [tmp_path / "x-00000-of-00002.tfrecord", tmp_path / "x-00001-of-00002.tfrecord"]
    assert room.make_room(new, name="x", overwrite=True) == [old]
    with pytest.raises(FileExistsError):
        room.make_room(new, name="x", overwrite=False)


def test_shards_are_removed_with_their_indexes(tmp_path):
    path = tmp_path / "x.tfrecord"
    for name in ("x.tfrecord", "x.tfrecord.idx", "y.tfrecord"):
        (tmp_path / name).write_bytes(b"")
    room.remove([path, tmp_path / "never there"])
    assert [each.name for each in tmp_path.iterdir()] == ["y.tfrecord"]


def test_environment_of_lmdb_is_removed_with_all_that_is_in_it(tmp_path):
    for name in ("x.lmdb", "y.lmdb"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data.mdb").write_bytes(b"")
    room.remove([tmp_path / "x.lmdb"])
    assert [each.name for each in tmp_path.rglob("*")] == ["y.lmdb", "data.mdb"]


def test_folder_that_holds_no_records_is_never_replaced(tmp_path):
    shard = tmp_path / "roll.tfrecord"
    shard.mkdir()
    with pytest.raises(FileExistsError, match="a folder that holds no records; choose another name"):
        room.make_room([shard], name="roll", overwrite=True)
    (shard / "data.mdb").write_bytes(b"")
    assert room.make_room([shard], name="roll", overwrite=True) == []
