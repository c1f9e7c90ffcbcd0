"""Processes: one that is killed costs its task once more, none outlives the process that has the tasks."""

import os
import signal
import subprocess
import sys

import pytest

import engine_work as work
from filmroll.packing.engines import choice
from filmroll.packing.engines.counter import Counter
from filmroll.packing.engines.run import run
from living import is_alive, wait_until


def test_task_of_a_process_that_was_killed_is_done_again_and_counted_once(tmp_path):
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    for other in folders[1:]:
        (other / "died").mkdir()  # only the first one's process dies
    seen = []
    counter = Counter(21, lambda done, total: seen.append(done))
    with choice.opened("processes", workers=2) as engine:
        assert run(work.die_once, folders, engine=engine, counter=counter, size=lambda _: 7) == ["a", "b", "c"]
    assert (tmp_path / "a" / "died").is_dir()
    assert seen == sorted(set(seen))
    assert seen[-1] == 21


def test_task_that_ends_every_process_is_an_error_that_names_it():
    with choice.opened("processes", workers=1) as engine, pytest.raises(ChildProcessError, match="ended 4 times at 17"):
        run(work.die, [17], engine=engine, counter=Counter(1))


def test_no_process_and_no_file_outlives_the_one_that_has_the_tasks(tmp_path):
    told = tmp_path / "pid"
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "import engine_work\n"
        "from filmroll.packing.engines import choice\n"
        "from filmroll.packing.engines.counter import Counter\n"
        "from filmroll.packing.engines.run import run\n"
        "if __name__ == '__main__':\n"
        "    with choice.opened('processes', workers=1) as engine:\n"
        "        run(engine_work.wait_for_ever, [Path(sys.argv[1])], engine=engine, counter=Counter(1))\n"
    )
    (tmp_path / "main.py").write_text(code)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, tmp_path / "main.py", told], env=environment) as main:
        wait_until(lambda: told.exists() and told.read_text())
        main.kill()
    worker = int(told.read_text())
    wait_until(lambda: not is_alive(worker))


def test_ctrl_c_that_a_process_gets_too_is_left_to_the_one_that_has_the_tasks(tmp_path):
    seen = []

    def progress(done, total):
        if not seen:  # as a terminal does, which interrupts all of them
            os.kill(int((tmp_path / "pid").read_text()), signal.SIGINT)
        seen.append(done)

    with choice.opened("processes", workers=1) as engine:
        run(work.tell_and_count, [tmp_path / "pid"], engine=engine, counter=Counter(5, progress), size=lambda _: 5)
    assert seen[-1] == 5
