"""An index beside a TFRecord file, or given by the caller: used where it can be believed, and nowhere else."""

import os

import pytest

from filmroll.errors import ChecksumError, ParseError
from filmroll.records import Reader, Writer, index, tfrecord
from records.small_file import OFFSETS, RECORDS, copied, write


def test_index_beside_the_file_is_used(tmp_path):
    write(tmp_path / "a", RECORDS)
    damaged = bytearray((tmp_path / "a").read_bytes())
    damaged[19] ^= 1  # a scan would stop here
    (tmp_path / "a").write_bytes(damaged)
    os.utime(index.path_of(tmp_path / "a"))
    with Reader(tmp_path / "a") as reader:
        assert len(reader) == 4
        assert reader[3] == b"xxxx"
    with Reader(tmp_path / "a", index=False) as reader, pytest.raises(ChecksumError):
        len(reader)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(b"0 19\n19 19\n38 16\n", id="ends early"),
        pytest.param(b"19 19\n38 16\n54 20\n", id="begins late"),
        pytest.param(b"0 19\n38 16\n54 20\n", id="gap"),
        pytest.param(b"0 19\n19 19\n38 16\n54 21\n", id="ends late"),
        pytest.param(b"", id="empty"),
    ],
)
def test_index_beside_the_file_that_does_not_cover_it_is_passed_over(path, lines):
    index.path_of(path).write_bytes(lines)
    with Reader(path) as reader:
        assert reader.offsets.tolist() == OFFSETS


def test_index_older_than_the_file_is_passed_over(path):
    index.path_of(path).write_bytes(b"0 37\n37 37\n")
    os.utime(index.path_of(path), (1, 1))
    with Reader(path) as reader:
        assert reader.offsets.tolist() == OFFSETS


def test_malformed_index_beside_the_file_is_named_with_what_to_do(path):
    index.path_of(path).write_bytes(b"0 19\nnonsense\n")
    with Reader(path) as reader:
        assert copied(reader) == RECORDS  # no index is needed for this
        with pytest.raises(ParseError, match="line 2.*delete the index") as caught:
            len(reader)
        assert caught.value.path == str(index.path_of(path))


def test_index_that_lies_about_places_is_found_out_by_the_checksum(path):
    index.path_of(path).write_bytes(b"0 20\n20 18\n38 16\n54 20\n")
    with Reader(path) as reader, pytest.raises(ChecksumError, match="length checksum") as caught:
        reader[1]
    assert (caught.value.record, caught.value.offset) == (1, 20)


def test_index_with_every_second_line_removed_gives_exactly_those_records(tmp_path):
    records = [b"%d" % number for number in range(100)]
    write(tmp_path / "a", records)
    lines = index.path_of(tmp_path / "a").read_bytes().splitlines(keepends=True)
    (tmp_path / "half.idx").write_bytes(b"".join(lines[::2]))
    with Reader(tmp_path / "a", index=tmp_path / "half.idx") as reader:
        assert copied(reader) == records[::2]
        assert len(reader) == 50
        assert reader[-1] == b"98"
        assert copied(reader.read([3, 1])) == [b"6", b"2"]


def test_index_of_the_caller_must_exist_and_lie_inside_the_file(path):
    with Reader(path, index=path.with_name("none.idx")) as reader, pytest.raises(FileNotFoundError):
        len(reader)
    path.with_name("long.idx").write_bytes(b"0 75\n")
    with Reader(path, index=str(path.with_name("long.idx"))) as reader, pytest.raises(ParseError, match="only 74"):
        len(reader)


def test_index_of_a_large_file_is_read_before_its_records_are_compared(tmp_path, monkeypatch):
    path = tmp_path / "a.tfrecord"
    with Writer(path) as writer:
        for number in range(100):
            writer.write(bytes([number]) * 40)
    monkeypatch.setattr(tfrecord, "LARGE_NBYTES", 1)
    monkeypatch.setattr(tfrecord.MappedFile, "scan_equal", lambda file: pytest.fail("the records were compared"))
    with Reader(path) as reader:
        assert [record[0] for record in reader.read(range(99, -1, -1))] == list(range(99, -1, -1))
    index.path_of(path).unlink()
    monkeypatch.undo()
    monkeypatch.setattr(tfrecord, "LARGE_NBYTES", 1)
    with Reader(path) as reader:
        assert len(reader) == 100


def test_index_with_a_gap_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(tfrecord, "CHUNK_RECORDS", 7)
    path = tmp_path / "a.tfrecord"
    with Writer(path) as writer:
        for number in range(50):
            writer.write(bytes(number))
    lines = index.path_of(path).read_text().splitlines()
    for gap in (0, 6, 7, 8, 49):
        index.path_of(path).write_text("\n".join(lines[:gap] + lines[gap + 1 :]))
        with Reader(path) as reader:
            assert len(reader) == 50
