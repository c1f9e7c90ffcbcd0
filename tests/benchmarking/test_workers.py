"""Engines are measured in processes of their own, in environments that are made once."""

import io
import subprocess
import sys
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np
import pytest

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # benchmarks are a package of the checkout, not of the wheel

from benchmarks import environments, sessions
from benchmarks.environments import AbsentError
from benchmarks.task import Engine
from benchmarks.tasks import TASKS

import filmroll


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
