"""Shards are written side by side: in order, counted, and stopped together."""

import threading

import pytest

from filmroll import manifest
from filmroll.packing import shard_tasks
from filmroll.packing.shard_tasks import Counter, StoppedError


def test_results_come_in_the_order_of_the_tasks():
    counter = Counter(5)
    assert shard_tasks.run(lambda task: task * 10, range(5), counter=counter, threads=3) == [0, 10, 20, 30, 40]


def test_counter_tells_how_many_are_done_of_how_many():
    seen = []
    counter = Counter(7, lambda done, total: seen.append((done, total)))
    counter()
    counter(6)
    assert seen == [(1, 7), (7, 7)]


def test_error_of_one_task_stops_the_others_and_is_the_one_raised():
    counter = Counter(1)
    begun = threading.Event()

    def work(task):
        if task == 1:
            begun.wait()
            raise OSError("disk full")
        begun.set()
        while True:
            counter()

    with pytest.raises(OSError, match="disk full"):
        shard_tasks.run(work, [0, 1], counter=counter, threads=2)


def test_stopped_counter_lets_nobody_go_on():
    counter = Counter(1)
    counter.stop()
    with pytest.raises(StoppedError):
        counter()


def test_threads_have_the_name_given():
    def work(task):
        return threading.current_thread().name

    [name] = shard_tasks.run(work, [0], counter=Counter(1), threads=1, name="convert")
    assert name.startswith("convert")


def test_standing_shard_is_not_replaced_unasked(tmp_path):
    path = tmp_path / "x.tfrecord"
    path.write_bytes(b"")
    with pytest.raises(FileExistsError, match="choose another name") as caught:
        shard_tasks.make_room([path], name="x", overwrite=False)
    assert caught.value.filename == str(path)
    assert shard_tasks.make_room([path], name="x", overwrite=True) == []


def test_shards_of_an_earlier_run_are_found_by_the_manifest(tmp_path):
    old = tmp_path / "x-00000-of-00001.tfrecord"
    old.write_bytes(b"")
    split = manifest.Split("slim", {}, [], [{"path": old.name, "records": 0, "nbytes": 0}])
    manifest.write(tmp_path / "filmroll.json", name="x", split=split)
    new = [tmp_path / "x-00000-of-00002.tfrecord", tmp_path / "x-00001-of-00002.tfrecord"]
    assert shard_tasks.make_room(new, name="x", overwrite=True) == [old]
    with pytest.raises(FileExistsError):
        shard_tasks.make_room(new, name="x", overwrite=False)


def test_shards_are_removed_with_their_indexes(tmp_path):
    path = tmp_path / "x.tfrecord"
    for name in ("x.tfrecord", "x.tfrecord.idx", "y.tfrecord"):
        (tmp_path / name).write_bytes(b"")
    shard_tasks.remove([path, tmp_path / "never there"])
    assert [each.name for each in tmp_path.iterdir()] == ["y.tfrecord"]
