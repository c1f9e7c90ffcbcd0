"""Records that are read soon are asked for while pages have to come from a disk, and only then."""

import mmap

import numpy as np
import pytest

import filmroll
from filmroll.loading.fetching import Fetching
from filmroll.records import faults, mapped
from filmroll.records.faults import BEGINNING, PATIENCE, Faults

SIZES = [100, 20_000, 0, 50_000, 90_000, 50_000, 40_000, 70_000]


@pytest.fixture
def counted(monkeypatch):
    """Number of page faults that the system reports."""
    reported = [7]
    monkeypatch.setattr(faults, "count", lambda: reported[0])
    return reported


@pytest.fixture
def path(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for number, nbytes in enumerate(SIZES):
            writer.write(bytes([number]) * nbytes)
    return tmp_path / "r.tfrecord"


@pytest.fixture
def asked(monkeypatch):
    """Spans (start, stop) that were asked for, of any file that is mapped from now on."""
    spans = []

    class Map(mmap.mmap):
        def madvise(self, option, start=0, length=None):
            spans.append((start, start + length))
            return super().madvise(option, start, length)

    monkeypatch.setattr(mapped.mmap, "mmap", Map)
    return spans


def test_faults_are_counted_as_whole_numbers_that_never_fall():
    first = faults.count()
    assert isinstance(first, int)
    assert faults.count() >= first >= 0


def test_faults_are_likely_at_first_and_for_a_while_after_each(counted):
    watched = Faults()
    assert [watched.are_likely() for _ in range(BEGINNING + 2)] == [True] * BEGINNING + [False] * 2
    counted[0] += 3
    assert [watched.are_likely() for _ in range(PATIENCE + 2)] == [True] * (PATIENCE + 1) + [False]


def test_whole_pages_of_each_record_are_asked_for_and_neighbours_together(path, asked, counted):
    with filmroll.Reader(path) as reader:
        reader.will_need(np.array([6, 1, 4]))
        starts, ends = reader.offsets, reader.offsets + reader.sizes + 16
    page = mmap.PAGESIZE
    assert asked == [(starts[n] // page * page, ends[n]) for n in (1, 4, 6)]
    asked.clear()
    with filmroll.Reader(path) as reader:
        reader.will_need(np.array([6, 0, 1, 2, 1]))
    assert asked == [(0, ends[2]), (starts[6] // page * page, ends[6])]


def test_nothing_is_asked_for_where_all_is_in_memory(path, asked, counted):
    with filmroll.Reader(path) as reader:
        for _ in range(BEGINNING + 3):
            reader.will_need(np.array([4]))
    assert len(asked) == BEGINNING


def test_no_records_are_no_question(path, asked):
    with filmroll.Reader(path) as reader:
        reader.will_need(np.array([], np.int64))
    assert asked == []


def test_system_that_takes_no_questions_is_asked_none(path, asked, monkeypatch):
    monkeypatch.setattr(mapped, "WILL_NEED", None)
    with filmroll.Reader(path) as reader:
        reader.will_need(np.array([4]))
        assert bytes(reader[4]) == b"\x04" * SIZES[4]
    assert asked == []


def test_several_records_are_asked_for_before_the_first_is_read(path, asked):
    with filmroll.Reader(path) as reader:
        records = reader.read([5, -2, 1])
        assert [bytes(record[:1]) for record in records] == [b"\x05", b"\x06", b"\x01"]
        starts, sizes = reader.offsets, reader.sizes
    assert len(asked) == 2
    for number in (1, 5, 6):
        assert any(start <= starts[number] and starts[number] + sizes[number] + 16 <= stop for start, stop in asked)


@pytest.mark.parametrize("compression", ["gzip", "zlib"])
def test_compressed_records_are_not_asked_for(tmp_path, asked, compression):
    with filmroll.Writer(tmp_path / "r.tfrecord", compression=compression) as writer:
        writer.write(b"one")
    with filmroll.Reader(tmp_path / "r.tfrecord") as reader:
        reader.will_need(np.array([0]))
        assert [bytes(record) for record in reader.read([0])] == [b"one"]
    assert asked == []


def test_loader_asks_for_a_batch_in_all_files_that_are_open(tmp_path, path, asked):
    second = path.with_name("s.tfrecord")
    second.write_bytes(path.read_bytes())
    with filmroll.open([path, second]) as roll, Fetching(roll) as fetching:
        assert roll.shards.record(roll.shards.locate(0)) is not None
        fetching.begin(np.array([4, len(SIZES) + 4]))
        assert len(asked) == 2  # one in each: the counting opened both
        roll.close()
        fetching.begin(np.array([4]))
        assert len(asked) == 2
