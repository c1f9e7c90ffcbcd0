"""Records in a buffer: known bytes, and a table of every way to damage them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from filmroll.errors import ChecksumError, LimitError, TruncatedError
from filmroll.records import framing

RECORDS = [b"foo", b"bar", b"", b"xxxx" * 20]
FILE = b"".join(map(reference.frame, RECORDS))
OFFSETS = [0, 19, 38, 54]


def unframed(file, offset):
    start, stop, following = framing.unframe(memoryview(file), offset)
    return file[start:stop], following


@given(st.lists(st.binary(max_size=300), max_size=4))
def test_frame_is_what_the_format_says(buffers):
    header, footer = framing.frame(buffers)
    assert header + b"".join(buffers) + footer == reference.frame(b"".join(buffers))


@pytest.mark.parametrize(("number", "offset"), list(enumerate(OFFSETS)))
def test_unframe_finds_each_record_and_the_next(number, offset):
    assert unframed(FILE, offset) == (RECORDS[number], [*OFFSETS, len(FILE)][number + 1])


@pytest.mark.parametrize("place", range(12))
@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_any_changed_bit_of_the_header_is_a_length_checksum_error(place, bit):
    damaged = bytearray(FILE)
    damaged[OFFSETS[1] + place] ^= bit
    with pytest.raises(ChecksumError, match=r"^length checksum 0x[0-9a-f]{8}, computed 0x[0-9a-f]{8}.*filmroll repair"):
        unframed(damaged, OFFSETS[1])


@pytest.mark.parametrize("place", range(12, 19))
@pytest.mark.parametrize("bit", [0x01, 0x80])
def test_any_changed_bit_of_data_or_footer_is_a_data_checksum_error(place, bit):
    damaged = bytearray(FILE)
    damaged[OFFSETS[1] + place] ^= bit
    with pytest.raises(
        ChecksumError, match=r"^data checksum 0x[0-9a-f]{8}, computed 0x[0-9a-f]{8}; run 'filmroll repair'"
    ):
        unframed(damaged, OFFSETS[1])


def test_unverified_data_is_not_looked_at_but_lengths_are():
    damaged = bytearray(FILE)
    damaged[13] ^= 1
    assert framing.unframe(memoryview(damaged), 0, verify=False).next == 19
    damaged[0] ^= 1
    with pytest.raises(ChecksumError, match="length"):
        framing.unframe(memoryview(damaged), 0, verify=False)


@pytest.mark.parametrize("end", range(1, 19))
def test_record_cut_anywhere_is_truncated(end):
    with pytest.raises(TruncatedError, match=f"truncated record: {end} bytes are left"):
        unframed(FILE[:end], 0)


@pytest.mark.parametrize("length", [4, 2**20, 2**31 - 1])
def test_length_beyond_the_end_is_truncated_before_anything_is_read(length):
    header, _ = _header(length)
    with pytest.raises(TruncatedError, match=f"it needs {length + 16} with its 16"):
        unframed(header + FILE[12:19], 0)


@pytest.mark.parametrize("length", [2**31, 2**63, 2**64 - 1])
def test_length_above_the_limit_is_refused(length):
    header, _ = _header(length)
    with pytest.raises(LimitError, match=f"too large: {length} bytes, the limit is 2147483647"):
        unframed(header + FILE[12:], 0)


def _header(length):
    data = length.to_bytes(8, "little")
    return data + reference.masked_crc32c(data).to_bytes(4, "little"), length


def test_limit_of_the_caller_holds():
    assert framing.unframe(memoryview(FILE), 0, max_record_nbytes=3).stop == 15
    with pytest.raises(LimitError):
        framing.unframe(memoryview(FILE), 0, max_record_nbytes=2)


def test_walk_finds_all_records_of_a_sound_file():
    run = framing.walk(memoryview(FILE))
    assert run.offsets.tolist() == OFFSETS
    assert run.lengths.tolist() == [3, 3, 0, 80]
    assert run.next == len(FILE)


def test_walk_of_nothing_is_empty():
    run = framing.walk(memoryview(b""))
    assert (len(run.offsets), len(run.lengths), run.next) == (0, 0, 0)


@pytest.mark.parametrize("end", range(len(FILE)))
def test_walk_stops_before_the_record_that_is_cut(end):
    run = framing.walk(memoryview(FILE[:end]))
    whole = [offset for offset, following in zip(OFFSETS, [*OFFSETS[1:], len(FILE)], strict=True) if following <= end]
    assert run.offsets.tolist() == whole
    assert run.next == [*OFFSETS, len(FILE)][len(whole)]


@pytest.mark.parametrize("place", range(len(FILE)))
def test_walk_stops_before_the_record_whose_header_is_damaged(place):
    damaged = bytearray(FILE)
    damaged[place] ^= 0x10
    run = framing.walk(memoryview(damaged))
    number = int(np.searchsorted(OFFSETS, place, side="right")) - 1
    in_header = place - OFFSETS[number] < 12
    assert run.offsets.tolist() == (OFFSETS[:number] if in_header else OFFSETS)


@pytest.mark.parametrize("length", [2**31, 2**63, 2**64 - 1])
def test_walk_stops_before_a_huge_length(length):
    assert framing.walk(memoryview(FILE + _header(length)[0] + bytes(50))).next == len(FILE)


def test_walk_stops_where_it_is_told_to():
    assert framing.walk(memoryview(FILE), max_records=2).next == OFFSETS[2]
    assert framing.walk(memoryview(FILE), max_nbytes=20).next == OFFSETS[2]
    assert framing.walk(memoryview(FILE), max_nbytes=19).next == OFFSETS[1]
    assert framing.walk(memoryview(FILE), max_nbytes=1).next == OFFSETS[1]
    assert framing.walk(memoryview(FILE), OFFSETS[1], max_records=1).offsets.tolist() == [OFFSETS[1]]
    assert framing.walk(memoryview(FILE), max_record_nbytes=79).next == OFFSETS[3]


@given(st.lists(st.integers(0, 2**62), max_size=20))
def test_length_checksums_computed_at_once_are_those_computed_one_by_one(lengths):
    expected = [reference.masked_crc32c(length.to_bytes(8, "little")) for length in lengths]
    assert framing.crcs_of_lengths(np.array(lengths, np.int64)).tolist() == expected


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_walk_agrees_with_the_plain_reference(records):
    file = b"".join(map(reference.frame, records))
    assert reference.read_records(file) == records
    run = framing.walk(memoryview(file))
    assert [file[o + 12 : o + 12 + n] for o, n in zip(run.offsets, run.lengths, strict=True)] == records


@given(st.binary(max_size=80))
def test_any_bytes_are_walked_to_an_end(file):
    run = framing.walk(memoryview(file))
    assert 0 <= run.next <= len(file)


def test_records_of_one_length_are_found_at_a_glance_and_no_others():
    equal = b"".join(b"".join((head, bytes(30), foot)) for head, foot in [framing.frame([bytes(30)])] * 20)
    run = framing.walk_equal(memoryview(equal))
    assert run.offsets.tolist() == framing.walk(memoryview(equal)).offsets.tolist()
    assert run.lengths.tolist() == [30] * 20
    head, foot = framing.frame([b"longer" * 9])
    for other in (b"", equal[:-1], equal + head + b"longer" * 9 + foot, equal[: 46 * 3], b"x" + equal):
        assert framing.walk_equal(memoryview(other)) is None
    assert framing.walk_equal(memoryview(equal), max_record_nbytes=29) is None
    assert framing.walk_equal(memoryview(equal), max_record_nbytes=30).next == len(equal)
    for place in range(12):
        damaged = bytearray(equal)
        damaged[46 * 13 + place] ^= 1
        assert framing.walk_equal(memoryview(damaged)) is None


@pytest.mark.parametrize("number", [0, 1, 6, 7, 8, 9, 31, 255, 256, 257, 299])
def test_walk_over_records_of_one_length_stops_before_the_one_whose_header_is_damaged(number):
    record = reference.frame(b"equal")
    damaged = bytearray(record * 300)
    damaged[len(record) * number + 9] ^= 1
    run = framing.walk(memoryview(damaged))
    assert run.offsets.tolist() == list(range(0, len(record) * number, len(record)))
    assert run.lengths.tolist() == [5] * number
    assert run.next == len(record) * number


def test_headers_that_are_all_wrong_in_the_same_way_lead_nowhere():
    """As those are that a writer makes who forgets to mask the checksum."""
    length = (5).to_bytes(8, "little")
    header = length + reference.crc32c(length).to_bytes(4, "little")
    file = memoryview((header + b"equal" + bytes(4)) * 300)
    assert (len(framing.walk(file).offsets), framing.walk(file).next) == (0, 0)
    assert framing.walk_equal(file) is None


@pytest.mark.parametrize("count", [1, 7, 8, 9, 1023, 1024, 1025, 3000])
@pytest.mark.parametrize("length", [0, 1, 30])
def test_walk_takes_any_number_of_records_of_one_length_and_one_more_of_another(count, length):
    equal, other = reference.frame(b"\x07" * length), reference.frame(b"another length")
    for file, starts in (
        (equal * count, [*range(0, len(equal) * count, len(equal))]),
        (equal * count + other, [*range(0, len(equal) * count + 1, len(equal))]),
        (other + equal * count, [0, *range(len(other), len(other) + len(equal) * count, len(equal))]),
    ):
        run = framing.walk(memoryview(file))
        assert run.offsets.tolist() == starts
        assert (np.append(run.offsets, run.next)[1:] - run.offsets - 16).tolist() == run.lengths.tolist()
        assert run.next == len(file)


@pytest.mark.parametrize("most", [1, 7, 8, 9, 20, 100])
def test_walk_stops_after_so_many_records_of_one_length(most):
    file = reference.frame(b"equal") * 50
    assert len(framing.walk(memoryview(file), max_records=most).offsets) == min(most, 50)
    assert len(framing.walk(memoryview(file), max_nbytes=21 * most).offsets) == min(most, 50)
    assert len(framing.walk(memoryview(file), max_nbytes=21 * most + 1).offsets) == min(most + 1, 50)
    assert framing.walk(memoryview(file), 21 * 30, max_records=most).next == 21 * min(30 + most, 50)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=12), st.booleans())
def test_records_framed_at_once_are_those_framed_one_by_one(records, equal):
    records = [record[:3].ljust(3) for record in records] if equal else records
    gap = b"between"
    buffer = gap.join([b"", *records])
    lengths = np.array([len(record) for record in records], np.int64)
    starts = np.cumsum(lengths + len(gap)) - lengths
    assert framing.frame_many(memoryview(buffer), starts, lengths) == b"".join(map(reference.frame, records))
    assert framing.frame_many(memoryview(buffer), starts[::-1], lengths[::-1]) == b"".join(
        map(reference.frame, records[::-1])
    )
