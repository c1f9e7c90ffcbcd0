"""Blocks of a page are found and filled in, and nothing else is touched."""

import sys

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # the pages are a package of the checkout, not of the wheel

from pages.block import Block, fill, find

PAGE = """# A page

<!-- code: examples/a.py -->
```python
old
```

<!-- output: examples/a.py; The second, with a comma -->
```text
```

```python
untouched
```
"""


def test_blocks_are_found_with_kind_file_cell_and_text():
    assert list(find(PAGE)) == [
        Block("code", "examples/a.py", None, "old\n"),
        Block("output", "examples/a.py", "The second, with a comma", ""),
    ]


def test_only_what_stands_in_a_block_is_replaced():
    filled = fill(PAGE, lambda block: ("sh", f"{block.kind} \\1\n"))
    assert filled == PAGE.replace("```python\nold\n", "```sh\ncode \\1\n").replace("```text\n", "```sh\noutput \\1\n")


def test_filling_in_twice_changes_nothing_more():
    once = fill(PAGE, lambda _: ("text", "new\n"))
    assert fill(once, lambda _: ("text", "new\n")) == once


def test_comment_of_another_kind_is_no_block():
    assert not list(find("<!-- table -->\n```text\n```\n<!-- codes: a.py -->\n```text\n```\n"))
