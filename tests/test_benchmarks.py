"""The benchmarks' harness measures fairly, names who is absent, and makes its page from what is kept."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # benchmarks are a package of the checkout, not of the wheel

from benchmarks import __main__ as program
from benchmarks import arguments, document, environments, machine, page, result, sessions, table, turns, workshop
from benchmarks.environments import AbsentError
from benchmarks.result import Result
from benchmarks.task import Engine, Task
from benchmarks.tasks import QUESTIONS, TASKS

import filmroll
from filmroll.messages import example

SAME = {"count": 4, "digest": 99}


class FakeSession:
    """Answers as it is told; notes its turns in a list that all share."""

    def __init__(self, engine, job, turns_taken):
        self.versions = {"fake": "1.2"}
        self._engine, self._job, self._turns = engine, job, turns_taken
        self._seconds = iter(engine.options["seconds"])

    def check(self):
        return self._engine.options["content"]

    def run(self):
        self._turns.append(self._engine.name)
        seconds = next(self._seconds)
        if seconds is None:
            raise AbsentError("failed: it fell over")
        return {"value": seconds, "peak_nbytes": 5_000_000}

    def close(self):
        self._turns.append(f"end of {self._engine.name}")


def fake_task(*engines, **changes):
    return replace(TASKS["scan-photos"], engines=engines, read_back=None, **changes)


def fake_engine(name, *seconds, content=SAME, **more):
    return Engine(name, "fake", "fake", options={"seconds": seconds, "content": content}, **more)


def take(task, *, runs=3, threads=(1,)):
    taken = []

    def start(_task, engine, job):
        if engine.module == "absent":
            raise AbsentError("cannot be installed: no such package")
        return FakeSession(engine, job, taken)

    outcome = turns.take(task, {"count": 4}, start=start, runs=runs, threads=threads, say=lambda line: None)
    return outcome, taken


def one(engine="filmroll", value=1.0, **more):
    return Result(**{"task": "scan-photos", "engine": engine, "value": value, "unit": "s", "runs": [value], **more})


# arguments


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


# turns


def test_engines_take_turns_and_are_ended():
    task = fake_task(fake_engine("filmroll", 3, 1, 2), fake_engine("rival", 6, 9, 4), fake_engine("third", 1, 1, 1))
    _, taken = take(task)
    assert taken[:9] == ["filmroll", "rival", "third"] * 3
    assert sorted(taken[9:]) == ["end of filmroll", "end of rival", "end of third"]


def test_value_is_the_median_and_ratio_is_over_filmroll():
    outcome, _ = take(fake_task(fake_engine("filmroll", 3, 1, 2), fake_engine("rival", 6, 9, 4)))
    ours, rival = outcome.results
    assert (ours.value, ours.runs, ours.ratio_to_filmroll) == (2, [3, 1, 2], 1)
    assert (rival.value, rival.ratio_to_filmroll, rival.rate, rival.version) == (6, 3, 4 / 6, "1.2")
    assert rival.peak_mb == 5
    assert outcome.faults == outcome.absent == []


def test_median_of_an_even_number_of_runs_is_between_the_two():
    assert result.median_of([1, 2, 10, 4]) == 3
    with pytest.raises(ValueError, match="no runs"):
        result.median_of([])


def test_ratio_is_to_filmroll_with_the_same_threads_or_else_the_most():
    results = [
        one(value=4.0, threads=1),
        one(value=2.0, threads=2),
        *(one("rival", 8.0, threads=threads) for threads in (1, 2, 4)),
        one("rival", 8.0, group="large"),
    ]
    result.set_ratios(results)
    assert [found.ratio_to_filmroll for found in results] == [1, 1, 2, 4, 4, None]


def test_engine_is_measured_with_the_threads_it_has():
    both = fake_engine("filmroll", 1, 1, 1, threads=(1, 2))
    outcome, taken = take(fake_task(both, fake_engine("rival", 2, 2, 2)), threads=(1, 2))
    assert [(found.engine, found.threads) for found in outcome.results] == [
        ("filmroll", 1),
        ("filmroll", 2),
        ("rival", 1),
    ]
    assert taken[:3] == ["filmroll", "filmroll", "rival"]


def test_groups_are_measured_one_after_another():
    engines = [fake_engine("filmroll", 1, 1, 1, group="small"), fake_engine("filmroll", 5, 5, 5, group="large")]
    outcome, taken = take(fake_task(*engines))
    assert taken.index("end of filmroll") == 3
    assert [found.ratio_to_filmroll for found in outcome.results] == [1, 1]


def test_absent_rival_is_named_with_its_reason():
    absent = replace(fake_engine("rival"), module="absent")
    outcome, _ = take(fake_task(fake_engine("filmroll", 1, 1, 1), absent))
    assert outcome.absent == [
        {"task": "scan-photos", "engine": "rival", "reason": "cannot be installed: no such package"}
    ]
    assert "absent: rival in scan-photos: cannot be installed" in table.render(outcome)


def test_rival_that_fails_in_a_turn_is_named_and_not_counted():
    outcome, _ = take(fake_task(fake_engine("filmroll", 1, 1, 1), fake_engine("rival", 1, None)))
    assert [found.engine for found in outcome.results] == ["filmroll"]
    assert outcome.absent[0]["reason"] == "failed: it fell over"


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"count": 3, "digest": 99}, "count is 3, the reference has 4"),
        ({"count": 4, "digest": 98}, "digest is 98, the reference has 99"),
    ],
    ids=["count", "digest"],
)
def test_other_content_is_a_fault(content, fault):
    rival = fake_engine("rival", 1, 1, 1, content=content)
    outcome, _ = take(fake_task(fake_engine("filmroll", 1, 1, 1), rival))
    assert outcome.faults == [f"scan-photos, rival, 1 thread: {fault}"]
    assert f"NOT EQUAL: scan-photos, rival, 1 thread: {fault}" in table.render(outcome)


def test_content_that_states_less_is_compared_as_far_as_it_goes():
    rival = fake_engine("rival", 1, 1, 1, content={"count": 4, "nbytes": 7})
    outcome, _ = take(fake_task(fake_engine("filmroll", 1, 1, 1), rival))
    assert [found.compared for found in outcome.results] == [["count", "digest"], ["count"]]
    assert [table.content(found) for found in outcome.results] == ["equal", "counts"]


@pytest.mark.parametrize(("shift", "is_fault"), [(2, False), (9, True)])
def test_pixels_are_compared_with_a_tolerance(shift, is_fault, tmp_path):
    np.save(tmp_path / "scan-photos-filmroll-1.npy", np.full((2, 3), 100, np.uint8))
    np.save(tmp_path / "scan-photos-rival-1.npy", np.full((2, 3), 100 + shift, np.uint8))
    engines = [fake_engine("filmroll", 1, 1, 1), fake_engine("rival", 1, 1, 1)]
    job = {"folder": str(tmp_path)}
    outcome = turns.take(
        fake_task(*engines, compare="pixels", tolerance=3.0),
        job,
        start=lambda _task, engine, own: FakeSession(engine, own, []),
        runs=3,
        threads=[1],
        say=lambda line: None,
    )
    assert [found.difference for found in outcome.results] == [0, shift]
    assert bool(outcome.faults) == is_fault


def test_pixels_of_other_shapes_are_infinitely_far_apart(tmp_path):
    from benchmarks.pixels import mean_difference

    np.save(tmp_path / "a.npy", np.zeros((2, 2), np.uint8))
    np.save(tmp_path / "b.npy", np.zeros((2, 3), np.uint8))
    assert mean_difference(tmp_path / "a.npy", tmp_path / "b.npy") == float("inf")


# workers


@pytest.fixture
def records(tmp_path):
    path = tmp_path / "three.tfrecord"
    with filmroll.Writer(path) as writer:
        for text in (b"one", b"three", b"five!"):
            writer.write(text)
    return path


def work(module, **job):
    engine = Engine("any", module, "any")
    job = {"threads": 1, "compare": "exact", **job}
    return sessions.WorkerSession(TASKS["scan-photos"], engine, python=Path(sys.executable), job=job)


def test_worker_digests_all_content_and_times_each_turn(records):
    session = work("filmroll", work="scan-photos", consume="payloads", paths=[str(records)])
    try:
        content = session.check()
        answers = [session.run() for _ in range(2)]
    finally:
        session.close()
    assert (content["count"], content["nbytes"]) == (3, 13)
    assert session.versions == {"filmroll": filmroll.__version__}
    assert all(0 < answer["value"] < 5 for answer in answers)
    assert all(answer["peak_nbytes"] is None or answer["peak_nbytes"] > 1_000_000 for answer in answers)


def test_damaged_records_are_a_failure_with_its_last_line(records):
    damaged = bytearray(records.read_bytes())
    damaged[13] ^= 1
    records.write_bytes(damaged)
    session = work("filmroll", work="scan-photos", consume="payloads", paths=[str(records)])
    with pytest.raises(AbsentError, match="failed: .*ChecksumError"):
        session.check()
    session.close()


def test_engine_that_cannot_be_imported_is_absent():
    with pytest.raises(AbsentError, match="No module named benchmarks.engines.of_nobody"):
        work("of_nobody", work="scan-photos", consume="payloads")


def test_worker_that_hangs_is_ended(monkeypatch, records):
    monkeypatch.setattr(sessions, "TURN_TIMEOUT_S", 0.01)
    with pytest.raises(AbsentError, match="exit code -9|exit code 1"):
        work("filmroll", work="scan-photos", consume="payloads", paths=[str(records)])


def test_whole_processes_are_timed_in_milliseconds():
    options = {"statement": "import json", "distribution": "numpy"}
    session = sessions.CommandSession(Engine("json", "", "numpy", options=options), python=Path(sys.executable))
    assert session.check() == {}
    assert 1 < session.run()["value"] < 5000
    assert session.versions == {"numpy": np.__version__}


@pytest.mark.parametrize(
    ("statement", "distribution", "reason"),
    [("raise SystemExit(3)", "numpy", "failed"), ("pass", "of-nobody", "of-nobody is not installed")],
)
def test_command_that_fails_is_absent(statement, distribution, reason):
    options = {"statement": statement, "distribution": distribution}
    with pytest.raises(AbsentError, match=reason):
        sessions.CommandSession(Engine("any", "", "numpy", options=options), python=Path(sys.executable)).run()


# environments


def test_environment_that_cannot_be_made_is_absent_and_tried_once(monkeypatch, tmp_path):
    tries = []

    def refuse(command, **options):
        tries.append(command)
        raise subprocess.CalledProcessError(1, command, stderr="ERROR: no match for x at https://a.b/c in /home/me/x\n")

    monkeypatch.setattr(environments.subprocess, "run", refuse)
    for _ in range(2):
        with redirect_stderr(io.StringIO()), pytest.raises(AbsentError) as raised:
            environments.python_of("opencv", root=tmp_path)
    assert str(raised.value) == "cannot be installed: no match for x at URL in PATH"
    assert len(tries) == 1


def test_environment_is_used_again_until_its_requirements_change(monkeypatch, tmp_path):
    folder = tmp_path / "opencv"
    folder.mkdir()
    (folder / environments.STAMP).write_text(environments.fingerprint("opencv"), "utf-8")
    monkeypatch.setattr(environments, "_install", None)
    assert environments.python_of("opencv", root=tmp_path).is_relative_to(folder)


def test_environment_of_filmroll_depends_on_its_sources():
    assert environments.fingerprint("filmroll") != environments.fingerprint("opencv")
    for name, line in (("filmroll", "\n.\n"), ("simd", "\n.[simd]\n")):
        assert line in (CHECKOUT / "benchmarks" / f"requirements-{name}.txt").read_text("utf-8")
        assert environments.is_made_of_the_checkout(name)
    assert not environments.is_made_of_the_checkout("opencv")


# documents, page


def kept(*results, day=date(2026, 1, 2), absent=()):
    outcome = turns.Outcome(list(results), list(absent), [])
    result.set_ratios(outcome.results)
    return document.make(outcome, day=day)


def test_document_has_the_keys_that_scripts_rely_on(tmp_path):
    made = kept(one(), one("rival", 3.0))
    path = document.save(made, folder=tmp_path)
    assert path.name.startswith("2026-01-02-")
    (read,) = document.read(folder=tmp_path)
    assert read == json.loads(json.dumps(made))
    keys = {"task", "engine", "value", "unit", "ratio_to_filmroll", "runs", "threads", "version"}
    assert all(keys <= set(found) for found in read["results"])
    assert read["results"][1]["ratio_to_filmroll"] == 3
    assert {"processor", "cores", "memory_gb", "system", "python"} <= set(read["machine"])
    assert document.results(read)[0].engine == "filmroll"


def test_later_session_of_a_day_replaces_no_earlier_one_and_counts_as_later(tmp_path):
    first = document.save(kept(one(), one("rival", 3.0)), folder=tmp_path)
    second = document.save(kept(one(), one("rival", 5.0)), folder=tmp_path)
    assert (first.name[:11], second.name[:12]) == ("2026-01-02-", "2026-01-02b-")
    assert [found["results"][1]["value"] for found in document.read(folder=tmp_path)] == [3.0, 5.0]


def test_machine_names_no_host_and_no_path():
    import getpass
    import platform

    stated = json.dumps(machine.describe())
    assert platform.node() not in stated
    assert str(Path.home()) not in stated
    assert f'"{getpass.getuser()}' not in stated


def test_page_takes_the_newest_results_of_each_task():
    old = kept(one(value=8.0), one(task="decode-photo", unit="ms"), day=date(2026, 1, 1))
    new = kept(one(value=2.0), one("tensorflow", 6.0), absent=[{"task": "scan-photos", "engine": "x", "reason": "y"}])
    text = page.render([old, new])
    assert text == page.render([old, new])
    assert "| **filmroll** | 1 | 2 s | 2 to 2 | 1 |" in text
    assert "| [Scan records of photos](#scan-photos) | 2 s | tensorflow 6 s | 3 | 3 |" in text
    assert "- absent: x: y" in text
    assert "8 s" not in text
    assert text.count("\n## ") == 3  # the summary, and two tasks


def test_page_without_results_says_so():
    assert page.NO_RESULTS in page.render([])


def test_page_is_made_from_the_results_that_are_kept():
    assert page.PATH.read_text("utf-8") == page.render(document.read())


def test_numbers_have_three_digits_or_what_is_before_the_point():
    assert [table.number(value) for value in (None, 0.00123456, 1.5, 12.345, 123.4, 54321.0)] == [
        "",
        "0.00123",
        "1.5",
        "12.3",
        "123",
        "54,321",
    ]


def test_program_prints_one_json_document(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("FILMROLL_TEST_DATA", str(tmp_path))
    task = fake_task(fake_engine("filmroll", 1, 1, 1), prepare=lambda place: {"count": 4})
    monkeypatch.setitem(program.TASKS, "scan-photos", task)
    monkeypatch.setattr(sessions, "start", lambda task, engine, root, job: FakeSession(engine, job, []))
    assert program.main(["--quick", "--json", "--environments", str(tmp_path), "scan-photos"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["results"][0]["value"] == 1
    assert program.main(["--quick", "--environments", str(tmp_path), "scan-photos"]) == 0
    assert "Scan records of photos" in capsys.readouterr().out


def test_wrong_content_ends_with_exit_code_1(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("FILMROLL_TEST_DATA", str(tmp_path))
    rival = fake_engine("rival", 1, 1, 1, content={"count": 1})
    task = fake_task(fake_engine("filmroll", 1, 1, 1), rival, prepare=lambda place: {})
    monkeypatch.setitem(program.TASKS, "scan-photos", task)
    monkeypatch.setattr(sessions, "start", lambda task, engine, root, job: FakeSession(engine, job, []))
    assert program.main(["--quick", "scan-photos"]) == 1
    assert "NOT EQUAL" in capsys.readouterr().out


def test_harness_imports_no_framework():
    code = "import sys, benchmarks.__main__; print(sorted({'tensorflow', 'torch', 'nvidia'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=CHECKOUT)
    assert done.stdout.strip() == "[]"


def test_task_is_a_plain_value():
    assert isinstance(TASKS["scan-photos"], Task)
    with pytest.raises(AttributeError):
        TASKS["scan-photos"].name = "other"
