"""Batches of processes are those of threads; their memory is used again when nobody looks."""

import pickle
import sys

import numpy as np
import pytest

import filmroll
from filmroll.loading import processes
from filmroll.messages import example
from loading.flowers import COUNT, contents
from loading.processes.running import workers

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes as Linux shows them")
RANDOM = {"size": 32, "crop": "random", "flip": True, "shuffle": True, "seed": 3}


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_batches_are_those_of_threads_in_every_epoch_and_the_processes_stay(roll, count):
    loader, threads = roll.batches(7, **RANDOM, processes=count), roll.batches(7, **RANDOM)
    assert workers() == {}
    assert contents(loader) == contents(threads)
    running = set(workers())
    assert len(running) == count
    assert contents(loader) == contents(threads)
    assert set(workers()) == running
    assert loader.state_dict() == threads.state_dict() == {"epoch": 2, "position": 0}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pad": True, "channels": 1},
        {"size": (24, 16), "crop": "center", "pad": True},
        {"size": 16, "resampler": "pillow", "drop_last": True, "rank": 1, "world_size": 2, "worker": 1, "workers": 2},
    ],
    ids=str,
)
def test_whatever_is_asked_for_is_what_threads_give(roll, options):
    of_processes = list(roll.batches(4, **options, processes=2))
    of_threads = list(roll.batches(4, **options))
    assert contents(of_processes) == contents(of_threads)
    for one, two in zip(of_processes, of_threads, strict=True):
        assert one.keys() == two.keys()
        assert type(one["image"]) is type(two["image"])
        assert np.array_equal(one.get("size"), two.get("size"))


def test_large_batch_is_shared_by_all_processes_and_a_small_one_begun_further_ahead(roll):
    assert contents(roll.batches(COUNT, **RANDOM, processes=2)) == contents(roll.batches(COUNT, **RANDOM))
    assert contents(roll.batches(1, **RANDOM, processes=2)) == contents(roll.batches(1, **RANDOM))


def test_room_is_made_for_as_many_pictures_as_there_are(roll):
    assert contents(roll.batches(10**9, **RANDOM, processes=1)) == contents(roll.batches(COUNT, **RANDOM))


def test_batches_that_are_kept_do_not_change(roll):
    loader = roll.batches(4, **RANDOM, processes=2)
    kept, then = [], []
    for _ in range(3):
        for batch in loader:
            kept.append(batch)
            then.append(batch["image"].copy())
    assert len({address(batch["image"]) for batch in kept}) == len(kept)
    for batch, images in zip(kept, then, strict=True):
        assert np.array_equal(batch["image"], images)
    threads = roll.batches(4, **RANDOM)
    assert contents(kept) == [one for _ in range(3) for one in contents(threads)]


def test_memory_of_batches_that_are_gone_is_used_again_and_of_views_is_not(roll):
    loader = roll.batches(4, **RANDOM, processes=1)
    places = set()
    for _ in range(4):
        for batch in loader:
            places.add(address(batch["image"]))
            batch["image"][...] = 0  # it is the user's
            del batch
    assert len(places) <= processes.AHEAD * processes.LEAST // 4 + 2
    view = next(iter(loader))["image"][1:3, ::2]
    before, place = view.copy(), address(view)
    for batch in loader:
        assert not address(batch["image"]) <= place < address(batch["image"]) + batch["image"].nbytes
    assert np.array_equal(view, before)


def test_loop_that_is_left_early_goes_on_there_with_the_same_processes(roll):
    loader, wanted = roll.batches(4, **RANDOM, processes=2), contents(roll.batches(4, **RANDOM))
    found = []
    for number, batch in enumerate(loader):
        found += contents([batch])
        if number == 2:
            break
    running = workers()
    assert loader.state_dict() == {"epoch": 0, "position": 12}
    assert found + contents(loader) == [*wanted[:3], *wanted[3:]]
    assert workers().keys() == running.keys()


def test_two_loops_over_one_loader_do_not_mix_their_batches(roll):
    loader, wanted = roll.batches(4, **RANDOM, processes=2), contents(roll.batches(4, **RANDOM))
    outer = iter(loader)
    found = contents([next(outer), next(outer)])
    loader.load_state_dict({"epoch": 0, "position": 0})
    assert contents(loader) == wanted
    assert found + contents(outer) == wanted


@pytest.mark.parametrize("others", [{"processes": 3}, {"threads": 2}], ids=str)
def test_another_number_of_processes_or_threads_goes_on_there(roll, others):
    loader = roll.batches(4, **RANDOM, processes=1)
    running = iter(loader)
    for _ in range(3):
        next(running)
    state = loader.state_dict()
    rest = contents(running)
    resumed = roll.batches(4, **RANDOM, **others)
    resumed.load_state_dict(state)
    assert contents(resumed) == rest


def test_loader_travels_without_its_processes(roll):
    loader = roll.batches(4, **RANDOM, processes=1)
    running = iter(loader)
    next(running)
    copy = pickle.loads(pickle.dumps(loader))
    assert contents(copy) == contents(roll.batches(4, **RANDOM))[1:]
    running.close()


def test_files_named_relative_to_the_folder_are_found(roll, shards, monkeypatch, tmp_path):
    monkeypatch.chdir(shards[0].parent)
    with filmroll.open("roll-*.tfrecord") as named:
        loader = named.batches(4, **RANDOM, processes=1)
        next(iter(loader))
        monkeypatch.chdir(tmp_path)  # they have been found
        assert contents(loader) == contents(roll.batches(4, **RANDOM))[1:]


def test_records_of_a_store_are_fetched_by_the_processes(roll, shards, bucket):
    bucket.take(shards[0].parent, "out/")
    wanted = contents(roll.batches(4, **RANDOM))
    with filmroll.open(f"{bucket.url}/out") as stored:
        bucket.proxy.clear()
        assert contents(stored.batches(4, **RANDOM, processes=2)) == wanted
        assert len(bucket.proxy.requests) >= COUNT


def test_raw_arrays_need_no_processes(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for number in range(9):
            array = np.full((4, 5, 3), number, np.uint8)
            features = {"image_bytes": array.tobytes(), "image_shape": [4, 5, 3], "image_dtype": "uint8"}
            writer.write(example.serialize(features))
    with filmroll.open(tmp_path / "r.tfrecord") as roll:
        for batch in roll.batches(4, processes=2):
            assert batch["image"].shape[1:] == (4, 5, 3)
            assert workers() == {}
