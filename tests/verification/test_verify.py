"""Damage is found and placed; sound files are called sound."""

import gzip
import io
import json
import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore

import numpy as np
import pytest

import filmroll
import pictures
import realdata
from filmroll.messages import datum, example
from filmroll.records import parquet
from records import lmdb_files
from verification.harm import damage, places

RECORD_FILES = [
    param
    for param in realdata.params("records/**/*", "blog/*.tfrecords")
    if param.values[0] is None or param.values[0].suffix not in {".csv", ".jpg", ".pbtxt"}
]


@pytest.mark.parametrize("path", RECORD_FILES)
def test_every_real_file_is_sound(path):
    assert filmroll.verify(path).faults == []


def test_sound_file_has_its_counts_and_no_faults(roll):
    found = filmroll.verify(roll, decode=True)
    assert (found.shards, found.records, found.pictures, found.faults) == (1, 4, 4, [])


@pytest.mark.parametrize("number", range(4))
def test_changed_byte_is_found_in_its_record(roll, number):
    with filmroll.Reader(roll) as reader:
        offset = int(reader.offsets[number])
    damage(roll, offset + 12 + 30)
    found = filmroll.verify(roll)
    assert [(fault.record, fault.offset) for fault in found.faults] == [(number, offset)]
    assert "checksum" in found.faults[0].error


def test_cut_file_is_found_at_the_record_that_lacks_bytes(roll):
    roll.write_bytes(roll.read_bytes()[:-7])
    [fault] = filmroll.verify(roll).faults
    assert fault.record == 3


def test_broken_picture_in_a_sound_record_is_found_by_decoding_only(tmp_path):
    data = bytearray(pictures.jpeg())
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(example.serialize({"image/encoded": bytes(data[:-200]), "image/format": "jpeg"}))
    assert filmroll.verify(tmp_path / "r.tfrecord").faults == []
    [fault] = filmroll.verify(tmp_path / "r.tfrecord", decode=True).faults
    assert fault.record == 0


def test_json_has_the_keys_that_scripts_rely_on(roll):
    damage(roll, 100)
    document = filmroll.verify(roll).to_json()
    assert set(document["faults"][0]) >= {"path", "record", "offset", "error", "nbytes"}
    assert "records" in document


# What the records say.


def test_message_that_cannot_be_parsed_is_a_fault_with_its_place(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path) as writer:
        for record in (example.serialize({"number": 1}), b"\xff" * 40, example.serialize({"number": 2})):
            writer.write(record)
    [fault] = filmroll.verify(path).faults
    assert (fault.record, fault.offset, fault.nbytes) == (1, places(path)[1], 56)


def test_bytes_that_are_no_messages_are_sound_as_long_as_their_checksums_hold(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path) as writer:
        for number in range(3):
            writer.write(bytes([255, number]) * 20)
    assert filmroll.verify(path).faults == []


# Other kinds.


@pytest.mark.parametrize("kind", ["lmdb", "tar", "parquet", "array_record"])
def test_sound_file_of_any_kind_is_called_sound(tmp_path, kind):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    shards = filmroll.pack(folder, tmp_path / "roll", to=kind, drop=("text", "label", "features"), shards=1).shards
    found = filmroll.verify(shards)
    assert (found.faults, found.records, found.pictures) == ([], 12, 12)


@pytest.mark.parametrize("kind", ["tar", "parquet", "array_record"])
def test_cut_file_of_any_kind_is_a_fault(tmp_path, kind):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    [shard] = filmroll.pack(folder, tmp_path / "roll", to=kind, drop=("text", "label", "features"), shards=1).shards
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size * 2 // 3])
    assert any(fault.path == str(shard) for fault in filmroll.verify(shard).faults)


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_samples_before_the_cut_of_a_tar_are_counted_and_checked(tmp_path, compression):
    path = tmp_path / "r.tar"
    with tarfile.open(path, "w:gz" if compression else "w") as tar:
        for number in range(5):
            member = tarfile.TarInfo(f"{number}.jpg")
            data = b"no picture" if number == 1 else pictures.jpeg(number)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    content = gzip.decompress(path.read_bytes()) if compression else path.read_bytes()
    cut = content[: content.index(b"4.jpg") + 600]
    path.write_bytes(gzip.compress(cut) if compression else cut)
    found = filmroll.verify(path)
    assert (found.records, found.pictures) == (4, 4)
    assert [fault.record for fault in found.faults] == [1, 4]
    assert "no known picture format" in found.faults[0].error
    assert "member '4.jpg' announces" in found.faults[1].error


def test_rows_of_sound_groups_behind_a_damaged_one_are_checked_and_that_one_is_read_once(tmp_path, monkeypatch):
    path = tmp_path / "r.parquet"
    with parquet.Writer(path) as writer:
        for number in range(2500):  # 1000 rows are a group
            writer.write({"number": np.array([number]), "noise": [number.to_bytes(2, "big") * 20]})
    content = path.read_bytes()
    damage(path, content.index((1000).to_bytes(2, "big") * 20))
    read = []
    real = parquet.Reader._read_group
    monkeypatch.setattr(parquet.Reader, "_read_group", lambda *args: read.append(args[2]) or real(*args))
    found = filmroll.verify(path)
    assert read.count(1) == 1  # however many rows it has
    assert found.records == 2500
    assert [fault.record for fault in found.faults] == list(range(1000, 2000))


def datum_of(label: int) -> bytes:
    return b"".join(datum.serialize({"channels": 1, "height": 1, "width": 2, "data": b"xy", "label": label}))


def test_damaged_page_of_an_lmdb_is_one_fault_of_the_file_and_the_records_before_it_are_checked(tmp_path):
    datums = {b"%05d" % number: datum_of(number) for number in range(3000)}
    datums[b"00100"] = b"\xff" * 20
    content = lmdb_files.write(tmp_path, datums).read_bytes()
    page = content.index(b"02999") // lmdb_files.PAGE * lmdb_files.PAGE
    damage(tmp_path / "data.mdb", page + 10)
    found = filmroll.verify(tmp_path / "data.mdb")
    assert 101 < found.records < 3000
    of_file, of_record = found.faults
    assert (of_file.record, of_file.offset) == (None, page)
    assert of_record.record == 100


def test_file_that_is_no_record_file_is_a_fault_and_the_others_are_checked(roll, tmp_path):
    (tmp_path / "z.tfrecord").write_bytes(pictures.jpeg())
    found = filmroll.verify([roll, tmp_path / "z.tfrecord"])
    assert [fault.path for fault in found.faults] == [str(tmp_path / "z.tfrecord")]
    assert (found.shards, found.records) == (2, 4)


def test_progress_ends_with_all_bytes(packed):
    seen = []
    filmroll.verify(packed, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (1, 1)


@pytest.mark.parametrize(("compression", "steps"), [(None, [1, 2, 3, 4, 5]), ("gzip", [1, 2])])
def test_progress_goes_on_within_a_file_and_never_beyond_its_bytes(tmp_path, compression, steps):
    noise = np.random.default_rng(1)
    with filmroll.Writer(tmp_path / "r.tfrecord", compression=compression) as writer:
        for _ in range(320):  # 0.9 MB are checked at a time
            writer.write(example.serialize({"a": noise.bytes(4_000) + bytes(10_000)}))
    seen = []
    filmroll.verify(tmp_path / "r.tfrecord", progress=lambda done, total: seen.append((done, total)), threads=1)
    assert seen == [(step, steps[-1]) for step in steps]


def test_threads_change_nothing(packed):
    damage(packed[0], 200)
    assert filmroll.verify(packed, threads=1).to_json() == filmroll.verify(packed, threads=4).to_json()


def test_processes_and_executors_find_the_same_in_the_same_order(packed, tmp_path):
    damage(packed[0], 200)
    packed[1].write_bytes(b"no records")
    wanted = filmroll.verify(packed, decode=True).to_json()
    with ThreadPoolExecutor(2) as executor:
        assert filmroll.verify(packed, decode=True, engine=executor).to_json() == wanted
    assert filmroll.verify(packed, decode=True, engine="processes", threads=2).to_json() == wanted


class FirstLast(ThreadPoolExecutor):
    """Finishes what it is handed first when two others are done."""

    def __init__(self) -> None:
        super().__init__(3)
        self._others, self._is_first = Semaphore(0), True

    def submit(self, work, *arguments):
        if self._is_first:
            self._is_first = False
            return super().submit(lambda: (self._others.acquire(), self._others.acquire(), work(*arguments))[-1])
        future = super().submit(work, *arguments)
        future.add_done_callback(lambda _: self._others.release())
        return future


def test_order_in_which_files_are_done_changes_nothing(packed, tmp_path):
    paths = [*packed, shutil.copy(packed[0], tmp_path / "z.tfrecord")]
    with FirstLast() as executor:
        assert filmroll.verify(paths, engine=executor).to_json() == filmroll.verify(paths, threads=1).to_json()


def test_what_is_there_twice_is_found_across_processes(packed, tmp_path):
    twice = [packed[0], *(shutil.copy(packed[0], tmp_path / f"{name}.tfrecord") for name in "ab")]
    found = filmroll.verify(twice, engine="processes", threads=2)
    assert found.to_json() == filmroll.verify(twice).to_json()
    assert {one.first_path for one in found.duplicates} == {str(packed[0])}


# The verb.


def test_verb_names_each_fault_and_exits_1(run, roll):
    offsets = places(roll)
    damage(roll, offsets[2] + 100)
    code, out, err = run("verify", roll)
    assert (code, err) == (1, "")
    first, last = out.splitlines()
    assert first.startswith(
        f"{roll}: record 2 at offset {offsets[2]}, {offsets[3] - offsets[2]:,} bytes: data checksum 0x"
    )
    assert last.endswith(": 1 fault")


def test_verb_of_sound_files_exits_0_and_names_what_is_there_twice(run, packed, tmp_path):
    copy = tmp_path / "copy.tfrecord"
    copy.write_bytes(packed[0].read_bytes())
    code, out, err = run("verify", *packed, copy)
    assert code == 0
    assert "18 records, 18 pictures" in out
    assert f"{copy}: record 0 has the picture of {packed[0]}: record 0" in err
    assert "and 1 more with the picture of an earlier one" in err


def test_verb_json_has_faults_and_duplicates(run, roll):
    damage(roll, 100)
    code, out, _ = run("verify", "--json", roll)
    document = json.loads(out)
    assert (code, len(document["faults"]), document["duplicates"], document["records"]) == (1, 1, [], 4)


def test_file_that_unpacks_to_too_much_is_a_fault_and_others_are_checked(tmp_path, monkeypatch):
    for name, compression in (("a", "gzip"), ("b", None)):
        with filmroll.Writer(tmp_path / f"{name}.tfrecord", compression=compression) as writer:
            writer.write(bytes(100_000))
    monkeypatch.setenv("FILMROLL_INFLATED_NBYTES", "1000")
    found = filmroll.verify(tmp_path)
    assert found.records == 1
    (fault,) = found.faults
    assert (fault.path, fault.record) == (str(tmp_path / "a.tfrecord"), None)
    assert fault.error.startswith("more than 1000 bytes are packed in it")
    monkeypatch.setenv("FILMROLL_INFLATED_NBYTES", "1000000")
    assert filmroll.verify(tmp_path).faults == []


def test_files_that_keep_no_checksums_are_told(tmp_path, run):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    for name in ("a.tfrecord", "a.tar", "a.lmdb", "a.tar.gz"):
        drop = ["text"] if name.endswith("lmdb") else []
        filmroll.pack(flowers, tmp_path / name.replace(".", "-") / name, drop=drop)
    tar, lmdb = tmp_path / "a-tar" / "a.tar", tmp_path / "a-lmdb" / "a.lmdb"
    told = "note: files of LMDB and tar keep no checksums: changed bytes of a picture may go unnoticed\n"
    assert run("verify", tar, lmdb, "--dialect", "webdataset")[2].endswith(told)
    assert json.loads(run("verify", tar, "--json")[1])["without_checksums"] == ["tar"]
    for name in ("a-tfrecord/a.tfrecord", "a-tar-gz/a.tar.gz"):
        code, _, err = run("verify", tmp_path / name)
        assert (code, err) == (0, "")
