"""The benchmarks' harness measures fairly and names who is absent."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # benchmarks are a package of the checkout, not of the wheel

from benchmarks import __main__ as program
from benchmarks import result, sessions, table, turns
from benchmarks.environments import AbsentError
from benchmarks.result import Result
from benchmarks.task import Engine
from benchmarks.tasks import TASKS

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
