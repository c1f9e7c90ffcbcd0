"""Damaged ArrayRecord files repaired: what array_record reads of the copy, and what is told."""

import pytest

import filmroll
import peers
import pictures
from filmroll.records import array_record, array_record_salvage, cache, riegeli

pytestmark = peers.needs_array_record
RECORDS = [b"%02d" % number * 3000 for number in range(12)]


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "in" / "shard.array_record"
    path.parent.mkdir()
    with array_record.Writer(path) as writer:
        for record in RECORDS:
            writer.write(record)
    return path


def places(path):
    chunks, _ = array_record_salvage.find(memoryview(path.read_bytes()))
    return [chunk for chunk in chunks if chunk.type in riegeli.RECORDS][:-2]


def read(path):
    return peers.load("array_record.python.array_record_module").ArrayRecordReader(str(path)).read_all()


def test_file_cut_short_keeps_the_records_before_the_cut_and_passes_verify(shard, tmp_path):
    chunks = places(shard)
    shard.write_bytes(shard.read_bytes()[: chunks[7].offset + 100])
    report = filmroll.repair(shard, tmp_path / "copy")
    assert read(tmp_path / "copy") == RECORDS[:7]
    assert (report.kept, report.lost, report.lost_is_exact, report.lost_nbytes) == (7, 1, False, 100)
    [loss] = report.losses
    assert (loss.kind, loss.record, loss.offset, loss.records) == ("gap", 7, chunks[7].offset, None)
    assert "a chunk of 6004 bytes, 60 are left" in loss.error
    assert not filmroll.verify(tmp_path / "copy").faults
    assert [fault.offset for fault in filmroll.verify(shard).faults] == [chunks[7].offset]


def test_damaged_chunk_is_left_out_and_its_records_are_counted(shard, tmp_path):
    chunks = places(shard)
    data = bytearray(shard.read_bytes())
    data[chunks[3].offset + 500] ^= 1
    shard.write_bytes(data)
    report = filmroll.repair(shard, tmp_path / "copy", keep_bad_data=True)
    assert read(tmp_path / "copy") == RECORDS[:3] + RECORDS[4:]
    assert (report.kept, report.lost, report.lost_is_exact, report.bad_data) == (11, 1, True, [])
    [loss] = report.losses
    assert (loss.kind, loss.record, loss.offset, loss.records) == ("bad data", 3, chunks[3].offset, 1)
    assert loss.error == "the data of a chunk differs from its hash"


def test_chunk_with_a_damaged_header_is_counted_by_the_footer(shard, tmp_path, run):
    chunks = places(shard)
    data = bytearray(shard.read_bytes())
    data[chunks[3].offset + 10] ^= 1
    shard.write_bytes(data)
    code, out, err = run("repair", shard, tmp_path / "copy")
    assert read(tmp_path / "copy") == RECORDS[:3] + RECORDS[4:]
    assert (code, err) == (1, "")
    nbytes = chunks[4].offset - chunks[3].offset
    assert out.splitlines() == [
        f"{shard}: record 3 at offset {chunks[3].offset}: {nbytes:,} bytes: no chunk begins here",
        f"11 records kept, 1 lost, {nbytes:,} bytes: {tmp_path / 'copy'}",
    ]


def test_file_without_its_footer_loses_nothing_that_anybody_knows_of(shard, tmp_path, run):
    shard.write_bytes(shard.read_bytes()[: places(shard)[-1].stop])
    code, out, _ = run("repair", shard, tmp_path / "copy")
    assert code == 1
    assert "bytes without a footer at the end\n12 records kept, nobody knows how many lost, 0 bytes" in out
    assert read(tmp_path / "copy") == RECORDS


def test_whole_file_is_copied_byte_for_byte(shard, tmp_path):
    report = filmroll.repair(shard, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == shard.read_bytes()
    assert (report.kept, report.lost, report.lost_is_exact, report.losses) == (12, 0, True, [])


@pytest.mark.parametrize("options", ["group_size:4,zstd:3", "group_size:5,brotli:6", "group_size:3,transpose:true"])
def test_groups_and_their_compression_stay_what_they_are(tmp_path, options):
    module = peers.load("array_record.python.array_record_module")
    writer = module.ArrayRecordWriter(str(tmp_path / "a"), options)
    for record in RECORDS:
        writer.write(record)
    writer.close()
    whole = (tmp_path / "a").read_bytes()
    size = int(options[11])
    (tmp_path / "a").write_bytes(whole[: places(tmp_path / "a")[1].stop + 10])
    filmroll.repair(tmp_path / "a", tmp_path / "copy")
    assert read(tmp_path / "copy") == RECORDS[: 2 * size]
    assert f"group_size:{size}," in module.ArrayRecordReader(str(tmp_path / "copy")).writer_options_string()
    assert (tmp_path / "copy").stat().st_size < 2 * 65536 + 2 * size * 6100


def test_manifest_tells_how_many_records_were_lost_and_goes_with_the_copy(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    [shard] = filmroll.pack(folder, tmp_path / "in" / "roll.array_record", to="array_record").shards
    with filmroll.open(shard) as roll:
        before = [(one.key, bytes(one.encoded), one.label) for one in roll]
    shard.write_bytes(shard.read_bytes()[: places(shard)[5].offset])
    report = filmroll.repair(shard, tmp_path / "out" / shard.name)
    assert (report.kept, report.lost, report.lost_is_exact) == (5, len(before) - 5, True)
    with filmroll.open(tmp_path / "out" / shard.name) as roll:
        assert [(one.key, bytes(one.encoded), one.label) for one in roll] == before[:5]
    with pytest.warns(filmroll.DamageWarning, match="footer"), filmroll.open(shard, on_error="salvage") as roll:
        assert [(one.key, bytes(one.encoded), one.label) for one in roll] == before[:5]


def test_file_that_lost_all_its_records_is_refused_and_leaves_nothing(shard, tmp_path):
    shard.write_bytes(shard.read_bytes()[:500])
    with pytest.raises(filmroll.SourceError, match="no whole record was found in it"):
        filmroll.repair(shard, tmp_path / "out" / "copy")
    assert not list((tmp_path / "out").iterdir())


def test_full_disk_leaves_nothing(shard, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("filmroll.records.array_record_copy.write", refuse)
    with pytest.raises(OSError, match="No space left"):
        filmroll.repair(shard, tmp_path / "out" / "copy")
    assert not list((tmp_path / "out").iterdir())
    assert cache.local(shard) == shard


@pytest.mark.parametrize("beginning", [bytes(900), b"\xee" * 900, b"\xee"])
def test_file_whose_beginning_is_gone_is_known_by_its_middle(shard, tmp_path, beginning):
    shard.write_bytes(beginning + shard.read_bytes()[900:])
    report = filmroll.repair(shard, tmp_path / "copy")
    assert read(tmp_path / "copy") == RECORDS[1:]
    assert report.losses[0].offset == 0
