"""The checksum of a run follows from those of its records, and of no others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filmroll
from filmroll.errors import ChecksumError
from filmroll.records import checksum, combined, framing


def facts(records) -> tuple[bytes, dict]:
    run = b"".join(b"".join((head, record, foot)) for record in records for head, foot in [framing.frame([record])])
    lengths = np.array([len(record) for record in records], np.int64)
    return run, {
        "lengths": lengths,
        "length_crcs": checksum.unmask(framing.crcs_of_lengths(lengths)),
        "data_crcs": np.array([checksum.crc32c(record) for record in records], np.int64),
    }


@given(st.lists(st.binary(max_size=70), min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_run_has_the_checksum_that_its_records_tell(records):
    run, known = facts(records)
    assert combined.crc32c_of_run(**known) == checksum.crc32c(run)


@pytest.mark.parametrize("sizes", [[1000] * 1001, [0] * 7, list(range(0, 3000, 7)), [5, 100_000, 5]])
def test_equal_varied_empty_and_long_records(sizes):
    rng = np.random.default_rng(1)
    run, known = facts([rng.bytes(size) for size in sizes])
    assert combined.crc32c_of_run(**known) == checksum.crc32c(run)


@given(st.integers(0, 2**32 - 1), st.integers(0, 70_000))
def test_shift_is_what_zero_bytes_do(crc, nbytes):
    wanted = checksum.crc32c(bytes(nbytes), crc) ^ checksum.crc32c(bytes(nbytes))
    assert combined.shift(np.array([crc]), nbytes).tolist() == [wanted]
    assert combined.shift(np.array([crc, 0]), np.array([nbytes, 3])).tolist() == [wanted, 0]


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_shifts_add_up_over_gigabytes(one, two):
    crcs = np.array([1, 0x80000000, 0xDEADBEEF])
    assert np.array_equal(combined.shift(combined.shift(crcs, one), two), combined.shift(crcs, one + two))


@pytest.mark.parametrize("equal", [True, False])
def test_every_damaged_byte_of_small_records_is_found_in_its_record(tmp_path, equal):
    rng = np.random.default_rng(2)
    records = [rng.bytes(30 if equal else 25 + number % 9) for number in range(20)]
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path, index=False) as writer:
        for record in records:
            writer.write(record)
    whole = path.read_bytes()
    with filmroll.Reader(path) as reader:
        places = [
            (int(offset) + 12, int(offset) + 12 + len(record) + 4)
            for offset, record in zip(reader.offsets, records, strict=True)
        ]
    for number, (start, stop) in enumerate(places):
        for offset in range(start, stop):
            path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 0x40]) + whole[offset + 1 :])
            seen = []
            with filmroll.Reader(path) as reader, pytest.raises(ChecksumError) as caught:
                seen.extend(map(bytes, reader))
            assert caught.value.record == number
    path.write_bytes(whole)
    assert list(map(bytes, filmroll.Reader(path))) == records


def test_records_before_the_damaged_one_are_read(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path, index=False) as writer:
        for number in range(100):
            writer.write(b"%03d" % number)
    data = bytearray(path.read_bytes())
    data[70 * 19 + 13] ^= 1
    path.write_bytes(data)
    seen = []
    with pytest.raises(ChecksumError):
        for record in filmroll.Reader(path):
            seen.append(bytes(record))
    assert seen == [b"%03d" % number for number in range(70)]
