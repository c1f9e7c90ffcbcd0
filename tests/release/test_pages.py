"""What was tried of the release is kept, and every package that comes with filmroll has its licence listed."""

import re
import sys
import tomllib
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import pytest

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))
from release.artefacts import Artefacts
from release.environment import EXTRAS, Environment

from release import page, smoke

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
LICENCES = (CHECKOUT / "docs/licences.md").read_text("utf-8")
ROWS = re.findall(r"^\| ([\w.-]+) \| (\S+) \| (.+?) \| .+ \|$", LICENCES, re.MULTILINE)[1:]
LISTED = {name: licence for name, _, licence in ROWS}
COPYLEFT = re.compile(r"GPL|AGPL|SSPL", re.IGNORECASE)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[ >=<;\[]", name)[0]).lower()


DIRECT = sorted(
    canonical(one)
    for one in (*PROJECT["dependencies"], *(p for extra in EXTRAS for p in PROJECT["optional-dependencies"][extra]))
)


@pytest.mark.parametrize("name", DIRECT)
def test_licence_of_every_package_that_is_named_is_listed(name):
    assert name in {canonical(one) for one in LISTED}, "run 'make release-check'"


def test_every_licence_is_known():
    assert len(LISTED) > 40
    assert [name for name, licence in LISTED.items() if licence == "not stated"] == []


def test_licences_are_those_of_the_packages_that_are_installed():
    checked = 0
    for name, version, licence in ROWS:
        with suppress(metadata.PackageNotFoundError):  # of another system, or an extra that is not installed here
            installed = metadata.distribution(name)
            if installed.version == version:
                assert smoke.licence_of(installed) == licence, name
                checked += 1
    assert checked > 0 or not ROWS


def test_core_comes_with_permissive_licences_alone():
    core = [line for line in LICENCES.splitlines() if line.endswith("| core |")]
    assert len(core) >= len(PROJECT["dependencies"])
    assert not [line for line in core if COPYLEFT.search(line)]


def test_every_extra_was_tried_and_worked():
    text = (CHECKOUT / "docs/release.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `filmroll(?:\[([\w-]+)\])?` \|(.*)\|$", text, re.MULTILINE))
    assert set(rows) == {"", *EXTRAS}, "run 'make release-check'"
    assert not any("failed" in row for row in rows.values())


class Package:
    """A package that states its licence in one way or another."""

    def __init__(self, files="", **told):
        self.metadata = self
        self.told = told
        self.text = files

    @property
    def files(self):
        return [self]

    def __str__(self):
        return "x.dist-info/licenses/LICENSE"

    def locate(self):
        return self.path

    def get(self, name):
        return self.told.get(name.replace("-", "_"))

    def get_all(self, name):
        return self.told.get(name)


@pytest.mark.parametrize(
    ("told", "licence"),
    [
        ({"License_Expression": "MIT", "License": "other"}, "MIT"),
        ({"License": "BSD 3-Clause"}, "BSD 3-Clause"),
        ({"License": "UNKNOWN", "Classifier": ["License :: OSI Approved :: MIT License"]}, "MIT License"),
        ({"License": "Copyright 2001\nPermission is ...", "Classifier": ["Topic :: X"]}, "Copyright 2001"),
        ({}, "not stated"),
        ({"files": "Permission is hereby\n granted, free of charge, to any"}, "MIT, by its file"),
        (
            {"files": "Redistribution and use in source and binary forms ... Neither the name of"},
            "BSD-3-Clause, by its file",
        ),
        ({"files": "All rights reserved"}, "not stated"),
    ],
)
def test_licence_is_found_wherever_it_is_stated(told, licence, tmp_path):
    package = Package(**told)
    package.path = tmp_path / "LICENSE"
    package.path.write_text(package.text)
    assert smoke.licence_of(package) == licence


def environment(extra, packages, *, works=True):
    return Environment(extra, works, ["demo"], "", packages, 12_000_000, 1.2, 3.4)


def test_pages_list_a_package_once_with_all_that_it_comes_with(tmp_path):
    for name in ("a.tar.gz", "a.whl"):
        (tmp_path / name).write_bytes(bytes(5000))
    core, other = ("numpy", "2", "BSD"), ("jinja2", "3", "BSD")
    built = Artefacts(tmp_path / "a.tar.gz", tmp_path / "a.whl")
    tried = [environment(None, [core]), environment("view", [core, other]), environment("plot", [other], works=False)]
    page.write(tmp_path, built, tried)
    licences = Path(tmp_path / "licences.md").read_text()
    assert "| numpy | 2 | BSD | core |\n| jinja2 | 3 | BSD | `[view]`, `[plot]` |" in licences
    release = Path(tmp_path / "release.md").read_text()
    assert "| `filmroll` | 1 | 12 | 1 s | demo | 3 s |" in release
    assert "| `filmroll[plot]` | 1 | 12 | 1 s | **failed** | 3 s |" in release
    assert "`a.whl` (5 kB)" in release
