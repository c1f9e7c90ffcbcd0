"""Fixtures shared by all tests: the folder of real files that nobody here wrote."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


def find_data() -> Path | None:
    """Return the folder of real files: FILMROLL_TEST_DATA, or ../shared/data beside the checkout."""
    named = os.environ.get("FILMROLL_TEST_DATA")
    path = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    return path if path.is_dir() else None


DATA = find_data()


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real files; absent means skipped at a desk and failed in CI."""
    if DATA is None:
        if os.environ.get("CI"):
            pytest.fail("the folder of real files is absent: set FILMROLL_TEST_DATA")
        pytest.skip("no ../shared/data beside the checkout, and FILMROLL_TEST_DATA is not set")
    return DATA
