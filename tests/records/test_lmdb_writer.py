"""Writing LMDB environments: whole or not at all, and read back by LMDB's own library."""

import os
import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filmroll.errors import EncodeError, LimitError
from filmroll.records import lmdb_writer
from filmroll.records.lmdb import Reader, Writer
from records.lmdb_files import read


def test_lmdb_reads_records_in_order_under_numbered_keys(tmp_path):
    with Writer(tmp_path / "a.lmdb") as writer:
        writer.write(b"first", key="cats/7 b.jpg")
        writer.write(b"second")
        writer.write(b"third", key="é")
        assert (writer.count, writer.records, writer.nbytes) == (3, 3, 16)
    assert read(tmp_path / "a.lmdb") == [
        (b"00000000_cats/7 b.jpg", b"first"),
        (b"00000001", b"second"),
        ("00000002_é".encode(), b"third"),
    ]


def test_name_that_is_the_records_own_number_is_not_put_there_twice(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"x", key="00000000")
        writer.write(b"y", key="00000007")
    assert [key for key, _ in read(tmp_path / "a")] == [b"00000000", b"00000001_00000007"]


def test_folder_holds_the_file_alone_no_longer_than_its_pages_and_of_caffes_version(tmp_path):
    with Writer(tmp_path / "a") as writer:
        for _ in range(1000):
            writer.write(bytes(1000))
    assert os.listdir(tmp_path) == ["a"]
    assert os.listdir(tmp_path / "a") == ["data.mdb"]
    content = (tmp_path / "a" / "data.mdb").read_bytes()
    assert len(content) < 1.5 * 1000 * 1000
    assert struct.unpack_from("<II", content, 16) == (0xBEEFC0DE, 1)


@pytest.mark.parametrize(
    "record",
    [
        b"abcdef",
        bytearray(b"abcdef"),
        memoryview(b"abcdef"),
        memoryview(np.frombuffer(b"abcdef", "<u2")),
        [b"abc", bytearray(b"de"), memoryview(b"f")],
        (b"", b"abcdef", b""),
    ],
)
def test_record_is_any_buffer_or_several(tmp_path, record):
    with Writer(tmp_path / "a") as writer:
        writer.write(record)
    assert read(tmp_path / "a") == [(b"00000000", b"abcdef")]


def test_buffer_changed_after_write_does_not_change_the_record(tmp_path):
    buffer = bytearray(b"abc")
    with Writer(tmp_path / "a") as writer:
        writer.write(buffer)
        writer.write_many(buffer, [0, 1], [1, 2])
        buffer[:] = b"xyz"
    assert [value for _, value in read(tmp_path / "a")] == [b"abc", b"a", b"bc"]


@pytest.mark.parametrize("record", [5, None, "text", [b"a", 5], np.zeros(3)])
def test_record_of_another_type_is_refused_and_nothing_is_written(tmp_path, record):
    with Writer(tmp_path / "a") as writer:
        with pytest.raises(TypeError):
            writer.write(record)
        writer.write(b"fine")
    assert read(tmp_path / "a") == [(b"00000000", b"fine")]


def test_empty_environment_is_one(tmp_path):
    with Writer(tmp_path / "a"):
        pass
    assert read(tmp_path / "a") == list(Reader(tmp_path / "a")) == []


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.binary(max_size=9000), st.text(st.characters(exclude_categories=["Cs"]), max_size=100))),
    st.integers(1, 5),
)
def test_any_records_come_back_by_both_readers(tmp_path_factory, records, batch):
    folder = tmp_path_factory.mktemp("any") / "a"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lmdb_writer, "BATCH_RECORDS", batch)
        with Writer(folder) as writer:
            for value, key in records:
                writer.write(value, key=key)
    assert [value for _, value in read(folder)] == [value for value, _ in records]
    with Reader(folder) as reader:
        assert [bytes(record) for record in reader] == [value for value, _ in records]
        names = [reader.key(number).decode()[8:] for number in range(len(records))]
    assert names == ["_" + key if key and key != f"{n:08}" else "" for n, (_, key) in enumerate(records)]


@pytest.mark.parametrize(
    ("starts", "lengths"),
    [
        ([0, 3, 6], [3, 3, 3]),
        ([6, 3, 0], [3, 3, 3]),
        ([0, 0, 0], [9, 9, 9]),
        ([1, 4], [2, 2]),
        ([2], [5]),
        ([0, 1, 9], [1, 8, 0]),
        ([0, 0], [0, 0]),
        ([], []),
    ],
)
def test_many_records_of_one_buffer_are_as_those_written_singly(tmp_path, starts, lengths):
    buffer = b"abcdefgh\0"
    with Writer(tmp_path / "a") as writer:
        writer.write(b"before", key="k")
        writer.write_many(buffer, starts, lengths)
        writer.write(b"after")
        assert writer.nbytes == 11 + sum(lengths)
    expected = [b"before", *(buffer[start : start + n] for start, n in zip(starts, lengths, strict=True)), b"after"]
    assert [value for _, value in read(tmp_path / "a")] == expected
    assert [key[:8] for key, _ in read(tmp_path / "a")] == [b"%08d" % number for number in range(len(expected))]


def test_many_records_have_the_keys_given(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.write_many(b"abc", [0, 1, 2], [1, 1, 1], keys=["x", "", "z"])
        writer.write_many(bytes(5000), range(5000), [1] * 5000, keys=[f"n{n}" for n in range(5000)])
    found = read(tmp_path / "a")
    assert found[:3] == [(b"00000000_x", b"a"), (b"00000001", b"b"), (b"00000002_z", b"c")]
    assert found[-1][0] == b"00005002_n4999"
    assert len(found) == 5003


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((b"abc", [0, 1], [1]), ValueError, "one shape"),
        ((b"abc", [0, 2], [1, 2]), ValueError, "record 1, 2 bytes at 2, is not inside the 3 bytes"),
        ((b"abc", [0.5], [1]), TypeError, "integers"),
        (("abc", [0], [1]), TypeError, "bytes-like"),
    ],
)
def test_places_that_are_none_are_refused_and_nothing_is_written(tmp_path, arguments, error, words):
    with Writer(tmp_path / "a") as writer:
        with pytest.raises(error, match=words):
            writer.write_many(*arguments)
        with pytest.raises(ValueError, match="2 keys for 1 records"):
            writer.write_many(b"abc", [0], [1], keys=["a", "b"])
    assert read(tmp_path / "a") == []


def test_map_grows_as_often_as_it_is_full_and_no_record_is_lost_or_there_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(lmdb_writer, "FIRST_MAP_NBYTES", 1 << 16)
    generator = random.Random(0)
    records = [generator.randbytes(generator.choice([10, 3000, 50_000])) for _ in range(400)]
    with Writer(tmp_path / "a") as writer:
        for record in records[:200]:
            writer.write(record)
        buffer = b"".join(records[200:])
        lengths = np.array([len(record) for record in records[200:]])
        writer.write_many(buffer, np.cumsum(lengths) - lengths, lengths)
    assert [value for _, value in read(tmp_path / "a")] == records


def test_batches_end_at_many_bytes_too(tmp_path, monkeypatch):
    monkeypatch.setattr(lmdb_writer, "BATCH_NBYTES", 1000)
    with Writer(tmp_path / "a") as writer:
        for number in range(10):
            writer.write(bytes([number]) * 400)
        assert len(writer._pending) == 1
    assert [value[0] for _, value in read(tmp_path / "a")] == list(range(10))


def test_key_of_511_bytes_is_the_longest(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"x", key="k" * 502)
        with pytest.raises(EncodeError, match="a key of 512 bytes, LMDB takes 511 at most") as caught:
            writer.write(b"y", key="k" * 503)
        assert (caught.value.path, caught.value.record) == (str(tmp_path / "a"), 1)
        assert "\n" not in str(caught.value)
        writer.write(b"z", key="é" * 251)
    assert [value for _, value in read(tmp_path / "a")] == [b"x", b"z"]


def test_number_of_9_digits_is_refused_for_it_would_be_out_of_order(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.count = 10**8 - 2
        writer.write(b"x")
        writer.write_many(b"y", [0], [1])
        for write in (lambda: writer.write(b"z"), lambda: writer.write_many(b"z", [0], [1])):
            with pytest.raises(EncodeError, match="numbered up to 99999999"):
                write()
    assert read(tmp_path / "a") == [(b"99999998", b"x"), (b"99999999", b"y")]


def test_record_longer_than_readers_accept_is_refused(tmp_path):
    with Writer(tmp_path / "a") as writer:
        with pytest.raises(LimitError, match="at most 2147483647 bytes"):
            writer.write_many(np.zeros(2**31, np.uint8), [0], [2**31])
        assert writer.count == 0


def test_keys_without_numbers_are_taken_as_they_are_in_any_order(tmp_path):
    with Writer(tmp_path / "a", numbered=False) as writer:
        for key in ("b", "d", "a", "c", "e"):
            writer.write(key.encode() * 2, key=key)
        writer.write_many(b"xyz", [0, 1, 2], [1, 1, 1], keys=["ab", "f", "0"])
        assert writer.count == 8
        assert writer.nbytes == 13
    assert read(tmp_path / "a") == [
        (b"0", b"z"), (b"a", b"aa"), (b"ab", b"x"), (b"b", b"bb"), (b"c", b"cc"), (b"d", b"dd"), (b"e", b"ee"),
        (b"f", b"y"),
    ]  # fmt: skip


def test_key_that_is_there_already_is_refused_and_the_first_record_stays(tmp_path):
    with Writer(tmp_path / "a", numbered=False) as writer:
        writer.write(b"1", key="b")
        writer.write(b"2", key="c")
        for key in ("c", "b"):
            with pytest.raises(EncodeError, match="is there already") as caught:
                writer.write(b"3", key=key)
            assert caught.value.record == 2
        assert writer.count == 2
        writer.write(b"4", key="a")
    assert read(tmp_path / "a") == [(b"a", b"4"), (b"b", b"1"), (b"c", b"2")]


@pytest.mark.parametrize("key", [None, ""])
def test_record_without_a_key_is_refused_where_keys_are_not_numbered(tmp_path, key):
    with Writer(tmp_path / "a", numbered=False) as writer:
        with pytest.raises(EncodeError, match="without a key"):
            writer.write(b"1", key=key)
        with pytest.raises(EncodeError, match="without a key"):
            writer.write_many(b"1", [0], [1])


@pytest.mark.parametrize("numbered", [True, False])
def test_key_that_is_no_text_is_a_type_error_and_nothing_is_written(tmp_path, numbered):
    with Writer(tmp_path / "a", numbered=numbered) as writer:
        with pytest.raises(TypeError, match="a key is text, not bytes"):
            writer.write(b"1", key=b"name")
        with pytest.raises(TypeError, match="a key is text, not int"):
            writer.write_many(b"1", [0], [1], keys=[7])
        assert writer.records == 0
