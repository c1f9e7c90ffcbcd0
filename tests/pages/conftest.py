"""A workshop for the examples, furnished once."""

import functools
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import peers
from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # the pages are a package of the checkout, not of the wheel

from pages.example import Example

from pages import workshop


class Run(NamedTuple):
    """What an example leaves: its folder, its names, and what each cell printed."""

    folder: Path
    names: dict[str, Any]
    printed: dict[str, str]


@pytest.fixture(scope="session")
def furnished(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("workshop")
    workshop.furnish(folder)
    return folder


@pytest.fixture
def work(furnished, tmp_path) -> Path:
    """A copy of the workshop that a test may do with as it likes."""
    return Path(shutil.copytree(furnished, tmp_path / "work"))


@pytest.fixture(scope="session")
def run_example(furnished, tmp_path_factory):
    """Run an example in a copy of the workshop, once for all tests."""

    @functools.cache
    def run_example(path: str) -> Run:
        folder = Path(shutil.copytree(furnished, tmp_path_factory.mktemp("run") / "work"))
        if "import tensorflow" in (CHECKOUT / path).read_text("utf-8"):
            peers.load("tensorflow")
        return Run(folder, *Example(path).run(folder))

    return run_example
