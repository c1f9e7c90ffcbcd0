"""Blocks of a page that are filled in from files that run.

<!-- code: examples/walk.py; A file is not an array -->      one cell of an example, or all of it
<!-- output: examples/walk.py; A file is not an array -->    what that prints
```text
...                                                          what stands here is replaced
```
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

BLOCK = re.compile(
    r"(?P<head><!-- (?P<kind>code|output): (?P<path>[\w/.-]+)(?:; (?P<cell>[^\n]+?))? -->\n)"
    r"```\w*\n(?P<text>.*?)```\n",
    re.DOTALL,
)


class Block(NamedTuple):
    """One block: "code" or "output", of which file, of which cell of it or of all, and what stands there now."""

    kind: str
    path: str
    cell: str | None
    text: str


def find(page: str) -> Iterator[Block]:
    """Yield the blocks of a page, in order."""
    for match in BLOCK.finditer(page):
        yield _block(match)


def fill(page: str, source: Callable[[Block], tuple[str, str]]) -> str:
    """Return the page with every block filled in by `source`, which gives the language and the text of one."""

    def filled(match: re.Match[str]) -> str:
        language, text = source(_block(match))
        return f"{match['head']}```{language}\n{text}```\n"

    return BLOCK.sub(filled, page)


def _block(match: re.Match[str]) -> Block:
    return Block(match["kind"], match["path"], match["cell"], match["text"])
