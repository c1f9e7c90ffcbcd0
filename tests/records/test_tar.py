"""Reading WebDataset tars: as webdataset and tarfile do, in order and at random."""

import gzip
import os
import tarfile
import threading

import pytest

import peers
from filmroll.errors import UnsupportedError
from filmroll.records import compression, kinds, tar, tar_members
from records.tar_files import PLAIN, made, plain, special, written

SAMPLES = [
    {"__key__": b"a/1", "jpg": b"one", "cls": b"7"},
    {"__key__": b"a/2", "seg.png": b""},
    {"__key__": b"b", "json": b"{}" * 400},
]
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


@pytest.fixture(params=["plain", "gzip"])
def path(request, tmp_path):
    return written(tmp_path, PLAIN if request.param == "plain" else gzip.compress(PLAIN))


@peers.leaves_files_open
def test_real_file_gives_what_webdataset_reads(data):
    path = data / "tar" / "sample.tgz"
    theirs = list(peers.load("webdataset").WebDataset(str(path), shardshuffle=False))
    with tar.Reader(path) as reader:
        assert (len(reader), reader.compression) == (90, "gzip")
        ours = [plain(record) for record in reader]
        assert [plain(record) for record in reader.read(range(90))] == ours
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.pop("__key__").decode() == other["__key__"]
        assert mine == {name: value for name, value in other.items() if not name.startswith("__")}


@peers.leaves_files_open
def test_what_webdataset_writes_is_read(tmp_path):
    samples = [{"__key__": f"x/{n}", "jpg": os.urandom(n * 300), "cls": b"%d" % n} for n in range(20)]
    with peers.load("webdataset").TarWriter(str(tmp_path / "a.tar"), encoder=False) as writer:
        for sample in samples:
            writer.write(sample)
    found = [plain(record) for record in tar.Reader(tmp_path / "a.tar")]
    assert found == [sample | {"__key__": sample["__key__"].encode()} for sample in samples]


def test_samples_come_back_in_order(path):
    with tar.Reader(path) as reader:
        assert [plain(record) for record in reader] == SAMPLES
        assert len(reader) == 3


def test_random_access_by_number(path):
    with tar.Reader(path) as reader:
        assert plain(reader[2]) == SAMPLES[2]
        assert plain(reader[-3]) == SAMPLES[0]
        assert [plain(record) for record in reader.read([1, 0, 2, 1, -1])] == [SAMPLES[n] for n in (1, 0, 2, 1, 2)]
        assert reader.read([]) == []
        assert reader.key(0) is None


@pytest.mark.parametrize("number", [3, -4])
def test_number_out_of_range_is_an_index_error_with_the_count(path, number):
    with tar.Reader(path) as reader:
        for read in (reader.__getitem__, reader.key, lambda one: reader.read([0, one])):
            with pytest.raises(IndexError, match=f"sample {number} is out of range, there are 3"):
                read(number)


def test_records_of_a_plain_tar_are_views_of_one_map_and_outlive_the_reader(tmp_path):
    reader = tar.Reader(written(tmp_path, PLAIN))
    first, again = reader[0]["jpg"][0], next(iter(reader))["jpg"][0]
    reader.close()
    reader.close()
    assert first.obj is again.obj
    assert (first, first.readonly) == (b"one", True)


def test_closed_reader_says_so(path):
    with tar.Reader(path) as reader:
        pass
    for use in (
        lambda: reader[0],
        lambda: iter(reader),
        lambda: len(reader),
        lambda: reader.read([0]),
        reader.__enter__,
    ):
        with pytest.raises(ValueError, match="the reader is closed"):
            use()


def test_going_forward_in_a_gzipped_tar_begins_once_and_going_back_again(tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(tar, "Stream", lambda *given: begun.append(given) or compression.Stream(*given))
    with tar.Reader(written(tmp_path, gzip.compress(PLAIN))) as reader:
        assert [plain(reader[number]) for number in range(3)] == SAMPLES
        assert len(begun) == 2  # to find the samples, and to read them
        assert plain(reader[1]) == SAMPLES[1]
        assert len(begun) == 3


def test_threads_may_read_at_once(path):
    reader = tar.Reader(path)
    found = []

    def read():
        found.extend(plain(reader[number % 3]) == SAMPLES[number % 3] for number in range(60))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 240
    reader.close()


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
@pytest.mark.parametrize(
    "name", ["x" * 90 + ".jpg", "f/" * 60 + "a.jpg", "caf\u00e9.jpg", b"caf\xe9.jpg".decode("utf-8", "surrogateescape")]
)
def test_long_and_foreign_names_of_each_kind_of_tar_are_read(tmp_path, format, name):
    [record] = tar.Reader(written(tmp_path, made([(name, b"x")], format=format)))
    assert plain(record) == {"__key__": name.removesuffix(".jpg").encode("utf-8", "surrogateescape"), "jpg": b"x"}


def test_very_long_names_are_read(tmp_path):
    for format in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        [record] = tar.Reader(written(tmp_path, made([("y" * 5000 + ".jpg", b"x")], format=format)))
        assert plain(record)["__key__"] == b"y" * 5000


@pytest.mark.parametrize("name", ["README", ".hidden", "a/._b.jpg", "__notes__/a.txt", "__index__", "a/.b.c"])
def test_what_is_no_member_of_a_sample_is_skipped(tmp_path, name):
    files = [special("a", tarfile.DIRTYPE), (name, b"no"), ("a/1.jpg", b"one")]
    assert [plain(record) for record in tar.Reader(written(tmp_path, made(files)))] == [
        {"__key__": b"a/1", "jpg": b"one"}
    ]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.jpg", ("a", "jpg")),
        ("v1.2/a.seg.PNG", ("v1.2/a", "seg.png")),
        ("./a.jpg", ("./a", "jpg")),
        ("a.", ("a", "")),
        ("_a_.b", ("_a_", "b")),
        ("__a.b", ("__a", "b")),
    ],
)
def test_name_is_split_as_webdataset_does(name, found):
    assert tar_members.split(name) == found
    key, field = peers.load("webdataset.tariterators").base_plus_ext(name)
    assert (key, field.lower()) == found


def test_tar_without_members_has_no_samples(tmp_path):
    with tar.Reader(written(tmp_path, made([]))) as reader:
        assert (len(reader), list(reader)) == (0, [])


def test_folder_or_pipe_or_nothing_is_no_tar(tmp_path):
    with pytest.raises(IsADirectoryError, match="name one file in it"):
        tar.Reader(tmp_path)
    with pytest.raises(FileNotFoundError):
        tar.Reader(tmp_path / "absent.tar")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UnsupportedError, match="no pipes or devices"):
            tar.Reader(tmp_path / "pipe")


@pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)
def test_tar_is_known_by_its_first_bytes(format):
    whole = made([("caf\u00e9" * 40 + ".jpg", b"1")], format=tarfile.GNU_FORMAT if format == 0 else format)
    assert tar.recognise(whole[:4096])
    assert tar.recognise(gzip.compress(whole)[:4096])
    assert tar.recognise(made([])[:4096])
    assert tar.recognise(gzip.compress(made([])))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"PAR1",
        bytes(100),
        b"x" * 4096,
        gzip.compress(b"x" * 4096, mtime=0),
        gzip.compress(bytes(1 << 20), mtime=0)[:4096],
        gzip.compress(bytes(4000) + b"x", mtime=0),
        b"\x1f\x8b\x08" + b"\xff" * 30,
    ],
)
def test_other_bytes_are_no_tar(head):
    assert not tar.recognise(head)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_zeros_are_a_tar_without_members_up_to_what_one_has(tmp_path, pack):
    """A file that was reserved and never filled, or whose beginning was zeroed, is no sound tar of no samples."""
    assert kinds.kind_of(written(tmp_path, pack(made([])))) == "tar"
    assert kinds.kind_of(written(tmp_path, pack(bytes(10241)))) == "tfrecord"
    assert kinds.kind_of(written(tmp_path, pack(bytes(1 << 20) + PLAIN))) == "tfrecord"
