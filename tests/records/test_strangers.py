"""Files that hold no records are told apart from damaged ones."""

import gzip
import zlib

import pytest

import realdata
import reference
from filmroll.errors import FormatError
from filmroll.records import kinds, strangers

RECORD = reference.frame(b"a record")


def kind_of(tmp_path, content: bytes):
    (tmp_path / "file").write_bytes(content)
    return kinds.kind_of(tmp_path / "file")


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG picture; 'filmroll pack'"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG picture"),
        (b"GIF89a\x14\0", "a GIF picture"),
        (b"RIFF\x10\x20\0\0WEBPVP8 ", "a WebP picture"),
        (b"\x93NUMPY\1\0", "an array of NumPy"),
        (b"\0\0\x08\x03\0\0\x27\x10\0\0\0\x1c", "an IDX file of MNIST"),
        (b"\x80\2}q\1(U\x0bbatch_label", "a pickle of Python, such as CIFAR's; 'filmroll pack'"),
        (b"\x80\4\x95\xea\x25\0\0\0\0\0\0}\x94(", "a pickle of Python"),
        (b"PK\3\4\x14\0", "a ZIP archive; unpack it first"),
        (b"BZh91AY&SY", "bzip2 data"),
        (b"\xfd7zXZ\0\0", "xz data"),
        (b"\x28\xb5\x2f\xfd\0", "Zstandard data"),
        (b"\x89HDF\r\n\x1a\n\0", "an HDF5 file"),
        (b"ARROW1\0\0\xff", "an Arrow file; save it as Parquet"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS .*'git lfs pull'"),
        (b"/annex/objects/SHA256E-s1--0.tfrecord", "a pointer of git-annex"),
        (b"\n<!DOCTYPE HTML>\n<html>", "a web page; a download went wrong"),
        ("path,label\ncafé.jpg,1\n".encode(), "a text"),
    ],
)
def test_file_of_another_kind_is_named_with_what_to_do(tmp_path, head, words):
    with pytest.raises(FormatError, match=f"no record file but {words}") as caught:
        kind_of(tmp_path, head)
    assert caught.value.path == str(tmp_path / "file")


@pytest.mark.parametrize(("compression", "compress"), [("gzip", gzip.compress), ("zlib", zlib.compress)])
def test_compressed_file_of_another_kind_is_named_too(tmp_path, compression, compress):
    idx = b"\0\0\x08\x03\0\0\x27\x10\0\0\0\x1c\0\0\0\x1c" + bytes(5000)
    for content, words in ((idx, "an IDX file of MNIST; 'filmroll pack'"), (b"path,label\n" * 500, "a text")):
        with pytest.raises(FormatError, match=f"no record file but {compression} data of {words}"):
            kind_of(tmp_path, compress(content))


@pytest.mark.parametrize("compress", [gzip.compress, zlib.compress])
@pytest.mark.parametrize("content", [b"", RECORD[:-3], b"\1" + RECORD, bytes(300), gzip.compress(RECORD)], ids=len)
def test_damage_in_a_compressed_file_is_still_that_of_records(tmp_path, compress, content):
    assert kind_of(tmp_path, compress(content)) == "tfrecord"
    assert kind_of(tmp_path, compress(content)[:15]) == "tfrecord"


@pytest.mark.parametrize("content", [b"", RECORD, gzip.compress(RECORD), zlib.compress(RECORD)], ids=len)
def test_sound_records_are_never_taken_for_another_kind(tmp_path, content):
    assert kind_of(tmp_path, content) == "tfrecord"


@pytest.mark.parametrize("place", range(12))
def test_damaged_header_is_still_that_of_records(tmp_path, place):
    damaged = bytearray(RECORD * 100)
    for change in (1, 0x20, 0xFF):
        damaged[place] ^= change
        assert kind_of(tmp_path, bytes(damaged)) == "tfrecord"


@pytest.mark.parametrize("nbytes", range(1, 12))
def test_few_bytes_are_a_record_cut_short(tmp_path, nbytes):
    assert kind_of(tmp_path, b"hello world!"[:nbytes]) == "tfrecord"


def test_letter_that_is_cut_off_at_the_end_is_text():
    for cut in range(4):
        assert strangers.describe(("é" * 20 + "\U0001f600").encode()[: 44 - cut]) == "a text"
    assert strangers.describe(b"\xe9" * 20) is None
    assert strangers.describe(b"text with a bell \a in it") is None


@pytest.mark.parametrize("path", realdata.params("records/**/*record*", "records/**/*.gz", "blog/*.tfrecords"))
def test_no_real_record_file_is_taken_for_another_kind(path):
    if path.is_file():
        assert kinds.kind_of(path) == "tfrecord"
