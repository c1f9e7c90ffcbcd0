"""The page on conformance keeps its word: every behaviour has its line, and every test that holds one exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from realdata import CHECKOUT

PAGE = (CHECKOUT / "docs" / "conformance.md").read_text("utf-8")
BEHAVIOURS = 108
ROW = re.compile(r"\| (\d+) \| (.+) \| (.+) \|")
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
ROWS = [found for line in PAGE.splitlines() if (found := ROW.fullmatch(line))]


@cache
def names_of_tests(path: Path) -> frozenset[str]:
    """List the test functions of a file without importing it."""
    return frozenset(node.name for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.FunctionDef))


def test_every_behaviour_has_one_line_in_order():
    assert [int(row[1]) for row in ROWS] == list(range(1, BEHAVIOURS + 1))
    assert len(ROWS) == sum(line.startswith("| ") for line in PAGE.splitlines()) - PAGE.count("| | behaviour")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_line_names_tests_that_exist_or_says_why_it_does_not_apply(row):
    behaviour, held_by = row[2], row[3]
    tests = TEST.findall(held_by)
    if not tests:
        assert re.fullmatch(r"does not apply: .{20,}", behaviour), behaviour
        return
    assert held_by == ", ".join(f"`{path}::{name}`" for path, name in tests)
    assert len(set(tests)) == len(tests)
    for path, name in tests:
        assert name in names_of_tests(CHECKOUT / path), f"{path} has no {name}"
