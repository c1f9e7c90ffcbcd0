"""Files of a store are opened side by side, each once, and counted without being opened where that can be."""

import pickle
import threading

import pytest

import filmroll
import pictures
from filmroll.errors import FormatError
from filmroll.records import storage
from filmroll.records.remote_shards import RemoteShards, shards_of
from filmroll.records.shards import Place, Shards


@pytest.fixture
def paths(tmp_path, bucket):
    filmroll.pack(pictures.folder_of_classes(tmp_path / "flowers"), tmp_path / "out" / "flowers", shards=3, seed=1)
    bucket.take(tmp_path / "out", "out/")
    bucket.proxy.clear()
    return storage.expand(f"{bucket.url}/out")


def test_where_the_files_are_decides(paths, tmp_path):
    local = sorted((tmp_path / "out").glob("*.tfrecord"))
    assert type(shards_of(local)) is Shards
    for some in (paths, [local[0], paths[1]]):
        shards = shards_of(some, verify=False)
        again = pickle.loads(pickle.dumps(shards))
        assert type(shards) is type(again) is type(shards.reopened(salvage=True)) is RemoteShards
        assert again.paths == some


def test_file_on_the_disk_among_them_must_be_there(paths, tmp_path):
    with pytest.raises(FileNotFoundError):
        shards_of([*paths, tmp_path / "absent"])


def test_threads_that_want_one_file_open_it_once(paths, bucket):
    shards = shards_of(paths)
    begin, read = threading.Barrier(8), []

    def one() -> None:
        begin.wait()
        read.append(bytes(shards.record(Place(1, 2))))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read) == 8
    assert len(set(read)) == 1
    assert sum(".idx" in one.path for one in bucket.proxy.requests) == 1


def test_known_files_are_counted_without_a_request(paths, bucket):
    bucket.proxy.clear()
    shards = shards_of(paths)
    shards.known = lambda: {path.name: (7, path.stat().st_size) for path in paths[:2]}
    assert shards.counts[:2] == [7, 7]
    assert {one.path.partition("?")[0].rpartition("/")[2] for one in bucket.proxy.requests} == {
        paths[2].name, f"{paths[2].name}.idx"
    }  # fmt: skip
    salvaged = shards_of(paths, salvage=True)
    salvaged.known = shards.known
    assert salvaged.counts == [4, 4, 4]


def test_several_records_of_several_files_come_in_the_order_asked_for(paths, tmp_path):
    local = shards_of(sorted((tmp_path / "out").glob("*.tfrecord")))
    places = [Place(2, 1), Place(0, 0), Place(2, 0), Place(1, 3)]
    assert [bytes(one) for one in shards_of(paths).records(places)] == [bytes(one) for one in local.records(places)]


def test_file_that_cannot_be_opened_is_an_error_each_time(paths, bucket):
    bucket.write("out/flowers-00000-of-00003.tfrecord", b"%PDF-1.4 no records" + bytes(100))
    shards = shards_of(storage.expand(f"{bucket.url}/out"))
    for _ in range(2):
        with pytest.raises(FormatError):
            shards.record(Place(0, 0))
    assert shards.record(Place(1, 0))
