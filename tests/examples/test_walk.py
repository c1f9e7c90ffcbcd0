import re
import subprocess
import sys
import textwrap

from realdata import CHECKOUT

WALK = (CHECKOUT / "examples" / "walk.py").read_text("utf-8")
TUTORIAL = (CHECKOUT / "docs" / "tutorial.md").read_text("utf-8")


def test_walk_goes_all_the_way_and_back(data, tmp_path):
    command = [sys.executable, str(CHECKOUT / "examples" / "walk.py"), str(data / "blog/freedom.png"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["array", "PNG", "Example", "TFRecord", "LMDB"]
    assert "(600, 400, 3) uint8, 720,000 bytes" in done.stdout
    assert (tmp_path / "roll.lmdb" / "data.mdb").is_file()


def test_tutorial_shows_the_steps_of_the_walk_and_no_others():
    _imports, *steps = re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)
    shown = "".join(steps)
    walked = textwrap.dedent(WALK[WALK.index("    # A file to an array") : WALK.index("\n\nif __name__")])
    kept = [line for line in walked.splitlines() if line and not line.startswith(("#", "print("))]
    assert [line for line in shown.splitlines() if line] == kept


def test_tutorial_runs_as_it_stands(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    imports, *steps = re.findall(r"```python\n(.*?)```", TUTORIAL, re.DOTALL)
    exec(imports, names)
    names |= {"picture": data / "blog/freedom.png", "folder": tmp_path}
    for step in steps:
        exec(step, names)
    assert len(names["datum"]) == 1
