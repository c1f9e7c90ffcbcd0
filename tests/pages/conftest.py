"""A workshop for the examples, furnished once."""

import functools
import re
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import peers
from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # the pages are a package of the checkout, not of the wheel

from pages.example import Example

from pages import workshop

THEY_WARN = ("distributed", "tensorflow")  # of themselves, when they are imported and used


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
        text = (CHECKOUT / path).read_text("utf-8")
        foreign = [name for name in THEY_WARN if re.search(rf"^(import|from) {name}\b", text, re.MULTILINE)]
        for name in foreign:
            peers.load(name)
        with warnings.catch_warnings():
            if foreign:
                warnings.simplefilter("ignore")
            return Run(folder, *Example(path).run(folder))

    return run_example
