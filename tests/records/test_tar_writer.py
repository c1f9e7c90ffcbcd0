"""Writing WebDataset tars: whole or not at all, always the same bytes, and refusing what would not come back."""

import io
import os
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import EncodeError, UnsupportedError
from filmroll.records import tar

SAMPLE = {"__key__": [b"a/1"], "jpg": [b"one"], "cls": b"7"}
parts = st.text(st.characters(exclude_characters="./\0", exclude_categories=["Cs"]), min_size=1, max_size=8)


def write(path, *samples, **options):
    with tar.Writer(path, **options) as writer:
        for sample in samples:
            writer.write(sample)
    return path


def read(path):
    return [{name: bytes(value) for name, [value] in record.items()} for record in tar.Reader(path)]


def test_members_have_plain_headers_and_the_order_given(tmp_path):
    with tarfile.open(write(tmp_path / "a.tar", SAMPLE, {"__key__": [b"b"], "txt": bytearray(b"two")})) as archive:
        members = archive.getmembers()
        assert [member.name for member in members] == ["a/1.jpg", "a/1.cls", "b.txt"]
        assert {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode) for m in members} == {(0, 0, 0, "", "", 0o444)}
        assert archive.extractfile("b.txt").read() == b"two"


def test_equal_samples_make_equal_bytes_of_whole_tape_records(tmp_path):
    one, two = write(tmp_path / "a.tar", SAMPLE).read_bytes(), write(tmp_path / "b.tar", SAMPLE).read_bytes()
    assert one == two
    assert len(one) == 10240
    assert write(tmp_path / "c.tgz", SAMPLE).read_bytes() == write(tmp_path / "d.tgz", SAMPLE).read_bytes()


def test_bytes_are_those_that_tarfile_writes(tmp_path):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in [("a/1.jpg", b"one"), ("a/1.cls", b"7")]:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o444
            archive.addfile(info, io.BytesIO(data))
    assert write(tmp_path / "a.tar", SAMPLE).read_bytes() == file.getvalue()


@pytest.mark.parametrize(
    ("name", "options", "gzipped"),
    [
        ("a.tar", {}, False),
        ("a.tgz", {}, True),
        ("a.tar.GZ", {}, True),
        ("a.tgz", {"compression": None}, False),
        ("a.tar", {"compression": "gzip"}, True),
    ],
)
def test_name_or_option_says_whether_it_is_gzipped(tmp_path, name, options, gzipped):
    path = write(tmp_path / name, SAMPLE, **options)
    assert (path.read_bytes()[:2] == b"\x1f\x8b") is gzipped
    assert read(path) == [{"__key__": b"a/1", "jpg": b"one", "cls": b"7"}]


def test_unknown_compression_is_refused(tmp_path):
    with pytest.raises(UnsupportedError, match="'zip'"):
        tar.Writer(tmp_path / "a.tar", compression="zip")
    assert not os.listdir(tmp_path)


@given(
    st.lists(
        st.tuples(st.lists(parts, min_size=1, max_size=3).map("/".join), st.binary(max_size=1500)),
        unique_by=lambda pair: pair[0],
        max_size=5,
    )
)
def test_any_keys_and_bytes_come_back(tmp_path_factory, pairs):
    pairs = [(key, data) for key, data in pairs if not key.startswith("__")]
    samples = [{"__key__": [key.encode()], "a.b": [data]} for key, data in pairs]
    found = read(write(tmp_path_factory.mktemp("any") / "a.tar", *samples))
    assert found == [{"__key__": key.encode(), "a.b": data} for key, data in pairs]


def test_count_and_bytes_are_known_while_writing(tmp_path):
    with tar.Writer(tmp_path / "a.tar") as writer:
        writer.write(SAMPLE)
        assert (writer.count, writer.nbytes) == (1, 2048)


def test_key_comes_from_the_record_or_the_caller_or_the_count(tmp_path):
    with tar.Writer(tmp_path / "a.tar") as writer:
        writer.write(SAMPLE, key="ignored")
        writer.write({"jpg": b"x"}, key="given")
        writer.write({"jpg": b"x"})
    assert [record["__key__"] for record in read(tmp_path / "a.tar")] == [b"a/1", b"given", b"000000002"]


@pytest.mark.parametrize(
    ("record", "sentence"),
    [
        ({"__key__": [b"a.b"], "jpg": b"x"}, r"member 'a.b.jpg' would not be read as key 'a.b' and field 'jpg'"),
        ({"__key__": [b"a/"], "jpg": b"x"}, "not be read as key 'a/'"),
        ({"__key__": [b"__m__/a"], "jpg": b"x"}, "not be read as key"),
        ({"__key__": [b"a\0b"], "jpg": b"x"}, "not be read as key"),
        ({"__key__": [b"a"], "JPG": b"x"}, "field 'JPG'"),
        ({"__key__": [b"a"], "x/y": b"x"}, "field 'x/y'"),
        ({"__key__": [b"a"]}, "sample 'a' has no field"),
        ({"__key__": [b"a"], "jpg": [b"x", b"y"]}, "field 'jpg' is 2 values; a member of a tar is one value of bytes"),
        ({"__key__": [b"a"], "jpg": 3}, "field 'jpg' is int"),
        ({"__key__": [b"a"], "jpg": None}, "field 'jpg' is NoneType"),
        ({"__key__": [], "jpg": b"x"}, "field '__key__' is 0 values"),
        ({"__key__": [b"a/1"], "png": b"x"}, "key 'a/1' was written before"),
    ],
)
def test_sample_that_would_not_come_back_is_refused_and_nothing_of_it_written(tmp_path, record, sentence):
    with tar.Writer(tmp_path / "a.tar") as writer:
        writer.write(SAMPLE)
        with pytest.raises(EncodeError, match=sentence):
            writer.write(record)
        writer.write({"__key__": b"z", "jpg": b"after"})
    assert [record["__key__"] for record in read(tmp_path / "a.tar")] == [b"a/1", b"z"]


def test_key_that_is_no_text_is_refused(tmp_path):
    with tar.Writer(tmp_path / "a.tar") as writer, pytest.raises(EncodeError, match="a name that is no text"):
        writer.write({"jpg": b"x"}, key="\ud800")


def test_nothing_appears_before_the_end_or_after_an_error(tmp_path):
    (tmp_path / "a.tar").write_bytes(b"before")
    with pytest.raises(KeyError), tar.Writer(tmp_path / "a.tar") as writer:
        writer.write(SAMPLE)
        raise KeyError
    assert os.listdir(tmp_path) == ["a.tar"]
    assert (tmp_path / "a.tar").read_bytes() == b"before"
    with pytest.raises(FileNotFoundError):
        tar.Writer(tmp_path / "absent" / "a.tar")


def test_disk_that_is_full_gives_the_file_up(tmp_path, monkeypatch):
    writer = tar.Writer(tmp_path / "a.tar")

    class Full:
        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "_sink", Full())
    with pytest.raises(OSError, match="No space left"):
        writer.write(SAMPLE)
    with pytest.raises(ValueError, match="the writer is closed"):
        writer.write(SAMPLE)
    assert not os.listdir(tmp_path)


def test_disk_that_is_full_at_the_end_of_a_gzipped_tar_leaves_nothing(tmp_path, monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    writer = tar.Writer(tmp_path / "a.tgz")
    writer.write(SAMPLE)
    monkeypatch.setattr(writer._sink, "finish", full)
    with pytest.raises(OSError, match="No space left"):
        writer.close()
    assert not os.listdir(tmp_path)


def test_closed_writer_says_so_and_closing_twice_is_fine(tmp_path):
    writer = tar.Writer(tmp_path / "a.tar")
    writer.close()
    writer.close()
    for use in (lambda: writer.write(SAMPLE), writer.__enter__):
        with pytest.raises(ValueError, match="the writer is closed"):
            use()
    assert read(tmp_path / "a.tar") == []
