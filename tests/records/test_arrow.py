"""pyarrow's errors become filmroll's where they are about the file, and stay where they are about the system."""

import errno
from pathlib import Path

import pyarrow as pa
import pytest

from filmroll.errors import ChecksumError, FormatError, LimitError, ParseError, UnsupportedError
from filmroll.records import arrow


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (pa.ArrowInvalid("bad\nsecond line"), FormatError),
        (pa.ArrowNotImplementedError("new encoding"), UnsupportedError),
        (OSError("Couldn't deserialize thrift"), FormatError),
        (OSError("could not verify page integrity, CRC checksum verification failed"), ChecksumError),
        (OverflowError("too much"), FormatError),
        (MemoryError("malloc"), FormatError),
    ],
)
def test_error_about_the_bytes_is_one_of_filmroll_in_one_line(raised, error):
    with pytest.raises(error) as caught, arrow.reading():
        raise raised
    assert type(caught.value) is error
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(
    "raised", [OSError(errno.EIO, "disk"), FileNotFoundError(errno.ENOENT, "gone"), ParseError("ours")]
)
def test_error_of_the_system_or_of_filmroll_stays(raised):
    with pytest.raises(type(raised)) as caught, arrow.reading():
        raise raised
    assert caught.value is raised


def test_value_that_arrow_cannot_hold_is_a_limit_error():
    with pytest.raises(LimitError, match="a value is larger than Arrow holds"), arrow.writing(Path("a.parquet")):
        raise pa.ArrowCapacityError("array cannot contain more than 2147483646 bytes")
