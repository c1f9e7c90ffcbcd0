"""An example runs cell by cell, in a folder, and what it prints is kept."""

import sys
from pathlib import Path

import pytest

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))

from pages.example import Example, commands

from pages import example


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write an example into a checkout of its own."""
    monkeypatch.setattr(example, "CHECKOUT", tmp_path)
    (tmp_path / "work").mkdir()

    def write(name: str, text: str) -> Example:
        (tmp_path / name).write_text(text, "utf-8")
        return Example(name)

    return write


def test_cells_are_told_by_their_titles_and_the_docstring_is_left_out(write):
    made = write("a.py", '"""Say what it is."""\n\nimport os\n\n# %% One, first\nx = 1\n\n# %% Two\nprint(x)\n')
    assert made.cells == {"": "import os\n", "One, first": "x = 1\n", "Two": "print(x)\n"}
    assert (made.language, made.code(None), made.code("Two")) == ("python", "import os\n", "print(x)\n")


def test_cells_share_their_names_and_each_has_its_own_output(write, tmp_path):
    made = write("a.py", "x = 1\n# %% One\nprint(x)\n# %% Two\nopen('made', 'w').close()\nx = 2\nprint('x', x)\n")
    names, printed = made.run(tmp_path / "work")
    assert names["x"] == 2
    assert printed == {"": "", "One": "1\n", "Two": "x 2\n"}
    assert (tmp_path / "work" / "made").exists()
    assert Path.cwd() != tmp_path / "work"


def test_commands_run_and_print(write, tmp_path):
    made = write("a.sh", "filmroll --version\n")
    assert made.language == "sh"
    assert made.run(tmp_path / "work")[1][""].startswith("filmroll, version ")


def test_command_that_exits_with_another_code_is_an_error(write, tmp_path):
    made = write("a.sh", "filmroll verify nothing.tfrecord\n")
    with pytest.raises(RuntimeError, match=r"filmroll verify nothing.tfrecord: exit code 2, not 0"):
        made.run(tmp_path / "work")
    assert (
        "nothing.tfrecord" in write("b.sh", "filmroll verify nothing.tfrecord  # exits with 2\n").run(tmp_path)[1][""]
    )


def test_commands_are_filmrolls_alone_and_comments_are_none():
    assert list(commands("# said\n\nfilmroll a 'b c'  # exits with 1\n")) == [(["a", "b c"], 1)]
    with pytest.raises(RuntimeError, match="filmroll alone"):
        list(commands("rm -r /\n"))
