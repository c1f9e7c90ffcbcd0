"""Damaged tars repaired: what tarfile and WebDataset read of the copy, what is told, what stands beside it."""

import gzip
import io
import json
import tarfile

import pytest

import filmroll
import peers
import pictures
from records.tar_files import made, plain

JPEG = pictures.jpeg()
MEMBERS = [(f"{n:03d}.{field}", data) for n in range(6) for field, data in (("jpg", JPEG), ("cls", b"%d" % n))]
WHOLE = made(MEMBERS)
with tarfile.open(fileobj=io.BytesIO(WHOLE)) as _archive:
    INFOS = _archive.getmembers()


@pytest.fixture
def damaged(tmp_path):
    data = bytearray(WHOLE)
    data[INFOS[4].offset + 20] = 0x41
    path = tmp_path / "in" / "shard.tar"
    path.parent.mkdir()
    path.write_bytes(data)
    return path


def members(path):
    with tarfile.open(path) as archive:
        return [(info.name, archive.extractfile(info).read()) for info in archive]


def test_copy_is_read_by_tarfile_and_passes_verify(damaged, tmp_path):
    report = filmroll.repair(damaged, tmp_path / "copy.tar")
    assert members(tmp_path / "copy.tar") == MEMBERS[:4] + MEMBERS[6:]
    assert (tmp_path / "copy.tar").read_bytes()[: INFOS[4].offset] == WHOLE[: INFOS[4].offset]
    assert (report.kept, report.lost, report.lost_is_exact, report.lost_nbytes) == (
        5,
        1,
        False,
        INFOS[6].offset - INFOS[4].offset,
    )
    gap, rest = report.losses
    assert (gap.kind, gap.record, gap.offset, gap.nbytes, gap.records) == (
        "gap",
        2,
        INFOS[4].offset,
        INFOS[5].offset - INFOS[4].offset,
        None,
    )
    assert (rest.kind, rest.record, rest.offset, rest.nbytes, rest.records) == ("left out", 2, INFOS[5].offset, 1024, 1)
    assert rest.keys == ["002"]
    assert "lost members where the damage is; cls is left of it" in rest.error
    checked = filmroll.verify(tmp_path / "copy.tar")
    assert (checked.records, checked.faults) == (5, [])


@peers.leaves_files_open
def test_copy_is_read_by_webdataset(damaged, tmp_path):
    filmroll.repair(damaged, tmp_path / "copy.tar")
    samples = list(peers.load("webdataset").WebDataset(str(tmp_path / "copy.tar"), shardshuffle=False))
    assert [(one["__key__"], one["jpg"], one["cls"]) for one in samples] == [
        (f"{n:03d}", JPEG, b"%d" % n) for n in (0, 1, 3, 4, 5)
    ]


def test_real_tar_cut_in_its_middle_keeps_what_is_before(data, tmp_path):
    packed = (data / "tar" / "sample.tgz").read_bytes()
    whole = gzip.decompress(packed)
    (tmp_path / "cut.tar").write_bytes(whole[: len(whole) // 2])
    report = filmroll.repair(tmp_path / "cut.tar", tmp_path / "copy.tar")
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        wanted = [(info.name, archive.extractfile(info).read()) for info in archive][: 2 * report.kept]
    assert report.kept > 40
    assert members(tmp_path / "copy.tar") == wanted
    (tmp_path / "cut.tgz").write_bytes(packed[: len(packed) // 2])
    report = filmroll.repair(tmp_path / "cut.tgz", tmp_path / "copy.tgz")
    assert [loss.kind for loss in report.losses][-1] == "stream"
    assert members(tmp_path / "copy.tgz") == members_of(whole)[: 2 * report.kept]
    assert report.kept > 10
    assert (tmp_path / "copy.tgz").read_bytes()[:2] == b"\x1f\x8b"
    assert report.without_checksums == set()


def members_of(whole):
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        return [(info.name, archive.extractfile(info).read()) for info in archive]


def test_whole_tar_is_copied_byte_for_byte(tmp_path):
    (tmp_path / "whole.tar").write_bytes(WHOLE)
    report = filmroll.repair(tmp_path / "whole.tar", tmp_path / "copy.tar", keep_bad_data=True)
    assert (tmp_path / "copy.tar").read_bytes() == WHOLE
    assert (report.kept, report.lost, report.lost_is_exact, report.losses, report.bad_data) == (6, 0, True, [], [])


def test_what_is_left_of_samples_is_kept_beside(damaged, tmp_path):
    report = filmroll.repair(damaged, tmp_path / "copy.tar", keep_bad_data=True)
    assert report.bad_data == [tmp_path / "copy.tar.bad-data"]
    assert members(report.bad_data[0]) == [("002.cls", b"2")]


def test_tar_without_its_end_loses_nothing_that_anybody_knows_of(tmp_path, run):
    (tmp_path / "cut.tar").write_bytes(WHOLE[: INFOS[-1].offset_data + 512])
    code, out, err = run("repair", tmp_path / "cut.tar", tmp_path / "copy.tar")
    assert code == 1
    assert "0 bytes where a header or the zeros that end a tar should be" in out
    assert "filmroll repair" not in out
    assert f"6 records kept, nobody knows how many lost, 0 bytes: {tmp_path / 'copy.tar'}" in out
    assert "files of tar keep no checksums" in err
    assert members(tmp_path / "copy.tar") == MEMBERS


def test_manifest_tells_how_many_samples_were_lost_and_goes_with_the_copy(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    [shard] = filmroll.pack(folder, tmp_path / "in" / "roll.tar", to="tar").shards
    with filmroll.open(shard) as roll:
        before = [(one.key, bytes(one.encoded), one.label) for one in roll]
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 2])
    report = filmroll.repair(shard, tmp_path / "out" / shard.name)
    assert (report.kept + report.lost, report.lost_is_exact) == (len(before), True)
    assert 0 < report.kept < len(before)
    with filmroll.open(tmp_path / "out" / shard.name) as roll:
        assert [(one.key, bytes(one.encoded), one.label) for one in roll] == before[: report.kept]
        assert roll.manifest["records"] == report.kept
    assert not filmroll.verify(tmp_path / "out" / shard.name).faults


def test_file_that_lost_all_its_samples_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "cut.tar").write_bytes(WHOLE[:700])
    with pytest.raises(filmroll.SourceError, match="no whole sample was found"):
        filmroll.repair(tmp_path / "cut.tar", tmp_path / "out" / "copy.tar")
    assert not list((tmp_path / "out").iterdir())


def test_full_disk_leaves_neither_the_copy_nor_what_is_left_of_samples(damaged, tmp_path, monkeypatch):
    written = []

    def refuse(writer, members):
        written.append(writer.path.name)
        if len(written) > 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("filmroll.records.tar_writer.Writer.copy", refuse)
    with pytest.raises(OSError, match="No space left"):
        filmroll.repair(damaged, tmp_path / "out" / "copy.tar", keep_bad_data=True)
    assert written == ["copy.tar.bad-data", "copy.tar"]
    assert not list((tmp_path / "out").iterdir())


def test_verify_names_every_damage_of_a_tar_and_reads_what_is_behind_it(damaged):
    data = bytearray(damaged.read_bytes())
    data[INFOS[8].offset + 20] = 0x41
    damaged.write_bytes(data)
    found = filmroll.verify(damaged)
    assert [(fault.record, fault.offset) for fault in found.faults] == [
        (2, INFOS[4].offset),
        (2, INFOS[5].offset),
        (3, INFOS[8].offset),
        (3, INFOS[9].offset),
    ]
    assert (found.records, found.pictures) == (4, 4)


def test_salvaging_dataset_leaves_out_what_is_damaged(damaged):
    with pytest.warns(filmroll.DamageWarning, match="is damaged"), filmroll.open(damaged, on_error="salvage") as roll:
        assert [one.key for one in roll] == ["000", "001", "003", "004", "005"]
        assert [gap.offset for _, gap in roll.gaps] == [INFOS[4].offset, INFOS[5].offset]


def test_json_names_the_keys_that_were_lost(damaged, tmp_path, run):
    code, out, _ = run("repair", damaged, tmp_path / "copy.tar", "--json")
    document = json.loads(out)
    assert code == 1
    assert [loss["keys"] for loss in document["losses"]][1] == ["002"]
    assert document["without_checksums"] == ["tar"]


def test_copy_keeps_times_and_owners_as_they_stand(tmp_path):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in MEMBERS:
            info = tarfile.TarInfo(name)
            info.size, info.mtime, info.uname, info.mode = len(content), 1_700_000_000, "somebody", 0o640
            archive.addfile(info, io.BytesIO(content))
    (tmp_path / "cut.tar").write_bytes(file.getvalue()[: INFOS[6].offset + 100])
    filmroll.repair(tmp_path / "cut.tar", tmp_path / "copy.tar")
    with tarfile.open(tmp_path / "copy.tar") as archive:
        assert {(info.mtime, info.uname, info.mode) for info in archive} == {(1_700_000_000, "somebody", 0o640)}
        assert len(archive.getmembers()) == 6


def test_record_of_a_salvaging_reader_is_that_of_the_copy(damaged, tmp_path):
    filmroll.repair(damaged, tmp_path / "copy.tar")
    with filmroll.open(damaged, on_error="salvage") as left, filmroll.open(tmp_path / "copy.tar") as copy:
        with pytest.warns(filmroll.DamageWarning):
            records = [plain(record) for _, record in left.records()]
        assert records == [plain(record) for _, record in copy.records()]


@pytest.mark.parametrize("beginning", [bytes(900), b"\xee" * 900, b""])
def test_tar_whose_beginning_is_gone_is_known_by_its_middle(tmp_path, beginning):
    (tmp_path / "headless.tar").write_bytes(beginning + WHOLE[900:])
    report = filmroll.repair(tmp_path / "headless.tar", tmp_path / "copy.tar")
    assert members(tmp_path / "copy.tar") == MEMBERS[2:]
    assert report.losses[0].offset == 0
