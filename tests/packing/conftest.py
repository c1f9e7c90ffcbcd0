"""What is packed."""

import pytest

import pictures


@pytest.fixture
def flowers(tmp_path):
    """Twelve pictures 20 to 23 pixels high, half of them JPEG without markers, half PNG."""
    return pictures.folder_of_classes(tmp_path / "flowers")
