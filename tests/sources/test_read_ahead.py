"""Files that have to come from a disk are asked for a little ahead, and all items come in their order."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pictures
from filmroll.packing.pack import pack
from filmroll.sources import read_ahead
from filmroll.sources.item import File
from filmroll.sources.read_ahead import ahead
from filmroll.sources.rows import Rows

needs_linux = pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="only Linux tells what is in memory")


@pytest.fixture
def files(tmp_path) -> list[File]:
    for number in range(200):
        (tmp_path / f"{number}.jpg").write_bytes(b"picture")
    return [File(str(tmp_path / f"{number}.jpg"), f"{number}.jpg", 7) for number in range(200)]


@pytest.fixture
def asked(monkeypatch) -> list[int]:
    """Bytes of each file that the system was asked for."""
    found: list[int] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda handle, offset, nbytes, advice: found.append(nbytes))
    return found


@pytest.fixture
def cold(monkeypatch) -> None:
    def waiting(*arguments) -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "preadv", waiting)


@given(st.lists(st.integers(0, 2 * read_ahead.BLOCK_NBYTES), max_size=300))
def test_all_items_come_in_their_order(sizes):
    files = [File("absent", str(number), nbytes) for number, nbytes in enumerate(sizes)]
    assert list(ahead(files)) == files


@needs_linux
def test_files_that_are_in_memory_are_not_asked_for(files, asked):
    assert list(ahead(files)) == files
    assert asked == []


@needs_linux
@pytest.mark.usefixtures("cold")
def test_files_of_a_disk_are_each_asked_for_once_and_one_block_ahead(files, asked):
    for number, file in enumerate(ahead(files)):
        assert file is files[number]
        assert len(asked) == min(200, (number // read_ahead.BLOCK_FILES + 2) * read_ahead.BLOCK_FILES)
    assert asked == [7] * 200


@needs_linux
@pytest.mark.usefixtures("cold")
def test_large_files_are_asked_for_in_smaller_blocks(files, asked):
    for file in files:
        file.nbytes = read_ahead.BLOCK_NBYTES // 2
    next(ahead(files))
    assert len(asked) == 4


@needs_linux
def test_file_system_that_cannot_tell_is_left_alone(files, asked, monkeypatch):
    def unsupported(*arguments) -> int:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "preadv", unsupported)
    assert list(ahead(files)) == files
    assert asked == []


@needs_linux
@pytest.mark.usefixtures("cold")
def test_files_that_are_gone_and_pipes_are_no_obstacle(files, asked, tmp_path):
    for number in (0, 63):
        os.unlink(files[number].where)
    os.mkfifo(tmp_path / "63.jpg")
    assert list(ahead(files)) == files
    assert len(asked) == 199


def test_systems_that_cannot_tell_read_one_after_another(files, monkeypatch):
    monkeypatch.delattr(os, "RWF_NOWAIT", raising=False)
    came: Iterator[File] = iter(files)
    assert next(ahead(came)) is files[0]
    assert next(came) is files[1]


@needs_linux
@pytest.mark.usefixtures("cold")
def test_pictures_in_arrays_are_no_files(asked):
    rows = Rows(Path("t10k"), np.zeros((3, 2, 2, 1), np.uint8), keys=["a", "b", "c"])
    assert [item.key for item in ahead(rows)] == ["a", "b", "c"]
    assert asked == []


@needs_linux
@pytest.mark.usefixtures("cold")
def test_pack_asks_for_its_files(tmp_path, asked):
    source = pictures.folder_of_classes(tmp_path / "flowers", each=3)
    pack(source, tmp_path / "out" / "roll", seed=None)
    assert sorted(asked) == sorted(path.stat().st_size for path in source.rglob("*.*"))
