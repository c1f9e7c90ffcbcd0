"""Whatever is wrong with a TFRecord file is found, in its record, and said with the place and what to do."""

import pickle

import numpy as np
import pytest

import reference
from filmroll.errors import ChecksumError, Error, LimitError, TruncatedError
from filmroll.records import Reader, index
from records.small_file import FILE, OFFSETS, RECORDS, copied, written


def test_offset_inside_a_record_is_a_checksum_error(path):
    with Reader(path) as reader:
        for offset in (1, 5, 20):
            with pytest.raises(ChecksumError, match="length checksum.*no record begins here") as caught:
                reader.read_at(offset)
            assert caught.value.offset == offset


@pytest.mark.parametrize("with_index", [True, False])
@pytest.mark.parametrize("place", range(len(FILE)))
def test_every_changed_byte_is_found_in_its_record(tmp_path, place, with_index):
    damaged = bytearray(FILE)
    damaged[place] ^= 0x20
    path = written(tmp_path, bytes(damaged))
    if with_index:
        index.write(index.path_of(path), np.stack((OFFSETS, np.diff([*OFFSETS, len(FILE)])), axis=1))
    number = int(np.searchsorted(OFFSETS, place, side="right")) - 1
    reader = Reader(path)
    found = []
    with pytest.raises(ChecksumError) as caught:
        found.extend(bytes(record) for record in reader)
    assert found == RECORDS[:number]
    where = (caught.value.path, caught.value.record, caught.value.offset)
    assert where == (str(path), number, OFFSETS[number])
    kind = "length" if place - OFFSETS[number] < 12 else "data"
    assert caught.value.message.startswith(f"{kind} checksum 0x")
    if with_index or kind == "data":
        with pytest.raises(ChecksumError) as caught:
            reader[number]
        assert (caught.value.path, caught.value.record, caught.value.offset) == where


@pytest.mark.parametrize("end", [n for n in range(1, len(FILE)) if n not in OFFSETS])
def test_file_cut_anywhere_is_truncated_in_its_last_record(tmp_path, end):
    path = written(tmp_path, FILE[:end])
    number = int(np.searchsorted(OFFSETS, end, side="right")) - 1
    with Reader(path) as reader:
        for use in (list, len, lambda reader: reader[0]):
            with pytest.raises(TruncatedError, match=f"{end - OFFSETS[number]} bytes are left") as caught:
                use(reader)
            assert (caught.value.path, caught.value.record, caught.value.offset) == (str(path), number, OFFSETS[number])
        iterator = iter(reader)
        assert [bytes(next(iterator)) for _ in range(number)] == RECORDS[:number]


@pytest.mark.parametrize("end", OFFSETS)
def test_file_cut_between_records_is_a_shorter_file(tmp_path, end):
    assert copied(Reader(written(tmp_path, FILE[:end]))) == RECORDS[: OFFSETS.index(end)]


def test_error_is_the_same_on_a_retry_and_what_comes_before_still_reads(tmp_path):
    with Reader(written(tmp_path, FILE[:-1])) as reader:
        messages = []
        for _ in range(2):
            with pytest.raises(TruncatedError) as caught:
                reader.read_at(54)
            messages.append(str(caught.value))
        assert messages[0] == messages[1]
        assert reader.read_at(19) == (b"bar", 38)


def test_error_names_file_record_offset_and_what_to_do(tmp_path):
    damaged = bytearray(FILE)
    damaged[19 + 12] ^= 1
    path = written(tmp_path, bytes(damaged))
    with pytest.raises(ChecksumError) as caught:
        list(Reader(path))
    stored, computed = reference.masked_crc32c(b"bar"), reference.masked_crc32c(b"car")
    assert str(caught.value) == (
        f"{path}: record 1 at offset 19: data checksum {stored:#010x}, computed {computed:#010x}; "
        "run 'filmroll repair' to keep the records around it"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_unverified_reading_passes_over_damaged_data_only(tmp_path):
    damaged = bytearray(FILE)
    damaged[12] ^= 1
    with Reader(written(tmp_path, bytes(damaged)), verify=False) as reader:
        assert copied(reader) == [b"goo", *RECORDS[1:]]
        assert reader[0] == b"goo"
    damaged[19] ^= 1
    with Reader(written(tmp_path, bytes(damaged)), verify=False) as reader, pytest.raises(ChecksumError):
        list(reader)


@pytest.mark.parametrize("length", [2**31, 2**40, 2**64 - 1])
def test_huge_length_is_refused_without_allocating(tmp_path, length):
    data = length.to_bytes(8, "little")
    header = data + reference.masked_crc32c(data).to_bytes(4, "little")
    with Reader(written(tmp_path, FILE + header + bytes(100))) as reader:
        for use in (list, len):
            with pytest.raises(LimitError, match="record size too large") as caught:
                use(reader)
            assert (caught.value.record, caught.value.offset) == (4, 74)


def test_limit_of_the_caller_holds(path):
    with Reader(path, max_record_nbytes=3) as reader:
        for use in (list, len):
            with pytest.raises(LimitError, match="4 bytes, the limit is 3") as caught:
                use(reader)
            assert (caught.value.record, caught.value.offset) == (3, 54)


def test_damage_late_in_a_large_file_is_found_in_its_record(tmp_path):
    frames = [reference.frame(b"%06d" % number) for number in range(5000)]
    damaged = bytearray(b"".join(frames))
    damaged[22 * 4321 + 13] ^= 1
    path = written(tmp_path, bytes(damaged))
    with pytest.raises(ChecksumError, match="data checksum") as caught:
        list(Reader(path))
    assert (caught.value.record, caught.value.offset) == (4321, 22 * 4321)
    damaged[22 * 2500] ^= 1
    path.write_bytes(damaged)
    for use in (list, len):
        with pytest.raises(ChecksumError, match="length checksum") as caught:
            use(Reader(path))
        assert (caught.value.record, caught.value.offset) == (2500, 22 * 2500)


def test_no_bytes_whatever_raise_anything_but_our_errors(tmp_path):
    generator = np.random.default_rng(7)
    for number in range(300):
        data = generator.bytes(generator.integers(0, 200)) if number % 2 else bytearray(FILE)
        if isinstance(data, bytearray):
            for place in generator.integers(0, len(data), 3):
                data[place] = generator.integers(0, 256)
        path = written(tmp_path, bytes(data))
        for use in (list, len):
            try:
                use(Reader(path))
            except Error as exc:
                assert exc.path == str(path)  # noqa: PT017
                assert exc.offset is not None  # noqa: PT017
