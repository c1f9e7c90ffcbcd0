"""Whoever writes the shards, they are the same, byte for byte; and so are report, journal and errors."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import filmroll
import pictures

KINDS = ("tfrecord", "lmdb", "tar", "parquet", "array_record")


@pytest.fixture
def flowers(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    (folder / "rose" / "odd.png").write_bytes(pictures.jpeg(50))
    (folder / "rose" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    return folder


def pack(flowers, folder, **options):
    return filmroll.pack(flowers, folder / "roll", **{"shards": 4} | options)


def with_others(flowers, report):
    """Return what a report says, without the names of its folder."""
    return {**report.to_json(), "shards": [path.name for path in report.shards]}


@pytest.mark.parametrize("kind", KINDS)
def test_shards_and_report_of_processes_are_those_of_threads(flowers, tmp_path, kind):
    wanted = pack(flowers, tmp_path / "wanted", to=kind)
    made = pack(flowers, tmp_path / "made", to=kind, engine="processes", threads=2)
    assert pictures.tree(tmp_path / "made") == pictures.tree(tmp_path / "wanted")
    assert with_others(flowers, made) == with_others(flowers, wanted)
    assert (made.read, made.written, made.skipped) == (14, 13, 1)


def test_shards_of_arrays_are_those_of_threads(data, tmp_path):
    for engine in ("threads", "processes"):
        pack(data / "mnist", tmp_path / engine, split="test", to="lmdb", engine=engine)
    assert pictures.tree(tmp_path / "threads") == pictures.tree(tmp_path / "processes")


@pytest.mark.parametrize("workers", [1, 3])
def test_shards_of_an_executor_are_those_of_threads(flowers, tmp_path, workers):
    pack(flowers, tmp_path / "wanted")
    with ThreadPoolExecutor(workers) as executor:
        pack(flowers, tmp_path / "made", engine=executor)
        assert executor.submit(int).result() == 0  # it stays open
    assert pictures.tree(tmp_path / "made") == pictures.tree(tmp_path / "wanted")
