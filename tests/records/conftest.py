"""The small file, written."""

import pytest

from records.small_file import FILE, written


@pytest.fixture
def path(tmp_path):
    return written(tmp_path, FILE)
