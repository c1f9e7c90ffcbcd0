"""Batches of processes are those of threads; their memory is used again when nobody looks; nothing is left of them."""

import gc
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import ChecksumError, DecodeError, LostProcessError, UnsupportedError
from filmroll.loading import processes, slots
from filmroll.messages import example
from living import is_alive, wait_until

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes as Linux shows them")
RANDOM = {"size": 32, "crop": "random", "flip": True, "shuffle": True, "seed": 3}
PROGRAM = b"filmroll.loading"
COUNT = 30
OTHERS: set[int] = set()  # processes of loaders that other tests have not let go of


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    root = tmp_path_factory.mktemp("processes")
    for number in range(COUNT):
        image = pictures.image(number, height=60 + 5 * number, width=200 - 4 * number)
        folder = root / "flowers" / pictures.CLASSES[number % 3]
        folder.mkdir(parents=True, exist_ok=True)
        filmroll.imwrite(folder / f"{number:02d}.{'png' if number % 5 == 0 else 'jpg'}", image)
    return filmroll.pack(root / "flowers", root / "roll", shards=3, seed=None).shards


@pytest.fixture(autouse=True)
def count_only_those_of_the_test():
    gc.collect()
    OTHERS.clear()
    OTHERS.update(workers())


@pytest.fixture
def roll(shards):
    with filmroll.open(shards) as roll:
        yield roll
    gc.collect()
    assert workers() == {}


def workers(parent: int | None = None) -> dict[int, str]:
    """The processes of the loaders of a test, by number, and their state; of this process, or of another one."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, above = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(above) == (parent or os.getpid()) and PROGRAM in (folder / "cmdline").read_bytes():
                found[int(folder.name)] = state
        except OSError:  # it has ended
            continue
    return {number: state for number, state in found.items() if number not in OTHERS}


def contents(batches) -> list:
    return [
        (batch["record"].tolist(), batch["label"].tolist(), [image.tobytes() for image in batch["image"]])
        for batch in batches
    ]


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


def test_loader_that_is_gone_leaves_its_batches(roll):
    loader = roll.batches(4, **RANDOM, processes=1)
    batch = next(iter(loader))
    del loader
    gc.collect()
    assert workers() == {}
    assert contents([batch]) == contents(roll.batches(4, **RANDOM))[:1]


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


def test_killed_process_is_one_error_and_the_loader_goes_on_at_its_batch(shards):
    with filmroll.open([*shards] * 4) as roll:  # more batches than are begun at a time
        loader, wanted = roll.batches(4, **RANDOM, processes=2), contents(roll.batches(4, **RANDOM))
        found = []
        with pytest.raises(
            LostProcessError, match="was ended by signal 9 at records .*: killed, out of memory"
        ) as caught:
            for batch in loader:
                found += contents([batch])
                for process in workers():
                    os.kill(process, signal.SIGKILL)
        assert isinstance(caught.value, ChildProcessError)
        assert workers() == {}
        assert 1 <= len(found) < len(wanted)
        assert found + contents(loader) == wanted


def test_process_that_was_killed_between_two_epochs_is_replaced(roll):
    loader, threads = roll.batches(4, **RANDOM, processes=2), roll.batches(4, **RANDOM)
    assert contents(loader) == contents(threads)
    killed = min(workers())
    os.kill(killed, signal.SIGKILL)
    os.waitid(os.P_PID, killed, os.WEXITED | os.WNOWAIT)
    assert contents(loader) == contents(threads)
    assert killed not in workers()
    assert len(workers()) == 2


def test_process_that_does_not_end_is_killed(roll, monkeypatch):
    monkeypatch.setattr(processes, "PATIENCE_S", 0.1)
    loader = roll.batches(4, **RANDOM, processes=1)
    next(iter(loader))
    for process in workers():
        os.kill(process, signal.SIGSTOP)
    del loader
    gc.collect()
    assert workers() == {}


def test_loop_that_an_exception_leaves_ends_the_processes_with_the_loader(roll):
    def train():
        for _ in roll.batches(4, **RANDOM, processes=2):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        train()
    gc.collect()
    assert workers() == {}


def damaged(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for number in range(6):
            data = pictures.jpeg(number)
            features = {"image/encoded": data[:-300] if number == 4 else data, "image/class/label": number}
            writer.write(example.serialize(features))
    return tmp_path / "r.tfrecord"


def test_broken_picture_is_an_error_that_says_which_after_the_batches_before_it(tmp_path):
    path = damaged(tmp_path)
    loader = filmroll.open(path).batches(2, size=8, processes=1)
    found = []
    with pytest.raises(DecodeError) as caught:
        for batch in loader:
            found += batch["record"].tolist()
    assert found == [0, 1, 2, 3]
    assert (caught.value.path, caught.value.record) == (str(path), 4)
    with pytest.raises(DecodeError):
        next(iter(loader))


@pytest.mark.parametrize("options", [{"size": 8}, {}], ids=["of one size", "as they are"])
def test_broken_pictures_are_skipped_counted_and_warned_of_once_as_by_threads(tmp_path, options):
    path = damaged(tmp_path)
    found = {}
    for name, engine in (("threads", {}), ("processes", {"processes": 2})):
        loader = filmroll.open(path).batches(2, **options, on_error="skip", **engine)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            batches = [one for _ in range(2) for one in contents(loader)]
        told = [str(one.message) for one in caught]
        found[name] = batches, {number: str(error) for number, error in loader.skipped.items()}, told
    assert found["processes"] == found["threads"]
    assert [numbers for numbers, _, _ in found["processes"][0][:3]] == [[0, 1], [2, 3], [5]]
    assert len(found["processes"][2]) == 1


def test_damaged_record_is_an_error_and_what_is_left_of_the_file_is_salvaged(tmp_path):
    path = damaged(tmp_path)
    data = bytearray(path.read_bytes())
    data[5] ^= 1  # of the first length
    path.write_bytes(data)
    with filmroll.open(path, dialect="slim", on_error="salvage") as roll, warnings.catch_warnings():
        warnings.simplefilter("ignore", filmroll.DamageWarning)
        of_threads = contents(roll.batches(2, size=8, threads=1))
        assert contents(roll.batches(2, size=8, processes=1)) == of_threads
        assert [numbers for numbers, _, _ in of_threads] == [[0, 1], [2, 3], [5]]
    data[5] ^= 1
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChecksumError) as caught:
        list(filmroll.open(path, dialect="slim").batches(4, size=8, processes=1))
    assert (caught.value.path, caught.value.record) == (str(path), 0)


def test_what_a_process_raises_is_raised_with_where_it_came_from(roll, shards, tmp_path):
    copy = tmp_path / "copy.tfrecord"
    copy.write_bytes(shards[0].read_bytes())
    with filmroll.open(copy) as roll:
        loader = roll.batches(4, size=8, processes=1)
        copy.unlink()
        for _ in range(2):  # it stays so
            with pytest.raises(FileNotFoundError, match="copy.tfrecord") as caught:
                list(loader)
            assert any("worker.py" in note for note in caught.value.__notes__)


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


def test_threads_and_processes_at_once_and_no_processes_are_refused(roll):
    with pytest.raises(UnsupportedError, match="threads=2 and processes=4: pictures are decoded by one of them"):
        roll.batches(4, threads=2, processes=4)
    with pytest.raises(ValueError, match="0 processes: give a number above 0, or None for threads"):
        roll.batches(4, processes=0)


def test_python_without_a_program_of_its_own_is_told_to_use_threads(roll, monkeypatch):
    loader = roll.batches(4, processes=1)
    monkeypatch.setattr(sys, "executable", None)
    with pytest.raises(UnsupportedError, match="use threads"):
        next(iter(loader))


def test_program_that_ends_at_once_is_an_error(roll, monkeypatch):
    monkeypatch.setattr(processes, "PROGRAM", "raise SystemExit(3) # {path}")
    with pytest.raises(LostProcessError, match="ended with exit code 3"):
        list(roll.batches(4, processes=2))


@pytest.mark.filterwarnings(
    "ignore:.*fork.*:DeprecationWarning", "ignore:.*fork.*:RuntimeWarning", "ignore:subprocess:ResourceWarning"
)
def test_forked_process_keeps_its_batch_and_has_processes_of_its_own(roll):
    """As a worker of torch's DataLoader, which is a daemon and may start none by multiprocessing."""
    loader, wanted = roll.batches(4, **RANDOM, processes=1), contents(roll.batches(4, **RANDOM))
    held = [next(iter(loader))]
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def child():
        there.recv()  # until the batch is gone for the parent, and its memory might be used again
        there.send(contents(held))
        there.send(contents(loader))
        there.send(len(workers()))

    process = context.Process(target=child, daemon=True)
    process.start()
    held.clear()
    for _ in range(3):
        list(loader)
    here.send(None)
    assert here.recv() == wanted[0:1]
    assert here.recv() == wanted[1:]
    assert here.recv() == 1
    process.join(30)
    assert process.exitcode == 0
    assert len(workers()) == 1  # the parent's are still there
    assert len(contents(loader)) == len(wanted)


SCRIPT = """
import os, sys, time, filmroll

loader = filmroll.open(sys.argv[1:]).batches(4, size=16, processes=2)
for batch in loader:
    print(batch["record"][0], flush=True)
    {then}
"""


def script(tmp_path: Path, shards, then: str) -> subprocess.Popen:
    """A program without `if __name__ == "__main__"` that loads batches; it has printed the first line."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "main.py").write_text(SCRIPT.format(then=then))
    process = subprocess.Popen(
        [sys.executable, tmp_path / "main.py", *shards],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path / "temporary")},
        text=True,
    )
    assert process.stdout.readline() == "0\n"
    return process


@pytest.mark.parametrize(
    ("then", "code", "told"),
    [
        ("pass", 0, ""),
        ("sys.exit(5)", 5, ""),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("running = iter(loader); break", 0, ""),
    ],
)
def test_nothing_is_left_and_nothing_said_when_a_program_ends(tmp_path, shards, then, code, told):
    with script(tmp_path, shards, f"sys.stdin.readline(); {then}") as main:
        running = workers(main.pid)
        _, err = main.communicate("\n" * 99, timeout=60)
    assert main.returncode == code
    assert len(running) == 2
    assert not any(is_alive(number) for number in running)
    assert list((tmp_path / "temporary").iterdir()) == []
    assert (told in err) if told else (err == "")


def test_ctrl_c_ends_a_program_with_one_traceback(tmp_path, shards):
    with script(tmp_path, shards, "time.sleep(60)") as main:
        running = workers(main.pid)
        assert len(running) == 2
        assert {os.getpgid(number) for number in running}.isdisjoint(
            {os.getpgid(main.pid)}
        )  # a terminal's is not theirs
        main.send_signal(signal.SIGINT)
        _, err = main.communicate(timeout=60)
    assert err.count("Traceback") == 1
    assert err.splitlines()[-1] == "KeyboardInterrupt"
    assert not any(is_alive(number) for number in running)


def test_ctrl_c_while_a_batch_is_waited_for_ends_the_processes_and_the_loader_goes_on(roll, monkeypatch):
    loader = roll.batches(4, **RANDOM, processes=2)

    def interrupted(worker):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(processes.Worker, "receive", interrupted)
        with pytest.raises(KeyboardInterrupt):
            next(iter(loader))
    assert workers() == {}
    assert contents(loader) == contents(roll.batches(4, **RANDOM))


def test_no_process_outlives_a_program_that_is_killed(tmp_path, shards):
    with script(tmp_path, shards, "time.sleep(60)") as main:
        running = workers(main.pid)
        main.kill()
    wait_until(lambda: not any(is_alive(number) for number in running))
    assert len(running) == 2


def test_slots_are_all_free_after_the_loader_was_used_in_every_way(roll):
    loader = roll.batches(4, **RANDOM, processes=2)
    for _batch in loader:
        break
    list(loader)
    del _batch
    [pool] = [one for one in gc.get_objects() if type(one) is processes.Pool]
    [room] = [one for one in gc.get_objects() if type(one) is slots.Slots]
    assert sorted(room._free) == list(range(pool.ahead + 1 + processes.LENT))
