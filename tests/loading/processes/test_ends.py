"""However a loader, a process of it or a whole program ends: the loader goes on, and nothing is left."""

import gc
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import filmroll
from filmroll.errors import LostProcessError
from filmroll.loading import processes, slots
from living import is_alive, wait_until
from loading.flowers import contents
from loading.processes.running import workers

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes as Linux shows them")
RANDOM = {"size": 32, "crop": "random", "flip": True, "shuffle": True, "seed": 3}


def test_loader_that_is_gone_leaves_its_batches(roll):
    loader = roll.batches(4, **RANDOM, processes=1)
    batch = next(iter(loader))
    del loader
    gc.collect()
    assert workers() == {}
    assert contents([batch]) == contents(roll.batches(4, **RANDOM))[:1]


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
