"""Damaged ArrayRecord files: every record whose chunk nothing touched is found again, and none that is not sound."""

import random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filmroll
import peers
from filmroll.errors import Error, FormatError, UnsupportedError
from filmroll.records import array_record, array_record_copy, array_record_rescue, array_record_salvage, kinds, riegeli
from filmroll.records.array_record_salvaged import Reader

pytestmark = peers.needs_array_record
NOISE = random.Random(4)
RECORDS = [
    b"%03d" % number + NOISE.randbytes(size)
    for number, size in enumerate([7, 0, 30_000, 90, 65_000, 9, 20_000, 500] * 2)
]


class Whole(NamedTuple):
    """A file and its chunks of records; too much to be printed."""

    data: bytes
    chunks: list[riegeli.Chunk]

    def __repr__(self):
        return "whole"


def made(path, records=RECORDS, options="group_size:1,uncompressed"):
    """What array_record writes, and where each of its chunks of records is."""
    writer = peers.load("array_record.python.array_record_module").ArrayRecordWriter(str(path), options)
    for record in records:
        writer.write(record)
    writer.close()
    data = path.read_bytes()
    chunks, gaps = array_record_salvage.find(memoryview(data))
    assert not gaps
    return Whole(data, [chunk for chunk in chunks if chunk.type in riegeli.RECORDS][:-2])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return made(tmp_path_factory.mktemp("whole") / "a")


def left(folder, data):
    """The records that are left of a file, and what is told of the rest; the real reader reads them from the copy."""
    (folder / "damaged").write_bytes(data)
    rescued = array_record_rescue.rescue(folder / "damaged")
    array_record_rescue.write(folder / "copy", rescued.view, rescued.chunks)
    reader = peers.load("array_record.python.array_record_module").ArrayRecordReader(str(folder / "copy"))
    records = reader.read_all()
    assert len(records) == rescued.records
    return records, rescued.losses


@pytest.mark.parametrize("options", ["group_size:1,uncompressed", "group_size:3,zstd:3", "group_size:2,transpose:true"])
def test_whole_file_loses_nothing(tmp_path, options):
    data, _ = made(tmp_path / "a", options=options)
    assert left(tmp_path, data) == (RECORDS, [])


def test_real_file_cut_in_front_of_its_footer_keeps_every_record(data, tmp_path):
    digits = (data / "array_record" / "digits.array_record-00000-of-00002").read_bytes()
    records, losses = left(tmp_path, digits[:65536])
    assert [record.decode() for record in records] == list("01234")
    assert not losses


@pytest.mark.parametrize("part", range(40))
def test_file_cut_anywhere_keeps_the_records_before_the_cut(whole, tmp_path, part):
    data, chunks = whole
    cut = 64 + part * (len(data) - 65) // 39
    records, losses = left(tmp_path, data[:cut])
    count = sum(chunk.stop <= cut for chunk in chunks)
    assert records == RECORDS[:count]
    inside = count < len(chunks) and chunks[count].offset < cut
    assert bool(losses) >= inside
    if inside:
        assert [(one.offset, one.nbytes, one.record) for one in losses] == [
            (chunks[count].offset, cut - chunks[count].offset, count)
        ]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 1, exclude_max=True),
            st.sampled_from([1, 7, 40, 3000, 70_000]),
            st.sampled_from(["set", "cut", "add"]),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_every_record_whose_chunk_nothing_touched_is_saved_and_no_other_is_made_up(whole, tmp_path_factory, harms):
    folder = tmp_path_factory.mktemp("harmed")
    data, chunks = whole
    end = chunks[-1].stop
    touched = set()
    for where, nbytes, way in sorted(harms, reverse=True):  # from the back, so that places stay what they are
        at = int(where * chunks[-1].stop)
        gone = min(nbytes, max(0, end - at)) if way != "add" else 0
        noise = random.Random(at).randbytes({"cut": 0, "set": gone, "add": nbytes}[way])
        data = data[:at] + noise + data[at + gone :]
        touched |= {n for n, one in enumerate(chunks) if one.offset < at + max(gone, 1) and at < one.stop}
        end = at
    records, losses = left(folder, data)
    untouched = [record for number, record in enumerate(RECORDS) if number not in touched]
    assert [record for record in records if record in untouched] == untouched
    assert records == [record for record in RECORDS if record in records]
    assert len(records) == len(RECORDS) or losses


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=40), st.integers(0, 80_000)), min_size=1, max_size=4))
def test_any_damage_gives_records_or_an_error_of_filmroll(whole, tmp_path_factory, harms):
    path = tmp_path_factory.mktemp("any") / "a"
    data = whole[0]
    for where, new, gone in harms:
        at = int(where * len(data))
        data = data[:at] + new + data[at + gone :]
    path.write_bytes(data)
    try:
        report = filmroll.repair(path, path.with_name("copy"))
    except Error as error:
        assert error.path == str(path)  # noqa: PT017
    else:
        with array_record.Reader(path.with_name("copy")) as reader:
            found = [bytes(record) for record in reader]
        assert len(found) == report.kept
        assert found == [record for record in RECORDS if record in found]


def test_header_in_a_block_full_of_small_chunks_costs_its_record_alone(tmp_path):
    records = [b"%d" % number for number in range(300)]
    data, chunks = made(tmp_path / "a", records)
    damaged = bytearray(data)
    for number in (0, 150, 299):
        damaged[chunks[number].offset + 9] ^= 1
    found, losses = left(tmp_path, damaged)
    assert found == [record for number, record in enumerate(records) if number not in (0, 150, 299)]
    assert [(one.offset, one.record) for one in losses] == [
        (chunks[n].offset, n - m) for m, n in enumerate((0, 150, 299))
    ]


def test_records_inside_a_record_never_come_out_of_it(whole, tmp_path):
    inner = whole[0]
    data, chunks = made(tmp_path / "a", [b"first", inner, b"last"])
    for position in (3, 30, 50, 70_000):
        damaged = bytearray(data)
        damaged[chunks[1].offset + position] ^= 1
        assert left(tmp_path, damaged)[0] == [b"first", b"last"]


@pytest.mark.parametrize("part", ["footer header", "footer data", "postscript header", "postscript data"])
def test_damaged_footer_or_postscript_costs_no_record(whole, tmp_path, part):
    data, chunks = whole
    footer, postscript = chunks[-1].stop, len(data) - 65536
    at = {
        "footer header": footer + 9,
        "footer data": footer + 60,
        "postscript header": postscript + 30,
        "postscript data": postscript + 70,
    }[part]
    damaged = bytearray(data)
    damaged[at] ^= 1
    records, losses = left(tmp_path, damaged)
    assert records == RECORDS
    assert sum(one.records or 0 for one in losses) == 0


def test_chunks_of_different_numbers_of_records_are_refused(tmp_path):
    view = memoryview(b"")
    with open(tmp_path / "odd", "wb") as file:
        writer = array_record_copy._Writer(file)
        for count in (1, 3, 2, 2):
            writer.write_records([b"x"] * count)
    with pytest.raises(UnsupportedError, match="groups of records differ in their number") as caught:
        array_record_rescue.rescue(tmp_path / "odd")
    assert caught.value.path == str(tmp_path / "odd")
    assert not view


def test_reader_gives_what_is_left_and_tells_the_gaps(whole, tmp_path):
    data, chunks = whole
    (tmp_path / "a").write_bytes(data[: chunks[9].offset + 30])
    with kinds.open_reader(tmp_path / "a", kind="array_record", salvage=True) as reader:
        assert isinstance(reader, Reader)
        assert [bytes(one) for one in reader] == RECORDS[:9] == [bytes(reader[number]) for number in range(9)]
        assert [(gap.offset, gap.nbytes, gap.record) for gap in reader.gaps] == [(chunks[9].offset, 30, 9)]
    (tmp_path / "b").write_bytes(data[: chunks[9].offset])
    with Reader(tmp_path / "b") as reader:
        assert len(reader) == 9
        assert "the footer is damaged or cut off" in str(reader.gaps[0].error)
    (tmp_path / "c").write_bytes(data)
    with Reader(tmp_path / "c") as reader:
        assert (len(reader), reader.gaps) == (16, [])
    (tmp_path / "d").write_bytes(data[:100])
    with pytest.raises(FormatError, match="100 bytes without a footer"):
        Reader(tmp_path / "d")


def test_file_is_known_by_what_is_left_of_its_signature(whole, tmp_path):
    damaged = bytearray(whole[0])
    damaged[3] ^= 1
    (tmp_path / "a").write_bytes(damaged)
    assert kinds.kind_of(tmp_path / "a") == "array_record"
    with kinds.open_reader(tmp_path / "a", kind="array_record", salvage=True) as reader:
        assert [bytes(one) for one in reader] == RECORDS


def test_chunk_that_announces_more_records_than_there_are_bytes_is_not_read(whole, tmp_path):
    data, chunks = whole
    hostile = riegeli.chunk_of(b"\0\1\0", type=ord("r"), records=2**50, decoded_nbytes=0)
    records, losses = left(tmp_path, data[: chunks[2].offset] + hostile.header + b"\0\1\0")
    assert records == RECORDS[:2]
    assert [(one.offset, one.nbytes, one.records) for one in losses] == [(chunks[2].offset, 43, None)]


@pytest.mark.parametrize("nbytes", range(60))
def test_few_bytes_hold_no_chunk(nbytes):
    chunks, gaps = array_record_salvage.find(memoryview(b"\xee" * nbytes))
    assert (chunks, [(gap.offset, gap.stop) for gap in gaps]) == ([], [(0, nbytes)] if nbytes else [])


def test_search_for_chunks_hashes_no_more_than_it_may(monkeypatch):
    header = riegeli.chunk_of(b"x" * 10_000, type=ord("r"), records=1, decoded_nbytes=10_000).header
    hashed = []
    monkeypatch.setattr(array_record_salvage, "HASHED_NBYTES", 50_000)
    monkeypatch.setattr(array_record_salvage, "highway_hash", lambda data: hashed.append(len(data)) or 0)
    array_record_salvage.find(memoryview(b"noise" + header * 3000))
    assert sum(hashed) <= 50_000
