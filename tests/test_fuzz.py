"""Every parser has a fuzzing target that holds for what it begins with; the harness finds what it is there to find."""

import json
import re
import subprocess
import sys
from importlib import import_module

import pytest

from filmroll.codecs.formats import FORMATS
from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # the targets are a package of the checkout, not of the wheel

from fuzz import page, seeds

SOURCES = sorted((CHECKOUT / "fuzz" / "targets").glob("[a-z]*.py"))
TARGETS = [path.stem for path in SOURCES]
PARSERS = {"tfrecord", "example", "sequence_example", "datum", "index", "idx", "cifar", "lmdb", "tar", "dialects"}
MOST = 40  # seeds tried here
PROGRAM = """
import pathlib, sys
from fuzz import harness
harness.HANG_S = 2
run = harness.Run({check}, folder=pathlib.Path(sys.argv[1]), cpu_s=100)
import signal
signal.signal(signal.SIGPROF, signal.SIG_DFL)
run.one(b"the input")
run.write()
"""


def test_every_format_has_a_target():
    assert set(FORMATS) <= set(TARGETS)
    assert set(TARGETS) >= PARSERS


@pytest.mark.parametrize("path", SOURCES, ids=TARGETS)
def test_first_comment_states_what_must_hold(path):
    assert path.read_text("utf-8").startswith("# Invariant: any ") or "# Invariant: of " in path.read_text("utf-8")[:20]


@pytest.mark.parametrize("name", TARGETS)
def test_target_holds_for_its_seeds(name, data, monkeypatch):
    monkeypatch.setenv("FILMROLL_TEST_DATA", str(data))
    target = import_module(f"fuzz.targets.{name}")
    tried = list(seeds.of(target, max_nbytes=getattr(target, "MAX_NBYTES", 2**14)))[:MOST]
    assert tried
    for one in tried:
        target.check(one)


def test_page_shows_the_figures_that_are_kept():
    results = json.loads(page.RESULTS.read_text("utf-8"))
    assert set(results) == set(TARGETS)
    text = page.PAGE.read_text("utf-8")
    assert page.render(text, results) == text


def test_findings_on_the_page_have_tests():
    found = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", page.PAGE.read_text("utf-8"))
    assert found
    for path, name in found:
        assert f"def {name}(" in (CHECKOUT / path).read_text("utf-8")


def run(tmp_path, check: str) -> subprocess.CompletedProcess:
    pytest.importorskip("atheris")
    program = PROGRAM.format(check=check)
    command = [sys.executable, "-c", program, str(tmp_path)]
    return subprocess.run(command, capture_output=True, text=True, cwd=CHECKOUT, check=False)


def test_an_error_is_kept_with_its_input(tmp_path):
    assert run(tmp_path, "lambda data: 1 // 0").returncode == 0
    [what] = json.loads((tmp_path / "result.json").read_text())["found"].items()
    assert what == ("ZeroDivisionError: integer division or modulo by zero", "finding-0")
    assert (tmp_path / "finding-0").read_bytes() == b"the input"


def test_much_memory_is_found(tmp_path):
    assert run(tmp_path, "lambda data: bytes(range(256)) * 2**21").returncode == 0
    [(what, _)] = json.loads((tmp_path / "result.json").read_text())["found"].items()
    assert "bytes of memory" in what


@pytest.mark.parametrize(
    ("check", "signal"),
    [("lambda data: exec('while True: pass')", -27), ("lambda data: __import__('ctypes').string_at(0)", -11)],
    ids=["a hang", "a crash"],
)
def test_what_ends_the_process_leaves_the_input_behind(tmp_path, check, signal):
    done = run(tmp_path, check)
    assert done.returncode == signal
    assert (tmp_path / "current").read_bytes()[8:].startswith(b"the input\0")
