"""Where the real files are that nobody here wrote, for fixtures and for parametrised tests."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
WHY_ABSENT = "no ../shared/data beside the checkout, and FILMROLL_TEST_DATA is not set"


def find() -> Path | None:
    """Return the folder of real files: FILMROLL_TEST_DATA, or ../shared/data beside the checkout."""
    named = os.environ.get("FILMROLL_TEST_DATA")
    path = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    return path if path.is_dir() else None


def params(*patterns: str) -> list:
    """List the real files that match, as parameters of a test with readable names.

    Where the folder is absent the list holds one parameter that skips, or fails in CI, by name.
    """
    root = find()
    if root is None:
        mark = pytest.mark.skip(reason=WHY_ABSENT)
        return [pytest.param(None, id=patterns[0], marks=() if os.environ.get("CI") else mark)]
    found = sorted({path for pattern in patterns for path in root.glob(pattern) if path.is_file()})
    assert found, f"no real file matches {patterns}"
    return [pytest.param(path, id=str(path.relative_to(root))) for path in found]
