"""Tars that are cut, damaged, joined, split or hostile: each the error that says so, before anything is allocated."""

import gzip
import re
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filmroll.errors import ChecksumError, Error, FormatError, LimitError, TruncatedError, UnsupportedError
from filmroll.records import compression, tar
from records.tar_files import FILES, PLAIN, made, plain, special, written


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


def sparse(*, nbytes):
    """A sparse file whose map takes so many bytes, and has no end."""
    records = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
    name = header("a", size=b"%011o\0" % len(records), type=tarfile.XHDTYPE)
    told = b"%d\n" % nbytes + b"0\n" * (nbytes // 2)
    return name + records.ljust(512, b"\0") + header("a.jpg", size=b"%011o\0" % len(told)) + told


def sized(size):
    """A member whose pax header says another size than its own."""
    value = b" size=%d\n" % size
    record = b"%d" % (len(value) + 2) + value
    name = header("a", size=b"%011o\0" % len(record), type=tarfile.XHDTYPE)
    return name + record.ljust(512, b"\0") + header("a.jpg", size=b"00000000000\0")


END = bytes(1024)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("block", "error", "sentence"),
    [
        (
            header("a.jpg", size=b"77777777777\0"),
            TruncatedError,
            "announces 8589934591 bytes, 1024 are left; run 'filmroll repair'",
        ),
        (header("a.jpg", size=b"\x80" + b"\x7f" * 11), TruncatedError, "announces"),
        (header("a.jpg", size=b"\xff" * 11 + b"\x00"), FormatError, "announces -256 bytes"),
        (header("a.jpg", size=b"not a numbe\0"), FormatError, "no tar header that can be read"),
        (header("a", size=b"77777777777\0", type=tarfile.GNUTYPE_LONGNAME), LimitError, "for a name; 1048576"),
        (header("a", size=b"77777777777\0", type=tarfile.XHDTYPE), LimitError, "for a name"),
        (header("a", size=b"\xff" * 10 + b"\xfc\x00", type=tarfile.XHDTYPE), FormatError, "announces -1024 bytes"),
        (header("a", size=b"00000000010\0", type=tarfile.XHDTYPE) * 4000, Error, "offset 0"),
        (sparse(nbytes=1 << 22), LimitError, "a header of more than 2097152 bytes"),
        (sized(-5), FormatError, "announces -5 bytes|invalid offset"),
        (sized(99_999_999_999), TruncatedError, "announces 99999999999 bytes"),
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
