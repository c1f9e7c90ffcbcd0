"""What is left of a damaged file: every record that was not touched, and none that was none."""

import numpy as np
import pytest

from filmroll.errors import ChecksumError, TruncatedError
from filmroll.records import framing, salvage
from filmroll.records.framing import MAX_RECORD_NBYTES
from filmroll.records.mapped import MappedFile


def framed(*records: bytes) -> bytes:
    return b"".join(
        part for record in records for part in (framing.frame([record])[0], record, framing.frame([record])[1])
    )


RECORDS = [bytes([65 + number]) * (40 + number) for number in range(6)]
DATA = framed(*RECORDS)
OFFSETS = [len(framed(*RECORDS[:number])) for number in range(7)]


@pytest.fixture
def find(tmp_path):
    def find(data: bytes):
        path = tmp_path / "file"
        path.write_bytes(data)
        file = MappedFile(path, verify=True, max_record_nbytes=MAX_RECORD_NBYTES)
        found = salvage.find(file)
        spans = zip(found.starts.tolist(), found.lengths.tolist(), strict=True)
        return found, [bytes(file.view[start : start + length]) for start, length in spans]

    return find


def changed(data: bytes, start: int, new: bytes, stop: int | None = None) -> bytes:
    return data[:start] + new + data[start + len(new) if stop is None else stop :]


def test_whole_file_is_found_whole(find):
    found, records = find(DATA)
    assert records == RECORDS
    assert found.is_whole
    assert found.offsets.tolist() == OFFSETS[:-1]


def test_empty_file_holds_nothing_and_lacks_nothing(find):
    found, records = find(b"")
    assert (records, found.gaps, found.is_whole) == ([], [], True)


def test_changed_byte_costs_its_record_at_most_and_one_of_a_header_nothing(find):
    for at in range(OFFSETS[2], OFFSETS[3]):
        found, records = find(changed(DATA, at, bytes([DATA[at] ^ 0x10])))
        sound = [record for record, is_sound in zip(records, found.sound, strict=True) if is_sound]
        assert sound == (RECORDS if at < OFFSETS[2] + 12 else RECORDS[:2] + RECORDS[3:])
        assert not found.gaps


def test_record_with_an_overwritten_header_is_found_by_its_data(find):
    found, records = find(changed(DATA, OFFSETS[2], bytes(12)))
    assert records == RECORDS
    assert found.headless.tolist() == [False, False, True, False, False, False]


@pytest.mark.parametrize("number", [0, 2, 4])
def test_record_of_no_bytes_with_an_overwritten_header_is_found_by_its_footer(find, number):
    records = [b"first", b"second", b"third", b"fourth"]
    records.insert(number, b"")
    offset = len(framed(*records[:number]))
    found, kept = find(changed(framed(*records), offset, b"\xee" * 12))
    assert kept == records
    assert found.headless.tolist() == [index == number for index in range(5)]
    assert not found.gaps


@pytest.mark.parametrize(
    ("at", "new", "is_gap"),
    [
        pytest.param(OFFSETS[2] + 12, b"?", False, id="data"),
        pytest.param(OFFSETS[3] - 4, b"????", False, id="footer"),
        pytest.param(OFFSETS[2], bytes(12), False, id="header"),
        pytest.param(OFFSETS[2], bytes(13), True, id="header and data"),
        pytest.param(OFFSETS[6], b"?", True, id="a byte behind the last record"),
    ],
)
def test_file_with_any_damage_is_not_whole(find, at, new, is_gap):
    found, _ = find(changed(DATA, at, new))
    assert not found.is_whole
    assert bool(found.gaps) == is_gap
    assert len(found.starts) + is_gap == (7 if at == OFFSETS[6] else 6)
    assert found.sizes.tolist() == [length + 16 for length in found.lengths]


def test_wrong_data_of_the_last_record_behind_a_gap_is_told_apart_from_the_gap(find):
    data = changed(changed(DATA, OFFSETS[4], b"\xee" * 20), OFFSETS[5] + 15, b"?")
    found, _ = find(data)
    assert found.offsets.tolist() == [*OFFSETS[:4], OFFSETS[5]]
    assert found.sound.tolist() == [True] * 4 + [False]
    assert [(gap.offset, gap.nbytes, gap.record) for gap in found.gaps] == [(OFFSETS[4], 60, 4)]


def test_last_record_with_an_overwritten_header_is_found_too(find):
    found, records = find(changed(DATA, OFFSETS[5], b"\xff" * 12))
    assert records == RECORDS
    assert found.headless[-1]


def test_first_record_lost_says_so(find):
    found, records = find(changed(DATA, 0, bytes(30)))
    assert records == RECORDS[1:]
    [gap] = found.gaps
    assert (gap.offset, gap.nbytes, gap.record) == (0, OFFSETS[1], 0)
    assert isinstance(gap.error, ChecksumError)


@pytest.mark.parametrize("size", [1, 3, 20, 200])
@pytest.mark.parametrize("at", [OFFSETS[2] + 1, OFFSETS[2] + 12, OFFSETS[2] + 30, OFFSETS[3] - 2])
def test_bytes_put_in_cost_one_record(find, at, size):
    found, records = find(DATA[:at] + b"\x5a" * size + DATA[at:])
    assert records == RECORDS[:2] + RECORDS[3:]
    assert [(gap.offset, gap.nbytes) for gap in found.gaps] == [(OFFSETS[2], OFFSETS[3] - OFFSETS[2] + size)]


def test_bytes_put_between_records_cost_none(find):
    found, records = find(DATA[: OFFSETS[2]] + b"junk" + DATA[OFFSETS[2] :])
    assert records == RECORDS
    assert [(gap.offset, gap.nbytes, gap.record) for gap in found.gaps] == [(OFFSETS[2], 4, 2)]


@pytest.mark.parametrize("size", [1, 12, 40])
@pytest.mark.parametrize("at", [OFFSETS[2], OFFSETS[2] + 5, OFFSETS[2] + 13])
def test_bytes_taken_out_cost_the_record_they_were_of(find, at, size):
    found, records = find(DATA[:at] + DATA[at + size :])
    assert records == RECORDS[:2] + RECORDS[3:]
    assert len(found.gaps) == 1


def test_file_cut_anywhere_keeps_all_before(find):
    for at in range(1, OFFSETS[6]):
        found, records = find(DATA[:at])
        assert records == RECORDS[: sum(offset <= at for offset in OFFSETS[1:])]
        if at in OFFSETS:
            assert not found.gaps
        else:
            assert isinstance(found.gaps[0].error, TruncatedError)


def test_wrong_data_behind_a_right_length_is_told_apart(find):
    found, records = find(changed(DATA, OFFSETS[2] + 20, b"?"))
    assert len(records) == 6
    assert found.sound.tolist() == [True, True, False, True, True, True]
    assert not found.gaps


def test_wrong_data_before_an_overwritten_header_keeps_both_apart(find):
    data = changed(changed(DATA, OFFSETS[2] + 20, b"?"), OFFSETS[3], bytes(12))
    found, records = find(data)
    assert found.sound.tolist() == [True, True, False, True, True, True]
    assert found.headless.tolist() == [False, False, False, True, False, False]
    assert records[3] == RECORDS[3]


def test_damage_in_many_places_costs_the_records_touched_alone(find):
    data = changed(
        changed(changed(DATA, OFFSETS[5] + 3, bytes(20)), OFFSETS[3] + 3, bytes(20)), OFFSETS[1] + 3, bytes(20)
    )
    found, records = find(data)
    assert records == RECORDS[::2]
    assert len(found.gaps) == 3


# Records that hold records.

INNER = framed(*RECORDS[:3])


def field(inner: bytes) -> bytes:
    """A message of protobuf with one field that holds these bytes, and something behind it."""
    length = len(inner)
    return b"\x0a" + bytes([length & 0x7F | 0x80, length >> 7]) + inner + b"\x12\x05after"


NESTED = [RECORDS[3], field(INNER), RECORDS[4], field(framed(*RECORDS[1:4])), RECORDS[5]]
NESTED_DATA = framed(*NESTED)
NESTED_OFFSETS = [len(framed(*NESTED[:number])) for number in range(6)]


def test_records_inside_a_sound_record_are_none(find):
    assert find(NESTED_DATA)[1] == NESTED


HARMS = {
    "flip": lambda at: changed(NESTED_DATA, at, bytes([NESTED_DATA[at] ^ 1])),
    "insert": lambda at: NESTED_DATA[:at] + b"\x77\x66\x55" + NESTED_DATA[at:],
    "delete": lambda at: NESTED_DATA[:at] + NESTED_DATA[at + 2 :],
    "zero": lambda at: changed(NESTED_DATA, at, bytes(min(9, NESTED_OFFSETS[2] - at))),
}


@pytest.mark.parametrize("harm", HARMS)
def test_records_inside_a_damaged_record_are_none_of_the_file(find, harm):
    for at in range(NESTED_OFFSETS[1], NESTED_OFFSETS[2] - 1):
        found, records = find(HARMS[harm](at))
        sound = [record for record, is_sound in zip(records, found.sound, strict=True) if is_sound]
        assert [record for record in sound if record != NESTED[1]] == [NESTED[0], *NESTED[2:]]


def test_frames_in_a_lone_message_are_told_by_the_length_before_them(find):
    data = framed(RECORDS[3], field(INNER), RECORDS[4])
    at = OFFSETS[0] + len(framed(RECORDS[3]))
    _, records = find(changed(data, at, b"\xee" * 12 + b"\x0b"))  # header and tag: nothing proves the record
    assert records[0] == RECORDS[3]
    assert records[-1] == RECORDS[4]


def test_bytes_taken_out_that_lead_from_one_record_to_frames_in_the_next_deceive_nobody(find):
    at, size = NESTED_OFFSETS[2] + 20, 12 + NESTED[3].index(framed(*RECORDS[1:4]))
    found, records = find(NESTED_DATA[:at] + NESTED_DATA[at + size :])
    assert records == [*NESTED[:2], *NESTED[3:]]
    assert len(found.gaps) == 1


def test_bytes_taken_out_that_join_two_headers_deceive_nobody(find):
    at, size = NESTED_OFFSETS[3] + 8, 12 + NESTED[3].index(framed(*RECORDS[1:4]))
    _, records = find(NESTED_DATA[:at] + NESTED_DATA[at + size :])
    assert records == [*NESTED[:3], NESTED[4]]


def test_frames_left_out_are_counted(find):
    at = NESTED_OFFSETS[1]
    data = NESTED_DATA[:at] + NESTED_DATA[at + 10 :]
    found, records = find(data)
    assert [record for record in records if record in NESTED] == [NESTED[0], *NESTED[2:]]
    assert len(records) == 4
    [gap] = found.gaps
    assert len(gap.doubtful) == 3


def test_frames_between_two_damages_are_records_where_no_record_holds_frames(find):
    data = changed(changed(DATA, OFFSETS[1], bytes(20)), OFFSETS[3], bytes(20))
    assert find(data)[1] == [RECORDS[0], RECORDS[2], RECORDS[4], RECORDS[5]]


def test_hostile_headers_that_announce_the_whole_file_take_no_time_each(find):
    count, nbytes = 20_000, 1 << 22
    body = bytearray(nbytes)
    for number in range(count):
        offset = 1 + number * 100
        body[offset : offset + 12] = framing._header(nbytes - offset - 100)
    found, records = find(bytes(body))  # 80 GB of checksums, if each were gone through
    assert records == []
    assert np.array_equal([gap.nbytes for gap in found.gaps], [nbytes])


def test_thousands_of_damages_cost_no_more_each_than_a_few(find):
    count = 6000
    records = [bytes([number & 0x7F]) * 20 for number in range(count)]
    data = bytearray(framed(*records))
    for number in range(0, count, 2):
        data[number * 36 : number * 36 + 20] = b"\xee" * 20
    found, kept = find(bytes(data))
    assert kept == records[1::2]
    assert len(found.gaps) == count // 2
    assert [gap.record for gap in found.gaps] == list(range(count // 2))
