"""What a damaged compressed file still gives."""

import errno
import gzip
import zlib

import numpy as np
import pytest

from filmroll.errors import FormatError, TruncatedError
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
