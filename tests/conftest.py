"""Fixtures shared by all tests: the folder of real files, TensorFlow, imported once a session, and the command line."""

import errno
import io
import os
import tempfile
import warnings
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

import realdata
from filmroll import cli

pytest_plugins = ["browser", "buckets"]

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real files; absent means skipped at a desk and failed in CI."""
    root = realdata.find()
    if root is None:
        if os.environ.get("CI"):
            pytest.fail("the folder of real files is absent: set FILMROLL_TEST_DATA")
        pytest.skip(realdata.WHY_ABSENT)
    return root


@pytest.fixture(scope="session")
def tf() -> ModuleType:
    """TensorFlow, the oracle of many tests; slow to import; absent means what absent files mean."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import tensorflow
        except ImportError as exc:
            if os.environ.get("CI"):
                pytest.fail(f"TensorFlow is needed: {exc}")
            pytest.skip("TensorFlow is not installed")
    return tensorflow


@pytest.fixture
def run(capfd):
    """Run a command; return its exit code, standard output and standard error."""

    def run(*arguments) -> tuple[int, str, str]:
        code = cli.run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return code, out, err

    return run


class _Full(io.RawIOBase):
    """A file on a disk without room."""

    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")

    def seek(self, offset, whence=0):
        return offset


@pytest.fixture
def full_disk(monkeypatch, tmp_path):
    """Let the disk for temporary files be full, and return the folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: _Full())
    return str(tmp_path)
