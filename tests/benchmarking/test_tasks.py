"""Which tasks and engines there are, and how they are chosen."""

import io
import sys
from contextlib import redirect_stderr

import pytest

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # benchmarks are a package of the checkout, not of the wheel

from benchmarks import __main__ as program
from benchmarks import arguments, workshop
from benchmarks.task import Task
from benchmarks.tasks import QUESTIONS, TASKS

import filmroll
from filmroll.messages import example


def test_no_arguments_mean_all_tasks_and_seven_runs():
    options = arguments.parse([])
    assert options.tasks == list(TASKS)
    assert (options.runs, options.threads, options.quick, options.json) == (7, [1, 2], False, False)


def test_arguments_choose_tasks_runs_and_threads():
    options = arguments.parse(["--quick", "--runs", "9", "--threads", "1,4", "decode-photo"])
    assert (options.tasks, options.runs, options.threads) == (["decode-photo"], 9, [1, 4])


@pytest.mark.parametrize(
    "wrong",
    [["no-such-task"], ["--runs", "0"], ["--threads", "two"], ["--save", "--quick"], ["--save", "--runs", "4"]],
    ids=" ".join,
)
def test_wrong_arguments_end_with_exit_code_2(wrong):
    with redirect_stderr(io.StringIO()), pytest.raises(SystemExit) as raised:
        arguments.parse(wrong)
    assert raised.value.code == 2


def test_chosen_engines_are_joined_by_filmroll():
    task = program.only(TASKS["decode-photo"], "opencv")
    assert [engine.name for engine in task.engines] == ["filmroll", "opencv"]
    assert program.only(task, None) is task


# tasks


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_task_has_filmroll_unique_names_and_what_its_engines_need(task):
    names = [(engine.group, engine.name) for engine in task.engines]
    assert len(set(names)) == len(names)
    assert any(engine.name == "filmroll" and not engine.is_limit for engine in task.engines)
    assert any(engine.name == task.reference for engine in task.engines) or task.compare == "never"
    for engine in task.engines:
        assert (CHECKOUT / "benchmarks" / f"requirements-{engine.environment}.txt").is_file()
        if task.session == "worker":
            source = (CHECKOUT / "benchmarks" / "engines" / f"{engine.module}.py").read_text("utf-8")
            assert f'"{engine.options.get("work", task.name)}":' in source
    assert QUESTIONS[task.name].strip()


def test_small_records_are_made_once_and_hold_mnist(data, tmp_path):
    from benchmarks import mnist

    place = workshop.Workshop(data, tmp_path, quick=True)
    (path,) = mnist.records(place, shards=1)
    made = path.stat().st_mtime_ns
    assert mnist.records(place, shards=1) == [path]
    assert path.stat().st_mtime_ns == made
    with filmroll.Reader(path) as reader:
        first = example.parse(reader[0])
        assert len(reader) == 3000
    assert first["label"].tolist() == [7]  # as the files of MNIST begin
    assert len(first["image_raw"][0]) == 28 * 28


def test_absent_real_files_are_said(monkeypatch, tmp_path):
    monkeypatch.setenv("FILMROLL_TEST_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FileNotFoundError, match="FILMROLL_TEST_DATA"):
        workshop.find_real()


def test_task_is_a_plain_value():
    assert isinstance(TASKS["scan-photos"], Task)
    with pytest.raises(AttributeError):
        TASKS["scan-photos"].name = "other"
