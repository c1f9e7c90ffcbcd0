"""NPY: NumPy's own files, without its pickles."""

import io
import struct
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

import realdata
from filmroll import codecs
from filmroll.errors import DecodeError, EncodeError, LimitError, TruncatedError, UnsupportedError


def saved(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version, allow_pickle=True)
    return out.getvalue()


def with_header(text: str, values: bytes = b"", major: int = 1) -> bytes:
    header = text.encode() + b"\n"
    return b"\x93NUMPY" + bytes([major, 0]) + struct.pack("<H" if major == 1 else "<I", len(header)) + header + values


@pytest.mark.parametrize("path", realdata.params("npy/**/*.npy", "blog/*.npy"))
def test_real_files_equal_what_numpy_loads(path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # np.load comments on headers of Python 2
            expected = np.load(path, allow_pickle=False)
    except ValueError:
        with pytest.raises(DecodeError, match="refused"):
            codecs.decode(path.read_bytes())
        return
    ours = codecs.decode(path.read_bytes())
    assert (ours.dtype, ours.shape) == (expected.dtype, expected.shape)
    assert ours.flags.c_contiguous
    assert ours.flags.writeable
    np.testing.assert_array_equal(ours, expected)


def test_freedom_has_the_old_header_of_eighty_bytes(data):
    encoded = (data / "blog/freedom.npy").read_bytes()
    assert len(encoded) == 720_080 == 80 + 600 * 400 * 3
    np.testing.assert_array_equal(codecs.decode(encoded), np.load(data / "blog/freedom.npy"))
    assert len(codecs.encode(codecs.decode(encoded), "npy")) == 720_128


def test_name_of_a_field_that_looks_like_a_number_of_python_2_stays():
    array = np.array((True,), dtype=[("0L", "?")])
    assert codecs.decode(codecs.encode(array, "npy")).dtype == array.dtype


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(hnp.scalar_dtypes() | hnp.array_dtypes(), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0)))
def test_any_array_comes_back_and_is_written_as_numpy_writes_it(array):
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # np.save comments on versions 2 and 3
        np.save(out, array, allow_pickle=False)
    encoded = codecs.encode(array, "npy")
    assert encoded == out.getvalue()
    again = codecs.decode(encoded)
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert again.tobytes() == np.ascontiguousarray(array).tobytes()
    assert codecs.read_header(encoded).shape == array.shape


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_every_version_of_the_header_is_read(version):
    array = np.arange(6, dtype=">i4").reshape(2, 3)
    np.testing.assert_array_equal(codecs.decode(saved(array, version)), array)


def test_fortran_order_becomes_c_order():
    array = np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4))
    ours = codecs.decode(saved(array))
    assert ours.flags.c_contiguous
    np.testing.assert_array_equal(ours, array)


def test_headers_of_python_2_are_read_without_a_warning():
    encoded = with_header("{'descr': '<i2', 'fortran_order': False, 'shape': (2L, 1L), }", b"\1\0\2\0")
    assert codecs.decode(encoded).tolist() == [[1], [2]]


def test_objects_are_never_unpickled():
    with pytest.raises(DecodeError, match="Python objects .* refused"):
        codecs.decode(saved(np.array([{}], dtype=object)))
    with pytest.raises(DecodeError, match="refused"):
        codecs.decode(saved(np.zeros(2, dtype=[("a", "O"), ("b", "i4")])))


def test_objects_are_not_encoded():
    with pytest.raises(EncodeError, match="object"):
        codecs.encode(np.array([{}], dtype=object), "npy")


GOOD = "'fortran_order': False, 'shape': (2,)"


@pytest.mark.parametrize(
    ("encoded", "words"),
    [
        (with_header("{'descr': '<i2', 'fortran_order': False, 'shape': (2**40,)}"), "NPY"),
        (with_header("{'descr': '<i2', 'fortran_order': False, 'shape': (99,)}"), "takes 198 bytes, 0 follow"),
        (with_header("{'descr': '<i2', 'fortran_order': False, 'shape': (-1,)}"), "shape"),
        (with_header("{'descr': '<i2', 'fortran_order': False, 'shape': (True,)}"), "shape"),
        (with_header("{'descr': '<i2', 'fortran_order': False, 'shape': 4}"), "shape"),
        (with_header("{'descr': '<i2', 'fortran_order': 1, 'shape': (2,)}"), "fortran_order"),
        (with_header("{'descr': '<q9', " + GOOD + "}", bytes(99)), "NPY"),
        (with_header("{'descr': '<i2', 'shape': (2,)}", bytes(4)), "dict of"),
        (with_header("[1]"), "dict of"),
        (with_header("__import__('os').getcwd()"), "NPY"),
        (with_header("(" * 5000), "NPY"),
        (with_header("{}", major=9), "version 9"),
        (b"\x93NUMPY\2\0\xff\xff\xff\x7f", "10000 are the most"),
        (b"\x93NUMPY\1\0\x76\0{", "end inside"),
        (b"\x93NUMPY", "end inside"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(encoded, words):
    with pytest.raises(DecodeError, match=words):
        codecs.decode(encoded)


def test_a_file_cut_anywhere_is_refused_and_its_header_is_truncated():
    encoded = codecs.encode(np.arange(5), "npy")
    for nbytes in range(6, len(encoded)):
        with pytest.raises(DecodeError):
            codecs.decode(encoded[:nbytes])
    with pytest.raises(TruncatedError):
        codecs.read_header(encoded[:100])
    assert codecs.read_header(encoded[:128]).shape == (5,)


def test_a_last_axis_of_channels_does_not_count_towards_the_limit():
    encoded = codecs.encode(np.zeros((5, 7, 4), np.uint8), "npy")
    assert codecs.decode(encoded, max_pixels=35).shape == (5, 7, 4)
    with pytest.raises(LimitError):
        codecs.decode(encoded, max_pixels=34)


def test_dtype_is_kept_unless_another_is_asked_for():
    encoded = codecs.encode(np.full((2, 2, 3), 65535, np.uint16), "npy")
    assert codecs.decode(encoded).dtype == np.uint16
    assert codecs.decode(encoded, dtype="uint8").max() == 255
    assert codecs.decode(encoded, dtype="float32").max() == 1


def test_what_has_no_channels_cannot_be_converted():
    with pytest.raises(DecodeError, match=r"shape \(5,\)"):
        codecs.decode(codecs.encode(np.zeros(5, np.uint8), "npy"), channels=3)
    for width in (2, 3, 4):  # a gray picture of that width, not one column of so many channels
        with pytest.raises(DecodeError, match=rf"shape \(5, {width}\)"):
            codecs.decode(codecs.encode(np.zeros((5, width), np.uint8), "npy"), channels=width)
    with pytest.raises(UnsupportedError, match="float64"):
        codecs.decode(codecs.encode(np.zeros(5), "npy"), dtype="uint8")
