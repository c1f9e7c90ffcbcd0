"""`filmroll doctor` prints what to paste into a report of a fault."""

import json
import re

import filmroll
from filmroll import diagnosis


def test_everything_is_said_in_a_line_each(run):
    code, out, err = run("doctor")
    assert (code, err) == (0, "")
    names = [line[:21].strip() for line in out.splitlines() if not line.startswith(" ")]
    assert names[:4] == ["filmroll", "Python", "system", "packages"]
    assert {f"[{extra}]" for extra in diagnosis.EXTRAS} <= set(names)
    assert "fault" not in names
    assert re.search(r"tried +jpeg ok, png ok, .*records ok", out, re.DOTALL)


def test_json_has_all_of_it(run):
    code, out, _ = run("doctor", "--json")
    assert code == 0
    assert json.loads(out)["filmroll"] == filmroll.__version__
    assert json.loads(out)["faults"] == {}


def test_what_does_not_work_is_a_line_and_exit_1(run, monkeypatch):
    monkeypatch.setattr(diagnosis, "NEEDED", ("numpy", "no-such-package"))
    code, out, _ = run("doctor")
    assert code == 1
    assert "fault                no-such-package: not installed" in out
    assert run("doctor", "--json")[0] == 1


def test_extra_that_is_not_installed_is_no_fault(run, monkeypatch):
    monkeypatch.setattr(diagnosis, "EXTRAS", {"view": ("no-such-package",)})
    monkeypatch.setattr(diagnosis, "ADAPTERS", ("no-such-package",))
    code, out, _ = run("doctor")
    assert code == 0
    assert "no-such-package absent" in out
    assert "no framework" in out
