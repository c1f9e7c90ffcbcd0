"""Hostile record files of every kind, through the functions that users call: values or documented errors, in little."""

import gzip
import io
import os
import struct
import tarfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import filmroll
from filmroll.errors import Error, FormatError, LimitError, ParseError, TruncatedError, UnsupportedError
from filmroll.messages import datum, example, sequence_example
from filmroll.records import framing, parquet
from filmroll.sources import idx
from hostile.measured import costs

PNG = filmroll.encode(np.zeros((2, 3, 3), np.uint8), "png")


def record(data: bytes) -> bytes:
    head, foot = framing.frame([data])
    return head + data + foot


def delimited(tag: int, data: bytes) -> bytes:
    length, varint = len(data), b""
    while length > 127:
        varint += bytes([length & 127 | 128])
        length >>= 7
    return bytes([tag]) + varint + bytes([length]) + data


def nested(depth: int) -> bytes:
    """Field 1 in field 1 in field 1."""
    data = b""
    for _ in range(depth):
        data = delimited(0x0A, data)
    return data


MESSAGES = {
    "a varint of 11 bytes": b"\x0a" + b"\x80" * 10 + b"\x01",
    "a length of 2**63": b"\x0a" + b"\xff" * 8 + b"\x7f" + b"x",
    "a length of 2**64 - 1": b"\x0a" + b"\xff" * 9 + b"\x01" + b"x",
    "a thousand messages in one another": nested(1000),
    "groups without end": b"\x0b" * 5000,
    "100,000 empty fields": b"\x0a\x00" * 100_000,
    "100,000 varints of other fields": b"\x78\x01" * 100_000,
    "field number 0": b"\x02\x01x",
    "an end of no group": b"\x0c",
    "30,000 features of one name": delimited(0x0A, b"\x0a\x05\x0a\x01a\x12\x00" * 30_000),
    "a packed list of a million zeros": delimited(
        0x0A, delimited(0x0A, b"\x0a\x01a" + delimited(0x12, delimited(0x1A, delimited(0x0A, bytes(1_000_000)))))
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
@pytest.mark.parametrize(
    "parse", [example.parse, sequence_example.parse, datum.parse], ids=["example", "list", "datum"]
)
def test_message_is_parsed_or_refused(name, parse):
    with suppress(FormatError):
        parse(MESSAGES[name])


def test_files_of_such_messages_are_described_and_checked_in_little_time(tmp_path):
    paths = []
    for number, data in enumerate(MESSAGES.values()):
        paths.append(tmp_path / f"{number}.tfrecord")
        paths[-1].write_bytes(record(data) * 2)
    for action in ("inspect", "verify", "count"):
        found = costs(action, *paths)
        assert max(cost.seconds for cost in found.values()) < 10, found
        assert max(cost.nbytes for cost in found.values()) < 2**30, found


@pytest.mark.parametrize("length", [2**31, 2**63 - 1, 2**63, 2**64 - 1])
def test_length_that_no_file_has_is_refused_though_its_checksum_is_right(tmp_path, length):
    path = tmp_path / "long.tfrecord"
    path.write_bytes(framing._header(length) + bytes(1000))
    for use in (filmroll.inspect, filmroll.Reader, filmroll.open):
        with pytest.raises(LimitError, match=f"record size too large: {length} bytes"):
            len(use(path)) if use is not filmroll.inspect else use(path)
    assert "record size too large" in filmroll.verify(path).faults[0].error


@pytest.fixture(scope="module")
def unpacking(tmp_path_factory) -> dict[str, Path]:
    """Small files that unpack, or say that they unpack, to very much."""
    folder = tmp_path_factory.mktemp("unpacking")
    zeros = bytes(2**20)

    def zipped(name: str, head: bytes, mebibytes: int) -> Path:
        path = folder / name
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(head)
            for _ in range(mebibytes):
                file.write(zeros)
        return path

    info = tarfile.TarInfo("a.jpg")
    info.size = 3 * 2**30
    return {
        "record": zipped("record.tfrecord.gz", framing._header(2**31 - 1), 3),
        "records": zipped("records.tfrecord.gz", record(b""), 600),
        "member": zipped("member.tar.gz", info.tobuf(), 3),
        "idx": zipped("images-idx3-ubyte.gz", bytes.fromhex("00000803 7fffffff 0000ffff 0000ffff"), 1),
    }


def test_what_unpacks_to_very_much_takes_little_memory(unpacking):
    for action, name, outcome in (
        ("read", "record", "LimitError"),
        ("read", "records", "ChecksumError"),
        ("count", "member", "LimitError"),
        ("inspect", "member", "LimitError"),
        ("verify", "record", "value"),
    ):
        path = unpacking[name]
        assert path.stat().st_size < 2**23
        [cost] = costs(action, path).values()
        assert cost.outcome == outcome, (action, name)
        assert cost.nbytes < 2**28, (action, name, cost)
        assert cost.seconds < 10
    with pytest.raises(LimitError):
        idx.read(unpacking["idx"])


def test_one_value_repeated_by_a_dictionary_of_parquet_does_not_fill_the_memory(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet as writer

    rows = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array([PNG + bytes(2**20)]))
    path = tmp_path / "repeated.parquet"
    writer.write_table(pa.table({"image": rows}), path, compression="zstd")
    assert path.stat().st_size < 2000
    with parquet.Reader(path) as reader:
        assert len(next(iter(reader))["image"][0]) == len(PNG) + 2**20
    plain = tmp_path / "plain.parquet"  # a dictionary in the file alone, which pyarrow unpacks
    writer.write_table(pa.table({"image": rows}), plain, compression="zstd", store_schema=False)
    assert plain.stat().st_size < 4000
    repeated, unpacked = costs("first", path, plain).values()
    assert (repeated.outcome, unpacked.outcome) == ("value", "LimitError")
    assert repeated.nbytes < 2**29
    assert unpacked.nbytes < 2**31


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", ParseError),
        (b"no LMDB at all", ParseError),
        (bytes(8192), ParseError),
        (bytes(16) + struct.pack("<II", 0xBEEFC0DE, 1), TruncatedError),
        (bytes(16) + struct.pack("<II", 0xBEEFC0DE, 999) + bytes(8168), Error),
        (bytes(16) + struct.pack(">II", 0xBEEFC0DE, 1) + bytes(8168), UnsupportedError),
    ],
)
def test_lmdb_that_is_not_one_is_refused(tmp_path, data, error):
    folder = tmp_path / "environment"
    folder.mkdir()
    (folder / "data.mdb").write_bytes(data)
    for use in (
        filmroll.inspect,
        lambda path: len(filmroll.open(path)),
        lambda path: filmroll.unpack(path, tmp_path / "o"),
    ):
        with pytest.raises(error):
            use(folder)


NAMES = [
    "../../outside.png",
    "/etc/outside.png",
    "a/../../outside.png",
    "C:\\outside.png",
    "~/outside.png",
]


@pytest.mark.parametrize("name", NAMES)
def test_name_in_a_tar_leads_nowhere_outside_the_folder(tmp_path, name):
    path = tmp_path / "names.tar"
    with tarfile.open(path, "w") as archive:
        for member, data in ((name, PNG), (name.removesuffix("png") + "cls", b"1")):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    dest = tmp_path / "deep" / "dest"
    filmroll.unpack(path, dest)
    [written] = [each for each in dest.rglob("*") if each.is_file()]
    assert written.read_bytes() == PNG
    assert sorted(each.name for each in tmp_path.iterdir()) == ["deep", "names.tar"]
    assert not Path("/etc/outside.png").exists()


def test_link_in_the_destination_is_not_followed_out_of_it(tmp_path):
    """A first record cannot plant a link: only files are written, whatever names say."""
    path = tmp_path / "link.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("a.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    with pytest.raises(UnsupportedError, match="is a link"):
        filmroll.unpack(path, tmp_path / "dest")
    assert not (tmp_path / "dest" / "a.png").exists()


def test_names_that_are_no_utf8_and_loops_of_links_are_packed_and_come_back(tmp_path):
    source = tmp_path / "source" / "class"
    source.mkdir(parents=True)
    name = os.fsencode(source) + b"/caf\xe9.png"
    try:
        with open(name, "wb") as file:
            file.write(PNG)
    except OSError:
        pytest.skip("this file system has no names that are no UTF-8")
    (source / "again").symlink_to(source.parent, target_is_directory=True)
    (source / "self.png").symlink_to("self.png")
    report = filmroll.pack(source.parent, tmp_path / "out" / "any")
    assert (report.read, report.written) == (2, 1)
    assert filmroll.verify(tmp_path / "out").faults == []
    filmroll.unpack(tmp_path / "out", tmp_path / "back")
    assert [os.fsencode(each.name) for each in (tmp_path / "back").rglob("*.png")] == [b"caf\xe9.png"]
