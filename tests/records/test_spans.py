"""Places of many records at once, verified block by block."""

import numpy as np
import pytest

import filmroll
from filmroll.errors import ChecksumError, UnsupportedError
from filmroll.records import tfrecord


@pytest.fixture
def path(tmp_path):
    rng = np.random.default_rng(3)
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for number in range(200):
            writer.write(rng.bytes(20 + number % 5))
    return tmp_path / "r.tfrecord"


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    monkeypatch.setattr(tfrecord, "RUN_NBYTES", 1000)


@pytest.mark.parametrize("index", [True, False])
def test_spans_hold_the_records_in_the_order_asked_for(path, index):
    numbers = np.array([199, 0, 7, 7, 55])
    with filmroll.Reader(path, index=index) as reader:
        spans = reader.spans(numbers)
        for number, start, length in zip(numbers.tolist(), spans.starts, spans.lengths, strict=True):
            assert spans.buffer[start : start + length].tobytes() == bytes(reader[number])


@pytest.mark.parametrize("part", ["length", "data", "checksum"])
def test_damage_is_found_when_a_record_of_it_is_asked_for(path, part):
    with filmroll.Reader(path) as reader:
        offset = int(reader.offsets[100])
    data = bytearray(path.read_bytes())
    data[offset + {"length": 9, "data": 14, "checksum": 12 + 20 + 1}[part]] ^= 1
    index = path.with_name("r.tfrecord.idx").read_bytes()
    path.write_bytes(data)
    path.with_name("r.tfrecord.idx").write_bytes(index)
    with filmroll.Reader(path) as reader:
        assert len(reader.spans(np.arange(0, 90)).starts) == 90
        assert len(reader.spans(np.array([99, 101])).starts) == 2  # its neighbours are sound
        with pytest.raises(ChecksumError) as caught:
            reader.spans(np.array([99, 100]))
        assert caught.value.record == 100


def test_unverified_reader_gives_damaged_records_too(path):
    data = bytearray(path.read_bytes())
    data[13] ^= 1
    path.write_bytes(data)
    with filmroll.Reader(path, verify=False) as reader:
        assert len(reader.spans(np.arange(200)).starts) == 200


def test_index_with_gaps_is_verified_record_by_record(path, tmp_path):
    lines = path.with_name("r.tfrecord.idx").read_text().splitlines(keepends=True)
    (tmp_path / "half.idx").write_text("".join(lines[::2]))
    with filmroll.Reader(path, index=tmp_path / "half.idx") as half, filmroll.Reader(path) as whole:
        spans = half.spans(np.arange(100))
        assert spans.starts.tolist() == whole.spans(np.arange(0, 200, 2)).starts.tolist()


def test_compressed_file_has_no_places(tmp_path):
    with filmroll.Writer(tmp_path / "r.gz", compression="gzip") as writer:
        writer.write(b"x")
    with filmroll.Reader(tmp_path / "r.gz") as reader, pytest.raises(UnsupportedError, match="compressed"):
        reader.spans(np.array([0]))
