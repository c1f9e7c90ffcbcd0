"""Several files are one sequence of records, from any thread and in any process."""

import os
import pickle
import threading

import numpy as np
import pytest

import filmroll
from filmroll.records.shards import Place, Shards


@pytest.fixture(params=[None, "gzip"])
def paths(tmp_path, request):
    for shard in range(5):
        with filmroll.Writer(tmp_path / f"{shard}.tfrecord", compression=request.param) as writer:
            for number in range(shard):  # the first is empty
                writer.write(b"%d-%d" % (shard, number))
    return sorted(tmp_path.glob("*.tfrecord"))


ALL = [b"%d-%d" % (shard, number) for shard in range(5) for number in range(shard)]


@pytest.fixture
def shards(paths):
    opened = Shards(paths)
    yield opened
    opened.close()


def test_numbers_run_over_the_files(shards):
    assert len(shards) == 10
    assert [bytes(shards.record(shards.locate(number))) for number in range(10)] == ALL
    assert shards.locate(-1) == Place(4, 3)
    assert [bytes(record) for shard in range(5) for _, record in shards.walk(shard)] == ALL


def test_many_places_at_once_are_those_one_by_one(shards):
    files, numbers = shards.locate_many(np.arange(10))
    assert [Place(*pair) for pair in zip(files.tolist(), numbers.tolist(), strict=True)] == [
        shards.locate(n) for n in range(10)
    ]


def test_several_records_come_in_the_order_asked_for(shards):
    places = [shards.locate(number) for number in (9, 0, 5, 9, 1)]
    assert [bytes(record) for record in shards.records(places)] == [ALL[number] for number in (9, 0, 5, 9, 1)]


@pytest.mark.parametrize("number", [10, -11])
def test_number_out_of_range_is_an_index_error(shards, number):
    with pytest.raises(IndexError, match=f"record {number} of 10"):
        shards.locate(number)


def test_threads_read_more_files_than_may_be_open(shards, monkeypatch):
    monkeypatch.setattr(Shards, "MAX_OPEN", 1)
    wrong = []

    def read(seed: int) -> None:
        for number in np.random.default_rng(seed).integers(0, 10, 200).tolist():
            if bytes(shards.record(shards.locate(number))) != ALL[number]:
                wrong.append(number)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_pickled_shards_open_the_files_anew(shards):
    again = pickle.loads(pickle.dumps(shards))
    assert bytes(again.record(Place(4, 2))) == b"4-2"
    again.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows does not fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning", "ignore:.*fork:RuntimeWarning")
def test_forked_process_is_not_held_by_a_lock_of_its_parent(shards):
    assert bytes(shards.record(Place(4, 0))) == b"4-0"
    with shards._lock:  # as if another thread were reading at the moment of the fork
        child = os.fork()
        if child == 0:
            sound = bytes(shards.record(Place(4, 3))) == b"4-3"
            os._exit(0 if sound else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert bytes(shards.record(Place(4, 1))) == b"4-1"


def test_missing_file_is_told_at_once(tmp_path):
    with pytest.raises(FileNotFoundError):
        Shards([tmp_path / "absent"])
