"""`python -m pages` writes the pages that have changed, and no others."""

import sys

import pytest

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # the pages are a package of the checkout, not of the wheel

from pages.block import Block

from pages import __main__ as program

PAGE = """# A page

<!-- code: examples/split.py -->
```text
```

<!-- output: examples/split.py -->
```text
```
"""


@pytest.fixture
def docs(tmp_path, monkeypatch):
    """A folder of docs with one page that is not filled in, and one that has nothing to fill in."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(PAGE, "utf-8")
    (tmp_path / "docs" / "b.md").write_text("# Another\n", "utf-8")
    monkeypatch.setattr(program, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(program, "CHECKOUT", tmp_path)
    return tmp_path / "docs"


def test_pages_are_filled_in_once_and_then_stay(docs, capsys):
    program.main()
    assert capsys.readouterr().out == "docs/a.md\n"
    filled = (docs / "a.md").read_text("utf-8")
    assert "```python\nimport filmroll\n" in filled
    assert "```text\n18 6\n" in filled
    program.main()
    assert capsys.readouterr().out == ""
    assert (docs / "a.md").read_text("utf-8") == filled


def test_output_of_an_example_that_needs_a_bucket_is_left_as_it_is():
    (path,) = program.ELSEWHERE
    assert program.text_of(Block("output", path, None, "kept\n")) == ("text", "kept\n")


def test_block_of_a_file_or_a_cell_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError):
        program.text_of(Block("code", "examples/nothing.py", None, ""))
    with pytest.raises(KeyError):
        program.text_of(Block("code", "examples/walk.py", "Nothing", ""))
