"""The README keeps its word: its examples run, its commands exist, it stays short."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import filmroll
from filmroll.cli import VERBS
from realdata import CHECKOUT

README = (CHECKOUT / "README.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples speak of."""
    filmroll.demo(tmp_path / "demo")
    (tmp_path / "demo" / "pictures").rename(tmp_path / "pictures")
    poster = tmp_path / "pictures" / "poster" / "poster-0.png"
    (tmp_path / "poster.png").write_bytes(poster.read_bytes())
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_python_example_runs(number, workshop):
    names: dict = {}
    exec(compile(EXAMPLES[number], f"README example {number}", "exec"), names)
    if "same" in names:
        assert names["image"].shape == names["same"].shape == (600, 400, 3)
        assert not np.array_equal(names["image"], names["same"])
    if "roll" in names:
        assert len(names["roll"]) == 24
        assert names["sample"].image.dtype == np.uint8
        assert names["batch"]["image"].shape == (24, 224, 224, 3)
    if "features" in names:
        assert names["features"]["id"].tolist() == [7]
        assert bytes(names["features"]["note"][0]) == b"kept"


def test_there_are_three_examples():
    assert len(EXAMPLES) == 3


def test_every_command_shown_is_a_verb():
    shown = {shlex.split(line)[1] for line in re.findall(r"^ *(?:.*&& )?(filmroll [a-z].*)$", README, re.MULTILINE)}
    assert shown == set(VERBS)


def test_readme_fits_150_lines():
    assert len(README.splitlines()) <= 150


def test_size_table_is_what_sizes_measures_today(data):
    rows = {one.name: one for one in filmroll.sizes(data / "blog" / "freedom.png").candidates}
    stated = re.findall(r"^\| ([^|]*?) +\| +([\d,]+) \| +([\d.]+) % +\| (\w+) +\|$", README, re.MULTILINE)
    assert len(stated) == 6
    for name, nbytes, share, back in stated:
        assert rows[name].nbytes == int(nbytes.replace(",", "")), name
        assert rows[name].share * 100 == pytest.approx(float(share), abs=0.06), name
        assert rows[name].identical == (back == "identical"), name
