"""What is installed and whether it works is found out, and nothing hides what does not."""

import tomllib
from importlib import metadata

import pytest

import filmroll
from filmroll import codecs, diagnosis
from filmroll.records import tfrecord
from realdata import CHECKOUT

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]


def name_of(requirement: str) -> str:
    return requirement.partition(">")[0].partition("[")[0].strip()


def test_packages_and_extras_are_those_of_the_project():
    extras = dict(PROJECT["optional-dependencies"])
    extras = {name: sorted(map(name_of, extras[name])) for name in diagnosis.EXTRAS}
    assert sorted(map(name_of, PROJECT["dependencies"])) == sorted(diagnosis.NEEDED)
    assert extras == {name: sorted(packages) for name, packages in diagnosis.EXTRAS.items()}
    users = set(PROJECT["optional-dependencies"]) - {"test", "docs"}
    assert set(diagnosis.EXTRAS) == users


def test_everything_that_is_needed_is_there_and_works():
    found = filmroll.doctor()
    assert found.faults == {}
    assert found.filmroll == filmroll.__version__
    assert found.packages["numpy"] == metadata.version("numpy")
    assert set(found.checks) == {*codecs.FORMATS, "records"}
    assert set(found.checks.values()) == {"ok"}
    assert found.system["processors"] >= 1
    assert "libjpeg_turbo" in found.libraries["in Pillow"]
    assert found.to_json()["extras"].keys() == diagnosis.EXTRAS.keys()


def test_package_that_is_absent_is_a_fault(monkeypatch):
    monkeypatch.setattr(diagnosis, "NEEDED", ("numpy", "no-such-package"))
    assert filmroll.doctor().faults == {"no-such-package": "not installed"}


def test_codec_that_fails_or_changes_the_picture_is_a_fault(monkeypatch):
    encode = codecs.encode

    def broken(image, format):
        if format == "webp":
            raise OSError("libwebp.so: cannot open shared object file")
        return encode(image // 2 if format == "png" else image, format)

    monkeypatch.setattr(codecs, "encode", broken)
    monkeypatch.setattr(diagnosis, "SVG", diagnosis.SVG.replace(b'"4"', b'"5"'))
    monkeypatch.setattr(tfrecord.Reader, "__getitem__", lambda self, number: memoryview(b"other"))
    assert filmroll.doctor().faults == {
        "png": "another picture came back",
        "webp": "OSError: libwebp.so: cannot open shared object file",
        "svg": "a drawing of another size",
        "records": "another record came back",
    }


def test_library_that_cannot_be_asked_says_why(monkeypatch):
    def broken() -> str:
        raise ImportError("DLL load failed")

    monkeypatch.setitem(diagnosis.LIBRARIES, "LMDB", broken)
    assert filmroll.doctor().libraries["LMDB"] == "ImportError: DLL load failed"


def test_systems_without_sysconf_and_affinity_are_described(monkeypatch):
    for name in ("sysconf", "sched_getaffinity"):
        monkeypatch.delattr(diagnosis.os, name, raising=False)
    found = filmroll.doctor().system
    assert found["memory_nbytes"] is None
    assert found["processors"] >= 1


@pytest.mark.parametrize("extra", diagnosis.EXTRAS)
def test_missing_dependency_names_an_extra_that_exists(extra):
    sources = "".join(path.read_text("utf-8") for path in (CHECKOUT / "src").rglob("*.py"))
    assert f"filmroll[{extra}]" in sources
