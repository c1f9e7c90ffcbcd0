"""What the header of a JPEG says of its scan is read, and no scan is seen where there is none that can be cut."""

import pytest

from filmroll.codecs import jpeg_scan
from jpegs import MARKER_ROWS, encode, noise


def changed(data: bytes, marker: bytes, offset: int, value: int) -> bytes:
    at = data.index(marker) + offset
    return data[:at] + bytes([value]) + data[at + 1 :]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data[:-2], id="no end"),
        pytest.param(lambda data: data[:300] + b"\xff\xd9", id="no scan"),
        pytest.param(lambda data: data[:2] + b"\xff\xd0" + data[2:], id="a restart marker in the header"),
        pytest.param(lambda data: data[: data.index(b"\xff\xda")] + data[data.index(b"\xff\xc0") :], id="two frames"),
        pytest.param(lambda data: data.replace(b"\xff\xda\x00\x0c\x03", b"\xff\xda\xff\x0c\x03"), id="scan's length"),
        pytest.param(lambda data: data.replace(b"\xff\xda\x00\x0c\x03", b"\xff\xda\x00\x0c\x01"), id="one of three"),
        pytest.param(lambda data: data.replace(b"\xff\xc0", b"\xff\xc9"), id="arithmetic coding"),
        pytest.param(lambda data: changed(data, b"\xff\xc0", 11, 0x20), id="blocks without rows"),
        pytest.param(lambda data: changed(data, b"\xff\xc0", 11, 0x02), id="blocks without columns"),
        pytest.param(lambda data: changed(changed(data, b"\xff\xc0", 9, 2), b"\xff\xda", 4, 2), id="two components"),
        pytest.param(lambda data: b"\xff\xd8\xff\xd9", id="nothing"),
        pytest.param(lambda data: b"", id="empty"),
    ],
)
def test_scan_that_is_not_plain_is_left_to_the_decoder(change):
    data = encode(noise(60, 40), "4:2:0", **MARKER_ROWS)
    assert jpeg_scan.read_scan(data) is not None
    assert jpeg_scan.read_scan(change(data)) is None
