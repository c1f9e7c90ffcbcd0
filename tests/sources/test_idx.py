"""IDX files are read as they announce themselves, and refused where they do not hold what they announce."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpys

from filmroll.errors import FormatError, LimitError, ParseError, TruncatedError
from filmroll.sources import idx
from sources.idx_files import CODES, serialize


@pytest.fixture
def written(tmp_path):
    def write(data: bytes, name: str = "x-idx3-ubyte"):
        (tmp_path / name).write_bytes(data)
        return tmp_path / name

    return write


ARRAYS = st.sampled_from(sorted(CODES)).flatmap(
    lambda dtype: numpys.arrays(
        np.dtype(dtype), numpys.array_shapes(max_dims=4, max_side=5), elements=st.integers(0, 100)
    )
)


@given(ARRAYS, st.booleans())
def test_every_dtype_and_shape_comes_back(tmp_path_factory, array, zipped):
    path = tmp_path_factory.mktemp("idx") / "x"
    path.write_bytes(gzip.compress(serialize(array)) if zipped else serialize(array))
    found = idx.read(path)
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, array)


def test_real_labels_begin_7_2_1_0_4(data):
    assert idx.read(data / "mnist" / "t10k-labels-idx1-ubyte.gz")[:5].tolist() == [7, 2, 1, 0, 4]


WHOLE = serialize(np.arange(24, dtype="u1").reshape(2, 3, 4))


@pytest.mark.parametrize("length", range(len(WHOLE)))
@pytest.mark.parametrize("zipped", [False, True])
def test_file_cut_anywhere_says_where_it_ends(written, length, zipped):
    path = written(gzip.compress(WHOLE[:length]) if zipped else WHOLE[:length])
    with pytest.raises(ParseError if length < 4 else TruncatedError) as caught:
        idx.read(path)
    assert caught.value.path == str(path)
    assert caught.value.offset == (None if length < 4 else length)


def test_byte_too_many_says_where_the_values_end(written):
    with pytest.raises(FormatError, match="more bytes follow, 2 x 3 x 4 of uint8 are 24 bytes from 16") as caught:
        idx.read(written(WHOLE + b"x"))
    assert caught.value.offset == len(WHOLE)


@pytest.mark.parametrize("magic", ["01000803", "00010803", "00000703", "00000a03", "00000f03", "00000800", "00000809"])
def test_other_first_bytes_are_no_idx(written, magic):
    with pytest.raises(ParseError, match="IDX with 00 00"):
        idx.read(written(bytes.fromhex(magic) + WHOLE[4:]))


def test_announced_size_is_refused_before_anything_is_allocated(written):
    with pytest.raises(LimitError, match="announces 340282366604025813"):
        idx.read(written(bytes.fromhex("00000804") + b"\xff" * 16))
    with pytest.raises(LimitError, match="the limit is 23"):
        idx.read(written(WHOLE), max_nbytes=23)


@pytest.mark.parametrize("sizes", [(151060480, 38152, 0, 2500331777), (2**31, 2**31, 2**31, 0), (0, 2**32 - 1, 7, 9)])
def test_sizes_too_large_beside_a_size_of_0_are_refused(written, sizes):
    with pytest.raises(LimitError, match="announces 0 bytes of values, .*; the limit is"):
        idx.read(written(bytes.fromhex("00000804") + struct.pack(">4I", *sizes)))


@pytest.mark.parametrize("sizes", [(0x7FFF, 0xFFFF), (0x7FFFFFFF, 1)])
def test_announced_size_below_the_limit_allocates_only_what_is_there(written, sizes):
    with pytest.raises(TruncatedError):
        idx.read(written(bytes.fromhex("00000802") + struct.pack(">2I", *sizes) + b"few"))


@pytest.mark.parametrize("length", range(2, 40))
def test_gzip_data_cut_anywhere_are_an_error_of_ours(written, length):
    with pytest.raises(FormatError):
        idx.read(written(gzip.compress(WHOLE)[:length]))


def test_broken_gzip_data_are_an_error_that_says_so(written):
    zipped = bytearray(gzip.compress(WHOLE))
    zipped[-5] ^= 1  # of the checksum
    with pytest.raises(ParseError, match="gzip data is broken"):
        idx.read(written(bytes(zipped)))


def test_sizes_that_count_bytes_in_place_of_pictures_are_datumaros(data, written):
    assert idx.read(data / "mnist" / "tiny" / "t10k-images-idx3-ubyte.gz").shape == (3, 28, 28)
    assert idx.read(written(bytes.fromhex("00000803") + struct.pack(">3I", 24, 3, 4) + bytes(24))).shape == (2, 3, 4)
    with pytest.raises(TruncatedError):
        idx.read(written(bytes.fromhex("00000803") + struct.pack(">3I", 23, 3, 4) + bytes(23)))


def test_recognise_knows_its_own():
    assert idx.recognise(WHOLE[:4])
    assert not idx.recognise(b"\x89PNG")
    assert not idx.recognise(b"\0\0")
