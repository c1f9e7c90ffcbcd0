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


def test_bytes_too_few_for_a_record_hold_none():
    assert search(b"") == search(bytes(15)) == []


def test_random_bytes_and_zeros_hold_no_header():
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 256, 1 << 20, np.uint8)
    noise[rng.random(1 << 20) < 0.8] = 0
    assert list(headers.search(noise, 0)) == []
