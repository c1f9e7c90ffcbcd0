"""An example of examples/: Python, or commands, in cells that begin with `# %% Title`, run in a folder.

A line of commands is one of filmroll's; it ends with `# exits with 1` where it should.

    python -m pages.example examples/resume.py FOLDER       run one, and print what its cells print, as JSON
"""

import ast
import contextlib
import io
import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filmroll import cli
from pages import CHECKOUT

CELL = re.compile(r"^# %% (.+)\n", re.MULTILINE)
LANGUAGES = {".py": "python", ".sh": "sh"}
EXITS = re.compile(r"# exits with (\d)$")


class Example:
    """One example: the code of its cells, and what they print.

    Attributes:
        path: The file, below the checkout.
        cells: Code by title; "" is what stands before the first title.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.suffix = Path(path).suffix
        text = (CHECKOUT / path).read_text("utf-8")
        first, *rest = CELL.split(text)
        first = _without_docstring(first) if self.suffix == ".py" else first
        self.cells = {
            title: code.strip("\n") + "\n" for title, code in [("", first), *zip(rest[::2], rest[1::2], strict=True)]
        }

    @property
    def language(self) -> str:
        """What a page calls the language of the code."""
        return LANGUAGES[self.suffix]

    def code(self, cell: str | None) -> str:
        """Return the code of one cell, or of all that stands before the first one."""
        return self.cells[cell or ""]

    def run(self, folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
        """Run all cells in a folder; return the names that are left, and what each cell printed."""
        names: dict[str, Any] = {"__name__": "__main__", "__file__": str(CHECKOUT / self.path)}
        printed = {}
        with contextlib.chdir(folder):
            for title, code in self.cells.items():
                out = io.StringIO()
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                    self._run_cell(code, names)
                printed[title] = out.getvalue()
        return names, printed

    def _run_cell(self, code: str, names: dict[str, Any]) -> None:
        if self.suffix == ".py":
            exec(compile(code, self.path, "exec"), names)
            return
        for arguments, expected in commands(code):
            done = cli.run(arguments)
            if done != expected:
                raise RuntimeError(f"{self.path}: filmroll {shlex.join(arguments)}: exit code {done}, not {expected}")


def commands(code: str) -> Iterator[tuple[list[str], int]]:
    """Yield the arguments of each command of a shell example, and the exit code that it should have."""
    for line in code.splitlines():
        program, *arguments = shlex.split(line, comments=True) or [""]
        if program:
            if program != "filmroll":
                raise RuntimeError(f"{line!r}: an example calls filmroll alone")
            exits = EXITS.search(line)
            yield arguments, int(exits[1]) if exits else 0


def _without_docstring(code: str) -> str:
    body = ast.parse(code).body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return "".join(code.splitlines(keepends=True)[body[0].end_lineno :])
    return code


if __name__ == "__main__":
    print(json.dumps(Example(sys.argv[1]).run(Path(sys.argv[2]))[1]))
