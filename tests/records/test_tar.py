"""Reading WebDataset tars: as webdataset and tarfile do, at random, and whatever is wrong with them."""

import gzip
import io
import os
import re
import tarfile
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peers
from filmroll.errors import ChecksumError, Error, FormatError, LimitError, TruncatedError, UnsupportedError
from filmroll.records import compression, kinds, tar, tar_members

FILES = [("a/1.jpg", b"one"), ("a/1.cls", b"7"), ("a/2.seg.PNG", b""), ("b.json", b"{}" * 400)]
SAMPLES = [
    {"__key__": b"a/1", "jpg": b"one", "cls": b"7"},
    {"__key__": b"a/2", "seg.png": b""},
    {"__key__": b"b", "json": b"{}" * 400},
]
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def made(files, *, format=tarfile.GNU_FORMAT):
    """A tar of names and bytes, or of TarInfos as they are."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format) as archive:
        for name, data in files:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def special(name, type):
    info = tarfile.TarInfo(name)
    info.type = type
    info.linkname = "a/1.jpg"
    return info, b""


PLAIN = made(FILES)


def written(tmp_path, data, name="a.tar"):
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


def plain(record):
    return {name: bytes(value) for name, [value] in record.items()}


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


def test_split_sample_is_an_error_that_names_key_and_member_and_what_to_do(tmp_path):
    files = [("a.jpg", b"1"), ("b.jpg", b"2"), ("a.cls", b"3")]
    reader = tar.Reader(written(tmp_path, made(files)))
    records = iter(reader)
    assert plain(next(records))["__key__"] == b"a"
    sentence = r"record 2 at offset 2048: a split sample: member 'a.cls' belongs to key 'a'.*tar --sort=name"
    with pytest.raises(FormatError, match=sentence):
        list(records)
    with pytest.raises(FormatError, match="a split sample"):
        len(reader)


@pytest.mark.parametrize("again", ["a.jpg", "a.JPG"])
def test_field_that_comes_twice_is_an_error_that_names_it(tmp_path, again):
    reader = tar.Reader(written(tmp_path, made([("a.jpg", b"1"), ("a.cls", b"2"), (again, b"3")])))
    sentence = f"record 0 at offset 2048: member '{again}' gives key 'a' the field 'jpg' a second time"
    with pytest.raises(FormatError, match=re.escape(sentence)):
        list(iter(reader))


def test_member_that_is_called_like_the_key_is_an_error(tmp_path):
    with pytest.raises(FormatError, match="the field '__key__' a second time"):
        list(iter(tar.Reader(written(tmp_path, made([("a.__key__", b"1")])))))


@pytest.mark.parametrize("type", [tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_link_or_device_is_refused_rather_than_left_out(tmp_path, type):
    with pytest.raises(
        UnsupportedError, match=r"at offset 1024: member 'a/2.jpg' is a link, a device or a sparse file"
    ):
        list(iter(tar.Reader(written(tmp_path, made([("a/1.jpg", b"1"), special("a/2.jpg", type)])))))


@pytest.mark.parametrize("cut", [*range(0, len(PLAIN), 97), *range(0, 5121, 512)])
def test_tar_cut_anywhere_before_its_end_is_truncated_and_says_where(tmp_path, cut):
    end = len(PLAIN.rstrip(b"\0")) // 512 * 512 + 512
    reader = tar.Reader(written(tmp_path, PLAIN[:cut]))
    if cut >= end + 512:
        assert len(reader) == 3
        return
    with pytest.raises(TruncatedError) as caught:
        len(reader)
    assert caught.value.path == str(reader.path)
    assert caught.value.offset is not None
    assert caught.value.offset <= cut
    with pytest.raises(TruncatedError):
        list(iter(reader))


@pytest.mark.parametrize("cut", range(0, len(gzip.compress(PLAIN)), 11))
def test_gzipped_tar_cut_anywhere_is_truncated(tmp_path, cut):
    whole = gzip.compress(PLAIN)
    with pytest.raises((TruncatedError, FormatError)):
        list(iter(tar.Reader(written(tmp_path, whole[:cut]))))


def test_gzip_checksum_behind_the_last_sample_is_checked(tmp_path):
    damaged = bytearray(gzip.compress(PLAIN))
    damaged[-8] ^= 1
    with pytest.raises(ChecksumError, match="gzip data is damaged"):
        list(iter(tar.Reader(written(tmp_path, bytes(damaged)))))


def test_what_a_gzipped_sample_holds_is_limited_over_all_its_members(tmp_path, monkeypatch):
    monkeypatch.setattr(compression, "MAX_HELD_NBYTES", 1000)
    sound = made([("a.jpg", bytes(1000)), ("b.jpg", bytes(500)), ("b.png", bytes(500))])
    with tar.Reader(written(tmp_path, gzip.compress(sound))) as reader:
        assert [len(record) for record in reader] == [len(reader[number]) for number in range(2)] == [2, 3]
    for members in ([("a.jpg", bytes(1001))], [("a.jpg", bytes(500)), ("a.png", bytes(400)), ("a.cls", bytes(101))]):
        with tar.Reader(written(tmp_path, gzip.compress(made(members)))) as reader:
            for read in (lambda reader=reader: list(iter(reader)), lambda reader=reader: reader[0]):
                with pytest.raises(LimitError, match="record 0.*: sample 'a' announces 1001 bytes"):
                    read()


def test_going_forward_in_a_gzipped_tar_begins_once_and_going_back_again(tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(tar, "Stream", lambda *given: begun.append(given) or compression.Stream(*given))
    with tar.Reader(written(tmp_path, gzip.compress(PLAIN))) as reader:
        assert [plain(reader[number]) for number in range(3)] == SAMPLES
        assert len(begun) == 2  # to find the samples, and to read them
        assert plain(reader[1]) == SAMPLES[1]
        assert len(begun) == 3


def test_gzipped_file_that_shrinks_while_it_is_read_is_truncated(tmp_path):
    path = written(tmp_path, gzip.compress(PLAIN))
    with tar.Reader(path) as reader:
        assert len(reader) == 3
        path.write_bytes(gzip.compress(PLAIN[:600]))
        with pytest.raises(TruncatedError, match="record 2.*became shorter"):
            reader[2]


@pytest.mark.parametrize("position", [*range(0, 512, 3), *range(1024, 1160, 3)])
def test_damaged_header_is_a_format_error_with_its_offset(tmp_path, position):
    damaged = bytearray(PLAIN)
    damaged[position] ^= 0x55
    reader = tar.Reader(written(tmp_path, bytes(damaged)))
    with pytest.raises(FormatError) as caught:
        list(iter(reader))
    assert caught.value.offset == position // 512 * 512


def test_damaged_header_with_nothing_but_zeros_behind_it_is_no_end(tmp_path):
    damaged = bytearray(made([("a.jpg", b"1"), ("b.jpg", b"")]))
    damaged[1024] ^= 0x55
    reader = iter(tar.Reader(written(tmp_path, bytes(damaged))))
    with pytest.raises(FormatError, match="offset 1024: 512 bytes that are neither a tar header nor the zeros"):
        list(reader)


def header(name, *, size, type=tarfile.REGTYPE):
    """A header that says anything, with its right checksum."""
    info = tarfile.TarInfo(name)
    info.type = type
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


END = bytes(1024)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("block", "error", "sentence"),
    [
        (header("a.jpg", size=b"77777777777\0"), TruncatedError, "'a.jpg' announces 8589934591 bytes, 1024 are left"),
        (header("a.jpg", size=b"\x80" + b"\x7f" * 11), TruncatedError, "announces"),
        (header("a.jpg", size=b"\xff" * 11 + b"\x00"), FormatError, "announces -256 bytes"),
        (header("a.jpg", size=b"not a numbe\0"), FormatError, "no tar header that can be read"),
        (header("a", size=b"77777777777\0", type=tarfile.GNUTYPE_LONGNAME), LimitError, "for a name; 1048576"),
        (header("a", size=b"77777777777\0", type=tarfile.XHDTYPE), LimitError, "for a name"),
        (header("a", size=b"\xff" * 10 + b"\xfc\x00", type=tarfile.XHDTYPE), LimitError, "bytes for a name"),
        (header("a", size=b"00000000010\0", type=tarfile.XHDTYPE) * 4000, Error, "offset 0"),
    ],
)
def test_hostile_header_is_an_error_before_anything_is_allocated(tmp_path, block, error, sentence, packed):
    data = block + END
    if packed and error is TruncatedError:  # what is left is not known before it is unpacked
        error, sentence = LimitError, "would be held in memory; 536870912 are the most"
    with pytest.raises(error, match=sentence):
        list(iter(tar.Reader(written(tmp_path, gzip.compress(data) if packed else data))))


def test_joined_tars_are_an_error_not_half_of_the_samples(tmp_path):
    with pytest.raises(FormatError, match="more data follows the zeros.*'tar --concatenate', not 'cat'"):
        list(iter(tar.Reader(written(tmp_path, PLAIN + made([("c.jpg", b"3")])))))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(PLAIN) - 1), st.integers(1, 255)), min_size=1, max_size=4), st.booleans())
def test_any_damage_gives_samples_or_an_error_of_filmroll(tmp_path_factory, flips, packed):
    damaged = bytearray(PLAIN)
    for position, bits in flips:
        damaged[position] ^= bits
    data = gzip.compress(bytes(damaged), 1) if packed else bytes(damaged)
    reader = tar.Reader(written(tmp_path_factory.mktemp("damaged"), data))
    try:
        assert len(list(iter(reader))) <= len(FILES)
    except Error as error:
        assert error.path == str(reader.path)  # noqa: PT017


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
