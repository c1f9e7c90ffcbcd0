"""Fixtures of what is verified."""

import pytest

import filmroll
import pictures
from filmroll.messages import example


@pytest.fixture
def roll(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path, index=False) as writer:
        for number in range(4):
            writer.write(example.serialize({"image/encoded": pictures.jpeg(number), "image/format": "jpeg"}))
    return path


@pytest.fixture
def packed(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    return filmroll.pack(folder, tmp_path / "out" / "roll", shards=2).shards
