"""Headers are found at every offset, and nowhere else."""

import numpy as np
import pytest

from filmroll.records import framing, headers

HEADER = framing.frame([b"x" * 5])[0]
RECORD = b"".join([HEADER, b"x" * 5, framing.frame([b"x" * 5])[1]])


def search(data: bytes, start: int = 0, stop: int | None = None) -> list[tuple[int, int]]:
    return list(headers.search(np.frombuffer(data, np.uint8), start, stop))


@pytest.mark.parametrize("before", [b"", b"a", b"\0" * 7, bytes(range(1, 40)), b"\0" * 4096])
@pytest.mark.parametrize("after", [b"", b"z" * 9, b"\0" * 100])
def test_header_is_found_between_any_bytes(before, after):
    assert search(before + RECORD + after) == [(len(before), 5)]


def test_header_is_found_across_the_edge_of_a_chunk(monkeypatch):
    monkeypatch.setattr(headers, "CHUNK_NBYTES", 16)
    for offset in range(40):
        assert search(bytes([7]) * offset + RECORD + b"tail") == [(offset, 5)]


def test_record_of_no_bytes_has_a_header_too():
    header, footer = framing.frame([b""])
    assert search(b"\0\0\0" + header + footer + b"\0\0\0") == [(3, 0)]


def test_header_of_the_one_length_whose_checksum_is_zero_is_found():
    length = 233_286_277
    header = framing._header(length)
    assert header[8:] == bytes(4)
    array = np.zeros(length + 100, np.uint8)
    array[50:62] = np.frombuffer(header, np.uint8)
    assert list(headers.search(array, 0, 1000)) == [(50, length)]


def test_record_that_reaches_behind_the_end_is_none():
    assert search(RECORD[:-1]) == []


def test_search_begins_and_ends_where_it_is_told():
    data = RECORD + RECORD
    assert search(data, 1) == [(len(RECORD), 5)]
    assert search(data, 0, len(RECORD)) == [(0, 5)]
    assert search(data, 1, len(RECORD)) == []
    assert search(data, 1, len(RECORD) + 1) == [(len(RECORD), 5)]
    assert search(data, len(RECORD), len(data)) == [(len(RECORD), 5)]


def test_bytes_too_few_for_a_record_hold_none():
    assert search(b"") == search(bytes(15)) == []


@pytest.mark.parametrize("before", [0, 1, 4095, 4096, 5000])
@pytest.mark.parametrize("record", [b"", b"x", b"x" * 300])
def test_record_that_ends_with_the_file_is_found_and_not_one_that_is_a_byte_short(before, record):
    data = b"\x55" * before + b"".join([framing.frame([record])[0], record, framing.frame([record])[1]])
    assert search(data) == [(before, len(record))]
    assert search(data[:-1]) == []


@pytest.mark.parametrize("place", range(12))
def test_header_with_any_byte_changed_is_none(place):
    damaged = bytearray(b"abc" + RECORD)
    for bit in range(8):
        damaged[3 + place] ^= 1 << bit
        assert search(bytes(damaged)) == []
        damaged[3 + place] ^= 1 << bit


def test_many_headers_are_found_with_their_lengths_in_order():
    rng = np.random.default_rng(5)
    parts, wanted, offset = [], [], 0
    for length in rng.integers(0, 3000, 2000).tolist():
        junk, record = b"\x77" * int(rng.integers(0, 40)), b"\x33" * length
        parts += [junk, framing.frame([record])[0], record, framing.frame([record])[1]]
        wanted.append((offset + len(junk), length))
        offset += len(junk) + length + 16
    assert search(b"".join(parts)) == wanted


def test_random_bytes_and_zeros_hold_no_header():
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, 1 << 20, np.uint8)
    noise[rng.random(1 << 20) < 0.8] = 0
    assert list(headers.search(noise, 0)) == []
