"""What a process answers: rows, the exception that there was, or what can be told of it; nothing that is printed."""

import io
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.loading import processes, slots, worker
from filmroll.loading.worker import Setup, Task
from filmroll.messages import example
from odd_maker import OddMaker

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file descriptors are a thing of POSIX")
LAYOUT = slots.Layout(workers=1, slots=2, shape=(4, 2, 2, 3))


@pytest.fixture
def roll(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(example.serialize({"image/encoded": pictures.jpeg()}))
    with filmroll.open(tmp_path / "r.tfrecord") as roll:
        yield roll


def answers(roll, *tasks, end=None) -> tuple[list, slots.Shared, str]:
    """What a process answers to some tasks, and what it says on standard error; all tasks are there at once."""
    memory = slots.Memory(LAYOUT)
    setup = Setup(0, LAYOUT, memory.key, pickle.dumps(OddMaker(roll)))
    memory.shared.wanted[:] = [1, 0]
    done = subprocess.run(
        [sys.executable, "-c", processes.PROGRAM.format(path=sys.path)],
        input=b"".join(pickle.dumps(thing) for thing in (setup, *tasks)) + (b"" if end is None else end),
        capture_output=True,
        pass_fds=memory.inherited,
        check=True,
    )
    memory.close()
    found, answered = [], io.BytesIO(done.stdout)
    while answered.tell() < len(done.stdout):
        found.append(pickle.load(answered))
    return found, memory.shared, done.stderr.decode()


@pytest.mark.parametrize(
    "end",
    [None, pickle.dumps(None), pickle.dumps(Task(np.arange(9), 1, 0, 0))[:-20]],
    ids=["its input ends", "it is told to end", "its input ends in a task"],
)
def test_tasks_are_answered_in_their_order_until_the_end(roll, end):
    tasks = [Task(np.arange(2), epoch, slot, start) for epoch, slot, start in ((5, 0, 0), (7, 0, 2), (9, 1, 0))]
    found, shared, err = answers(roll, *tasks, end=end)
    assert [rows.labels for rows in found] == [[5, 5], [7, 7], []]  # nobody wants what goes to the second slot
    assert shared.images(0, 4)[:, 0, 0, 0].tolist() == [5, 5, 7, 7]
    assert shared.begun.tolist() == [6]
    assert err.count("to standard output") == 3


def test_exception_that_cannot_be_pickled_is_told_and_the_process_goes_on(roll):
    found, _, _ = answers(roll, *[Task(np.arange(2), epoch, 0, 0) for epoch in (1, 2)])
    assert type(found[0]) is filmroll.Error
    assert str(found[0]) == "Odd: 1 and 2"
    assert found[1].labels == [2, 2]


def test_exception_is_told_with_the_place_where_it_was_raised():
    with pytest.raises(KeyError) as caught:
        {}["x"]
    told = worker._portable(caught.value)
    assert type(told) is KeyError
    assert "test_worker.py" in told.__notes__[0]


def test_process_without_a_setup_ends(roll):
    code = processes.PROGRAM.format(path=sys.path)
    done = subprocess.run([sys.executable, "-c", code], input=b"", capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
