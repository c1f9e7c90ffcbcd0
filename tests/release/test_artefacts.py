"""Sdist and wheel hold what they should, and the checks of them find what they should not."""

import re
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import filmroll
from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))
from release import artefacts


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Sdist and wheel of the checkout, by the backend that is installed here."""
    return artefacts.build(CHECKOUT, tmp_path_factory.mktemp("release") / "dist", isolated=False)


def test_both_are_as_they_should_be(built):
    assert artefacts.faults(built) == []


def test_version_is_the_one_of_the_package(built):
    assert built.wheel.name == f"filmroll-{filmroll.__version__}-py3-none-any.whl"
    assert built.sdist.name == f"filmroll-{filmroll.__version__}.tar.gz"
    stated = re.findall(r'^(?:version|__version__) *= *"', read_all("pyproject.toml", "src/**/*.py"), re.MULTILINE)
    assert len(stated) == 1  # in one place


def read_all(*patterns: str) -> str:
    return "\n".join(path.read_text("utf-8") for pattern in patterns for path in CHECKOUT.glob(pattern))


def test_wheel_has_every_module_and_nothing_else(built):
    with zipfile.ZipFile(built.wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("filmroll/")}
    source = CHECKOUT / "src"
    files = {path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert packed == {path.relative_to(source).as_posix() for path in files}
    assert "filmroll/py.typed" in packed


def changed(wheel: Path, folder: Path, **members: bytes | None) -> Path:
    """Copy a wheel, with members added, replaced, or taken away."""
    copy = folder / wheel.name
    names = {key.replace("__", "/").replace("_dot_", "."): value for key, value in members.items()}
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            if name not in names:
                new.writestr(name, old.read(name))
        for name, data in names.items():
            if data is not None:
                new.writestr(name, data)
    return copy


def test_what_does_not_belong_into_a_wheel_is_found(built, tmp_path):
    wheel = changed(
        built.wheel, tmp_path, tests__test_x_dot_py=b"", filmroll__a_dot_tfrecord=b"x", filmroll__py_dot_typed=None
    )
    assert artefacts.wheel_faults(wheel) == [
        "tests/test_x.py is in the wheel",
        "filmroll/a.tfrecord is in the wheel",
        "filmroll/py.typed is not in the wheel",
    ]


def test_wheel_without_command_licence_or_its_own_version_is_found(built, tmp_path):
    copy = tmp_path / built.wheel.name.replace(filmroll.__version__, "9.9.9")
    with zipfile.ZipFile(built.wheel) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            if "licenses" not in name:
                new.writestr(name, b"" if name.endswith("entry_points.txt") else old.read(name))
        new.writestr("filmroll/large.bin", bytes(artefacts.MAX_WHEEL_NBYTES))
    assert artefacts.wheel_faults(copy) == [
        "no command 'filmroll = filmroll.__main__:main'",
        "no licence file",
        f"the version is {filmroll.__version__} inside of {copy.name}",
        f"the wheel has {copy.stat().st_size:,} bytes, above 2,000,000",
    ]


def test_wheel_that_is_not_out_of_the_sdist_is_found(built, tmp_path):
    wheel = changed(built.wheel, tmp_path, filmroll__errors_dot_py=b"pass", filmroll__new_dot_py=b"")
    assert artefacts.sdist_faults(built.sdist, wheel) == [
        "filmroll/errors.py of the wheel differs",
        "filmroll/new.py of the wheel differs",
    ]


def test_sdist_without_its_tests_is_found(built, tmp_path):
    sdist = tmp_path / "filmroll.tar.gz"
    with tarfile.open(built.sdist) as old, tarfile.open(sdist, "w:gz") as new:
        for member in old.getmembers():
            if "/tests/" not in member.name:
                new.addfile(member, old.extractfile(member) if member.isfile() else None)
        new.addfile(tarfile.TarInfo("filmroll/src/__pycache__/x.pyc"))
    assert artefacts.sdist_faults(sdist, built.wheel) == [
        "tests/ is not in the sdist",
        "src/__pycache__/x.pyc is in the sdist",
    ]
