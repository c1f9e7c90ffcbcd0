"""Clean copies of damaged files: all that was not touched, in order, and what was lost is said."""

import gzip
import json
import os
import zlib
from pathlib import Path

import pytest

import filmroll
import pictures
from filmroll.messages import example
from filmroll.records import index
from filmroll.repairing import tfrecord as repairing

RECORDS = [b"".join(example.serialize({"number": number, "text": "x" * 50 * number})) for number in range(6)]


@pytest.fixture
def shard(tmp_path):
    return write(tmp_path / "in" / "shard.tfrecord")


def write(path: Path, **options) -> Path:
    path.parent.mkdir(exist_ok=True)
    with filmroll.Writer(path, **options) as writer:
        for record in RECORDS:
            writer.write(record)
    return path


def offsets(path: Path) -> list[int]:
    with filmroll.Reader(path) as reader:
        return reader.offsets.tolist()


def harm(path: Path, offset: int, new: bytes) -> None:
    data = bytearray(path.read_bytes())
    data[offset : offset + len(new)] = new
    path.write_bytes(data)


def read(path: Path) -> list[bytes]:
    return [bytes(record) for record in filmroll.Reader(path)]


def test_damaged_record_is_left_out_and_named(shard, tmp_path):
    places = offsets(shard)
    harm(shard, places[3] + 40, b"?")
    report = filmroll.repair(shard, tmp_path / "out.tfrecord")
    assert read(tmp_path / "out.tfrecord") == RECORDS[:3] + RECORDS[4:]
    assert (report.kept, report.lost, report.lost_is_exact) == (5, 1, True)
    [loss] = report.losses
    assert (loss.path, loss.kind, loss.record, loss.offset) == (str(shard), "bad data", 3, places[3])
    assert loss.nbytes == places[4] - places[3] == report.lost_nbytes


def test_original_is_only_read(shard, tmp_path):
    harm(shard, 60, bytes(30))
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in shard.parent.iterdir()}
    os.chmod(shard.parent, 0o500)
    try:
        filmroll.repair(shard, tmp_path / "out.tfrecord")
    finally:
        os.chmod(shard.parent, 0o700)
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in shard.parent.iterdir()} == before


def test_copy_has_an_index_of_its_own(shard, tmp_path):
    harm(shard, offsets(shard)[1] + 3, bytes(30))
    filmroll.repair(shard, tmp_path / "out.tfrecord")
    places = index.read(index.path_of(tmp_path / "out.tfrecord"))
    assert places[:, 0].tolist() == offsets(tmp_path / "out.tfrecord")


def test_index_tells_how_many_records_were_lost(shard, tmp_path):
    places = offsets(shard)
    data = shard.read_bytes()
    shard.write_bytes(data[: places[2] + 3] + data[places[5] :])
    report = filmroll.repair(shard, tmp_path / "out.tfrecord")
    assert (report.kept, report.lost, report.lost_is_exact) == (3, 3, True)


def test_without_index_each_gap_counts_for_one_record(shard, tmp_path):
    places = offsets(shard)
    index.path_of(shard).unlink()
    data = shard.read_bytes()
    shard.write_bytes(data[: places[2] + 3] + data[places[5] :])
    report = filmroll.repair(shard, tmp_path / "out.tfrecord")
    assert (report.kept, report.lost, report.lost_is_exact) == (3, 1, False)
    assert report.losses[0].records is None


def test_manifest_tells_how_many_records_were_lost_and_goes_with_the_copy(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    [shard] = filmroll.pack(folder, tmp_path / "in" / "roll", shards=1).shards
    index.path_of(shard).unlink()
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 2])
    report = filmroll.repair(shard, f"{tmp_path / 'out'}/")
    assert report.kept + report.lost == 12
    assert report.lost_is_exact
    with filmroll.open(tmp_path / "in") as damaged, filmroll.open(tmp_path / "out") as repaired:
        assert repaired.label_names == damaged.label_names != []
        assert repaired.manifest["records"] == len(repaired) == report.kept


def test_copy_of_another_name_is_described_under_that_name(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    [shard] = filmroll.pack(folder, tmp_path / "in" / "roll", shards=1).shards
    filmroll.repair(shard, tmp_path / "out" / "other.tfrecord")
    [(name, split)] = json.loads((tmp_path / "out" / "filmroll.json").read_text())["splits"].items()
    assert (name, [one["path"] for one in split["shards"]]) == ("other", ["other.tfrecord"])


def test_manifest_of_several_shards_tells_of_each_its_own_and_goes_with_the_copies(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    shards = filmroll.pack(folder, tmp_path / "in" / "roll", shards=5).shards
    for shard in shards:
        index.path_of(shard).unlink()
    for shard in shards[1:3]:  # of 3 and 2 records
        shard.write_bytes(shard.read_bytes()[:-700])
    report = filmroll.repair(shards, tmp_path / "out")
    assert (report.kept, report.lost, report.lost_is_exact) == (10, 2, True)
    [earlier, split] = [
        json.loads((tmp_path / folder / "filmroll.json").read_text())["splits"]["roll"] for folder in ("in", "out")
    ]
    assert split["records"] == 10
    assert (split["features"], split["dialect"]) == (earlier["features"], "slim")
    assert [(one["path"], one["records"], one["nbytes"]) for one in split["shards"]] == [
        (path.name, len(read(path)), path.stat().st_size) for path in report.shards
    ]
    assert filmroll.verify(tmp_path / "out").faults == []


def test_broken_manifest_is_no_hindrance(shard, tmp_path):
    (shard.parent / "filmroll.json").write_text("{")
    index.path_of(shard).unlink()
    harm(shard, 0, bytes(20))
    assert filmroll.repair(shard, tmp_path / "out.tfrecord").kept == 5


def test_bad_data_is_kept_in_a_file_of_its_own_when_asked(shard, tmp_path):
    places = offsets(shard)
    harm(shard, places[3] + 40, b"?")
    report = filmroll.repair(shard, tmp_path / "out.tfrecord", keep_bad_data=True)
    assert report.bad_data == [tmp_path / "out.tfrecord.bad-data"]
    [bad] = read(report.bad_data[0])
    assert (len(bad), bad == RECORDS[3]) == (len(RECORDS[3]), False)
    with filmroll.open(tmp_path / "out*") as roll:
        assert len(roll) == 5  # no pattern for shards meets it


def test_nothing_is_written_beside_where_no_data_is_bad(shard, tmp_path):
    report = filmroll.repair(shard, tmp_path / "out.tfrecord", keep_bad_data=True)
    assert (report.bad_data, report.losses) == ([], [])
    assert not (tmp_path / "out.tfrecord.bad-data").exists()


@pytest.mark.parametrize("harm_index", ["flip", "cut", "other"])
def test_wrong_index_is_named_and_the_copy_has_a_right_one(shard, tmp_path, harm_index):
    beside = index.path_of(shard)
    text = beside.read_bytes()
    beside.write_bytes(
        {"flip": text.replace(b"\n", b"\xff", 1), "cut": text[:-3], "other": b"5 16\n" + text}[harm_index]
    )
    report = filmroll.repair(shard, tmp_path / "out.tfrecord")
    assert report.bad_indexes == [beside]
    assert report.losses == []
    assert index.read(index.path_of(tmp_path / "out.tfrecord"))[:, 0].tolist() == offsets(tmp_path / "out.tfrecord")


@pytest.mark.parametrize("compression", ["gzip", "zlib"])
@pytest.mark.parametrize("missing", [1, 9, 40, 100])
def test_cut_compressed_file_gives_all_records_before_the_cut(tmp_path, compression, missing):
    path = write(tmp_path / "in.tfrecord", compression=compression)
    packed = path.read_bytes()[:-missing]
    path.write_bytes(packed)
    plain = zlib.decompressobj(47).decompress(packed)
    report = filmroll.repair(path, tmp_path / "out.tfrecord")
    kept = read(tmp_path / "out.tfrecord")
    assert kept == RECORDS[: len(kept)]
    assert sum(len(record) + 16 for record in kept) + report.lost_nbytes == len(plain)
    assert report.lost_nbytes < len(RECORDS[min(len(kept), 5)]) + 16
    assert report.losses[-1].kind == "stream"
    assert filmroll.Reader(tmp_path / "out.tfrecord").compression == compression


def test_records_behind_a_damaged_member_of_a_gzip_file_are_kept(tmp_path):
    plain = write(tmp_path / "plain.tfrecord")
    starts = [*offsets(plain), plain.stat().st_size]
    data = plain.read_bytes()
    members = [bytearray(gzip.compress(data[starts[row] : starts[row + 1]])) for row in range(6)]
    members[2][20:30] = b"\xff" * 10
    (tmp_path / "in.tfrecord.gz").write_bytes(b"".join(members))
    filmroll.repair(tmp_path / "in.tfrecord.gz", tmp_path / "out.tfrecord.gz")
    assert read(tmp_path / "out.tfrecord.gz") == RECORDS[:2] + RECORDS[3:]


def test_several_files_go_into_a_folder_under_their_names(tmp_path):
    paths = [write(tmp_path / "in" / f"{name}.tfrecord") for name in "abc"]
    harm(paths[1], 5, b"\xff\xff\xff" * 9)
    report = filmroll.repair(paths, tmp_path / "out")
    assert report.shards == [tmp_path / "out" / path.name for path in paths]
    assert [len(read(path)) for path in report.shards] == [6, 5, 6]
    assert {loss.path for loss in report.losses} == {str(paths[1])}


def test_two_files_of_one_name_need_two_folders(tmp_path):
    paths = [write(tmp_path / folder / "a.tfrecord") for folder in ("one", "two")]
    with pytest.raises(filmroll.UnsupportedError, match="two files are called a.tfrecord"):
        filmroll.repair(paths, tmp_path / "out")


def test_copy_is_never_the_original(shard):
    with pytest.raises(FileExistsError, match="the damaged file itself"):
        filmroll.repair(shard, shard, overwrite=True)
    with pytest.raises(FileExistsError, match="the damaged file itself"):
        filmroll.repair(shard, shard.parent)


def test_what_stands_there_is_not_replaced_unasked(shard, tmp_path):
    (tmp_path / "out.tfrecord").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match="--overwrite"):
        filmroll.repair(shard, tmp_path / "out.tfrecord")
    assert (tmp_path / "out.tfrecord").read_bytes() == b"mine"
    filmroll.repair(shard, tmp_path / "out.tfrecord", overwrite=True)
    assert read(tmp_path / "out.tfrecord") == RECORDS


def test_file_without_any_record_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(pictures.jpeg())
    with pytest.raises(filmroll.FormatError, match="no record file but a JPEG picture"):
        filmroll.repair(tmp_path / "photo.jpg", tmp_path / "out.tfrecord")
    (tmp_path / "noise").write_bytes(bytes(range(128, 256)))
    with pytest.raises(filmroll.SourceError, match="no record was found"):
        filmroll.repair(tmp_path / "noise", tmp_path / "out.tfrecord")
    assert {path.name for path in tmp_path.iterdir()} == {"photo.jpg", "noise"}


def test_error_in_one_file_leaves_no_copy_of_any(tmp_path):
    paths = [write(tmp_path / "in" / f"{name}.tfrecord") for name in "ab"]
    harm(paths[0], offsets(paths[0])[3] + 20, b"\xff\xee\xdd")
    paths[1].write_bytes(b"nothing at all in here, of any kind")
    with pytest.raises(filmroll.FormatError, match="no record file but a text"):
        filmroll.repair(paths, tmp_path / "out", keep_bad_data=True, threads=1)
    assert list((tmp_path / "out").iterdir()) == []


def test_full_disk_leaves_nothing(shard, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(repairing.Writer, "write_many", refuse)
    with pytest.raises(OSError, match="No space"):
        filmroll.repair(shard, tmp_path / "out" / "x.tfrecord")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "why"), [("lmdb", "LMDB keeps no checksums"), ("parquet", "the end of a Parquet file")]
)
def test_kinds_in_which_records_are_not_found_again_are_refused(tmp_path, kind, why):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    [shard] = filmroll.pack(folder, tmp_path / f"roll.{kind}", to=kind).shards
    with pytest.raises(
        filmroll.UnsupportedError, match=f"{why}.*--on-error skip' copies what can be read of its 12 rec"
    ):
        filmroll.repair(shard, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_parquet_file_cut_before_its_footer_is_refused_with_what_to_do(tmp_path, run):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    [shard] = filmroll.pack(folder, tmp_path / "roll.parquet", to="parquet").shards
    shard.write_bytes(shard.read_bytes()[:-100])
    code, out, err = run("repair", shard, tmp_path / "out")
    assert (code, out) == (2, "")
    assert "nothing is found again by itself; fetch or write this one again: " in err
    assert err.count("\n") == 1


def test_sound_file_is_copied_byte_for_byte(shard, tmp_path):
    report = filmroll.repair(shard, tmp_path / "out.tfrecord")
    assert (tmp_path / "out.tfrecord").read_bytes() == shard.read_bytes()
    assert (report.kept, report.lost, report.lost_nbytes, report.lost_is_exact) == (6, 0, 0, True)


def test_progress_counts_files(tmp_path):
    paths = [write(tmp_path / "in" / f"{name}.tfrecord") for name in "ab"]
    seen = []
    filmroll.repair(paths, tmp_path / "out", progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_verb_says_what_was_lost_and_exits_1(run, shard, tmp_path):
    places = offsets(shard)
    harm(shard, places[3] + 40, b"?")
    code, out, err = run("repair", shard, tmp_path / "out.tfrecord", "--keep-bad-data")
    assert (code, err) == (1, "")
    assert f"{shard}: record 3 at offset {places[3]}: {places[4] - places[3]:,} bytes: data checksum" in out
    assert "filmroll repair" not in out
    assert "out.tfrecord.bad-data: the records with wrong data" in out
    assert f"5 records kept, 1 lost, {places[4] - places[3]:,} bytes: {tmp_path / 'out.tfrecord'}" in out


def test_verb_says_where_the_copies_of_several_files_are(run, tmp_path):
    paths = [write(tmp_path / "in" / f"{name}.tfrecord") for name in "ab"]
    code, out, _ = run("repair", *paths, tmp_path / "out")
    assert (code, out) == (0, f"12 records kept, none lost: 2 files in {tmp_path / 'out'}\n")


def test_verb_lists_twenty_places_and_counts_the_rest(run, tmp_path):
    with filmroll.Writer(tmp_path / "in") as writer:
        for number in range(50):
            writer.write(bytes([number]) * 40)
    for number in range(0, 50, 2):
        harm(tmp_path / "in", 56 * number + 20, b"??")
    code, out, err = run("repair", tmp_path / "in", tmp_path / "out")
    assert (code, out.count("data checksum")) == (1, 20)
    assert "and 5 more places" in err


def test_verb_of_a_sound_file_exits_0(run, shard, tmp_path):
    code, out, _ = run("repair", shard, tmp_path / "out.tfrecord")
    assert (code, out) == (0, f"6 records kept, none lost: {tmp_path / 'out.tfrecord'}\n")


def test_verb_json_has_the_keys_that_scripts_rely_on(run, shard, tmp_path):
    harm(shard, 2, bytes(40))
    code, out, _ = run("repair", shard, tmp_path / "out", "--json")
    document = json.loads(out)
    assert code == 1
    assert (document["kept"], document["lost"]) == (5, 1)
    assert document["lost_nbytes"] == offsets(tmp_path / "out")[0] + document["losses"][0]["nbytes"]


def test_copy_that_stood_there_stays_where_another_file_cannot_be_repaired(shard, tmp_path):
    other = tmp_path / "z.tfrecord"
    other.write_bytes(b"no record at all")
    dest = tmp_path / "out"
    dest.mkdir()
    (dest / other.name).write_bytes(b"what stood there")
    with pytest.raises(filmroll.Error, match="no record"):
        filmroll.repair([shard, other], dest, overwrite=True, threads=1)
    assert {path.name for path in dest.iterdir()} == {other.name}
    assert (dest / other.name).read_bytes() == b"what stood there"


def test_bad_data_goes_too_where_the_copy_cannot_be_written(shard, tmp_path, monkeypatch):
    harm(shard, offsets(shard)[3] + 20, b"\xff\xee\xdd")
    real = repairing._write

    def failing(path, *arguments, **options):
        if not path.name.endswith(".bad-data"):
            raise OSError(28, "No space left on device", str(path))
        real(path, *arguments, **options)

    monkeypatch.setattr(repairing, "_write", failing)
    with pytest.raises(OSError, match="No space left"):
        filmroll.repair(shard, tmp_path / "out" / "a.tfrecord", keep_bad_data=True)
    assert list((tmp_path / "out").iterdir()) == []


def test_file_that_unpacks_to_too_much_is_one_line_and_nothing_is_written(tmp_path, monkeypatch, run):
    path = write(tmp_path / "in" / "shard.tfrecord", compression="gzip")
    nbytes = len(gzip.decompress(path.read_bytes()))
    monkeypatch.setenv("FILMROLL_INFLATED_NBYTES", str(nbytes - 1))
    code, out, err = run("repair", path, tmp_path / "out.tfrecord")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"{path}: more than {nbytes - 1} bytes are packed in it" in err
    assert "FILMROLL_INFLATED_NBYTES" in err
    assert [one.name for one in tmp_path.iterdir()] == ["in"]
    monkeypatch.setenv("FILMROLL_INFLATED_NBYTES", str(nbytes))
    assert filmroll.repair(path, tmp_path / "out.tfrecord").kept == len(RECORDS)
