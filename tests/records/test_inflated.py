"""What a damaged compressed file still gives."""

import errno
import gzip
import zlib

import numpy as np
import pytest

from filmroll.errors import FormatError, LimitError, TruncatedError, UnsupportedError
from filmroll.records import inflated as records_inflated
from filmroll.records.inflated import inflate

DATA = np.random.default_rng(4).integers(0, 64, 300_000, np.uint8).tobytes()
PACKED = {"gzip": gzip.compress(DATA), "zlib": zlib.compress(DATA)}


def inflated(tmp_path, data: bytes, compression: str):
    path = tmp_path / "file"
    path.write_bytes(data)
    file, error = inflate(path, compression)
    return bytes(file.view), error


@pytest.mark.parametrize("compression", PACKED)
def test_whole_file_comes_out_whole(tmp_path, compression):
    assert inflated(tmp_path, PACKED[compression], compression) == (DATA, None)


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_cut_file_gives_all_that_its_bytes_tell(tmp_path, compression, share):
    packed = PACKED[compression][: int(len(PACKED[compression]) * share)]
    wanted = zlib.decompressobj(47).decompress(packed)
    data, error = inflated(tmp_path, packed, compression)
    assert data == wanted
    assert isinstance(error, TruncatedError)


@pytest.mark.parametrize("compression", PACKED)
def test_damaged_file_gives_what_comes_before_the_damage(tmp_path, compression):
    packed = bytearray(PACKED[compression])
    middle = len(packed) // 2
    packed[middle : middle + 2000] = bytes(2000)
    data, error = inflated(tmp_path, bytes(packed), compression)
    sound = len(zlib.decompressobj(47).decompress(packed[: middle - 8]))
    assert data[:sound] == DATA[:sound]
    assert sound > len(DATA) // 3
    assert isinstance(error, FormatError)


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("deflated", [2990, 19_998])  # damage that zlib notices soon
def test_everything_up_to_the_very_byte_of_the_damage_comes_out(tmp_path, compression, deflated):
    packed, at = bytearray(PACKED[compression][:40_000]), {"gzip": 10, "zlib": 2}[compression] + deflated
    packed[at : at + 500] = bytes(500)
    whole, sound = zlib.decompressobj(47), b""
    with pytest.raises(zlib.error):
        for byte in packed:
            sound += whole.decompress(bytes((byte,)))
    assert len(sound) > at
    data, error = inflated(tmp_path, bytes(packed), compression)
    assert data[: len(sound)] == sound
    assert isinstance(error, FormatError)


def test_first_of_several_faults_is_told(tmp_path):
    damaged = bytearray(gzip.compress(DATA[:1000]))
    damaged[12:20] = b"\xff" * 8
    _, error = inflated(tmp_path, bytes(damaged) + gzip.compress(DATA)[:-100], "gzip")
    assert isinstance(error, FormatError)
    assert not isinstance(error, TruncatedError)
    assert "damaged near byte 0" in error.message


def test_members_behind_a_damaged_one_come_out(tmp_path):
    damaged = bytearray(gzip.compress(b"first" * 1000))
    damaged[12:20] = b"\xff" * 8
    data, error = inflated(tmp_path, bytes(damaged) + gzip.compress(DATA), "gzip")
    assert data.endswith(DATA)
    assert error is not None


def test_empty_file_gives_nothing(tmp_path):
    assert inflated(tmp_path, b"", "gzip") == (b"", None)


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    inflated(tmp_path, PACKED["gzip"][:-100], "gzip")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_full_disk_for_temporary_files_is_named(tmp_path, monkeypatch):
    def pieces(stream):
        yield DATA[:100]
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(records_inflated._Stream, "pieces", pieces)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(OSError, match="for temporary files; make some, or set TMPDIR") as caught:
        inflated(tmp_path, PACKED["gzip"], "gzip")
    assert caught.value.filename == str(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("compression", PACKED)
def test_more_than_the_limit_is_refused_and_leaves_nothing(tmp_path, monkeypatch, compression):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("FILMROLL_INFLATED_NBYTES", str(len(DATA) - 1))
    with pytest.raises(LimitError, match=f"file: more than {len(DATA) - 1} bytes are packed in it"):
        inflated(tmp_path, PACKED[compression], compression)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    monkeypatch.setenv("FILMROLL_INFLATED_NBYTES", str(len(DATA)))
    assert inflated(tmp_path, PACKED[compression], compression) == (DATA, None)


def test_usual_limit_goes_by_the_size_of_the_file(tmp_path, monkeypatch):
    bomb = gzip.compress(bytes(2**22))
    monkeypatch.setattr(records_inflated, "MAX_NBYTES", 2**20)
    with pytest.raises(LimitError, match=f"more than {2**20} bytes"):
        inflated(tmp_path, bomb, "gzip")
    monkeypatch.setattr(records_inflated, "MAX_RATIO", 2**22 // len(bomb) + 1)
    assert inflated(tmp_path, bomb, "gzip") == (bytes(2**22), None)


@pytest.mark.parametrize("limit", ["much", "-1", "1.5", "\u0663"])
def test_limit_that_is_no_number_is_told(tmp_path, monkeypatch, limit):
    monkeypatch.setenv("FILMROLL_INFLATED_NBYTES", limit)
    with pytest.raises(UnsupportedError, match=f"FILMROLL_INFLATED_NBYTES={limit} is no number of bytes"):
        inflated(tmp_path, PACKED["gzip"], "gzip")
