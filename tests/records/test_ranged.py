"""Records of a plain file in a store: the same as of one on the disk, whole or damaged, whatever pieces it comes in."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filmroll.errors import ChecksumError, Error, LimitError, TruncatedError
from filmroll.records import ranged, tfrecord
from filmroll.records.framing import MAX_RECORD_NBYTES
from filmroll.records.ranged import RangedFile
from filmroll.remote import store as stores
from filmroll.remote.path import RemotePath
from filmroll.remote.store import Status


class Held:
    """A store that holds one file, in place of the real one.

    Attributes:
        data: The file.
        asked: Bytes that were asked for.
    """

    def __init__(self) -> None:
        self.data, self.asked = b"", 0

    def read_ranges(self, url, starts, stops, *, near_nbytes=0):
        parts = [self.data[start:stop] for start, stop in zip(starts, stops, strict=True)]
        self.asked += sum(map(len, parts))
        return parts


@pytest.fixture(scope="module")
def held():
    """Small pieces, so that records lie across their edges."""
    with pytest.MonkeyPatch.context() as patch:
        made = Held()
        patch.setattr(stores, "read_ranges", made.read_ranges)
        for name, nbytes in (("FIRST_NBYTES", 40), ("MOST_NBYTES", 640), ("PART_NBYTES", 16), ("SPARSE_NBYTES", 100)):
            patch.setattr(ranged, name, nbytes)
        yield made


def opened(held: Held, data: bytes, **options) -> RangedFile:
    held.data, held.asked = data, 0
    path = RemotePath("s3://bucket/a.tfrecord").known(Status(len(data)))
    return RangedFile(path, **{"verify": True, "max_record_nbytes": MAX_RECORD_NBYTES} | options)


def written(path, records) -> bytes:
    with tfrecord.Writer(path, index=False) as writer:
        for record in records:
            writer.write(record)
    return path.read_bytes()


def outcome(call):
    """What comes of a call: its value, or where and of which kind its error is."""
    try:
        return call()
    except Error as exc:
        return type(exc), exc.record, exc.offset


RECORDS = st.lists(st.binary(max_size=300), max_size=12)


@given(RECORDS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_records_and_places_are_those_of_the_disk(tmp_path, held, records):
    file = opened(held, written(tmp_path / "a", records))
    assert [bytes(record) for record in file.records()] == records
    with tfrecord.Reader(tmp_path / "a") as local:
        places = file.scan()
        assert places[:, 0].tolist() == local.offsets.tolist()
    frames = file.frames(places)
    assert [bytes(file.data_of(*each)) for each in zip(frames, places[:, 0].tolist(), strict=True)] == records
    buffer, starts, lengths = file.gathered([memoryview(record) for record in records])
    assert [buffer[s : s + n].tobytes() for s, n in zip(starts, lengths, strict=True)] == records


@given(RECORDS.filter(bool), st.data())
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_is_found_where_it_is_found_on_the_disk(tmp_path, held, records, draw):
    data = bytearray(written(tmp_path / "a", records))
    if draw.draw(st.booleans()):
        data[draw.draw(st.integers(0, len(data) - 1))] ^= 1 << draw.draw(st.integers(0, 7))
    else:
        del data[draw.draw(st.integers(1, len(data))) :]
    (tmp_path / "b").write_bytes(data)
    file = opened(held, bytes(data))
    with tfrecord.Reader(tmp_path / "b", compression=None, index=False) as local:
        assert outcome(lambda: list(map(bytes, file.records()))) == outcome(lambda: list(map(bytes, local)))
        assert outcome(lambda: file.scan().tolist()) == outcome(
            lambda: np.stack((local.offsets, local.sizes + 16), 1).tolist()
        )


def test_data_of_long_records_is_not_read_to_find_them(tmp_path, held):
    file = opened(held, written(tmp_path / "a", [bytes(5000), bytes(6000), bytes(7000), b"x"]))
    assert len(file.scan()) == 4
    assert held.asked < 500


def test_record_is_read_at_its_offset(tmp_path, held):
    file = opened(held, written(tmp_path / "a", [b"hello", b"world!"]))
    assert bytes(file.record_at(21)[0]) == b"world!"
    assert file.record_at(0)[1] == 21
    for offset in (-1, 43, 10**6):
        with pytest.raises(IndexError, match="is out of range: the file has 43 bytes"):
            file.record_at(offset)
    with pytest.raises(ChecksumError):
        file.record_at(3)


def test_index_that_is_wrong_on_a_size_costs_a_request_and_no_record(tmp_path, held):
    file = opened(held, written(tmp_path / "a", [b"hello", b"world!"]))
    frame = file.frames(np.array([[0, 18]]))[0]
    assert bytes(file.data_of(frame, 0)) == b"hello"


def test_record_above_the_limit_is_refused(tmp_path, held):
    file = opened(held, written(tmp_path / "a", [b"hello" * 9]), max_record_nbytes=10)
    for call in (lambda: list(file.records()), file.scan, lambda: file.record_at(0)):
        with pytest.raises(LimitError, match="record size too large"):
            call()


def test_file_that_shrank_meanwhile_is_truncated(tmp_path, held):
    file = opened(held, written(tmp_path / "a", [b"hello", b"world!"]))
    held.data = held.data[:30]
    with pytest.raises(TruncatedError, match="it changed while it was read"):
        list(file.records())


def test_few_of_the_first_records_are_few_bytes(tmp_path, held):
    file = opened(held, written(tmp_path / "a", [bytes(20)] * 1000))
    assert len(next(file.records())) == 20
    assert held.asked == 40


def test_data_is_not_checked_where_nobody_asks(tmp_path, held):
    data = bytearray(written(tmp_path / "a", [b"hello"]))
    data[13] ^= 1
    assert list(map(bytes, opened(held, bytes(data), verify=False).records())) == [bytes(data[12:17])]
