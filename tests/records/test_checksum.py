"""CRC-32C by its published answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from filmroll.records.checksum import crc32c, mask, masked_crc32c, unmask

# An iSCSI SCSI Read (10) command PDU, RFC 3720 B.4.
ISCSI = bytes.fromhex(
    "01c00000000000000000000000000000140000000000040000000014000000182800000000000000020000000000000000"[:96]
)

KNOWN = [
    pytest.param(bytes(32), 0x8A9136AA, id="zeros"),
    pytest.param(b"\xff" * 32, 0x62A8AB43, id="ones"),
    pytest.param(bytes(range(32)), 0x46DD794E, id="rising"),
    pytest.param(bytes(range(31, -1, -1)), 0x113FDB5C, id="falling"),
    pytest.param(ISCSI, 0xD9963A56, id="iSCSI"),
    pytest.param(ISCSI[:41], 0xDD1B19BE, id="first 41 bytes of iSCSI"),
    pytest.param(ISCSI[1:45], 0x4930C4B1, id="bytes 1 to 44 of iSCSI"),
    pytest.param(b"", 0, id="nothing"),
    pytest.param(b"123456789", 0xE3069283, id="check value"),
]


@pytest.mark.parametrize(("data", "crc"), KNOWN)
@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda data: np.frombuffer(data, np.uint8)])
def test_crc_of_known_data(data, crc, kind):
    assert crc32c(kind(data)) == crc
    assert reference.crc32c(data) == crc


def test_crc_is_extended_by_what_follows():
    assert crc32c(b"world", crc32c(b"hello ")) == crc32c(b"hello world")


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_large_buffers_have_the_crc_of_the_bytes(kind):
    data = np.random.default_rng(1).bytes(100_001)
    assert crc32c(kind(data)) == crc32c(data)


def test_unaligned_view_has_the_crc_of_its_bytes():
    assert crc32c(memoryview(b"x" + ISCSI)[1:]) == 0xD9963A56
    assert crc32c(memoryview(bytes(20_001))[1:]) == crc32c(bytes(20_000))


def test_mask_is_undone_by_unmask_and_changes_each_time():
    crc = crc32c(b"foo")
    assert mask(crc) != crc
    assert mask(mask(crc)) != crc
    assert unmask(mask(crc)) == crc
    assert unmask(unmask(mask(mask(crc)))) == crc


def test_mask_of_an_array_is_the_mask_of_each():
    crcs = [0, 1, 2**31, 2**32 - 1, 0xD9963A56]
    assert mask(np.array(crcs, np.int64)).tolist() == [mask(crc) for crc in crcs]
    assert unmask(np.array(crcs, np.int64)).tolist() == [unmask(crc) for crc in crcs]


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_masked_crc_of_buffers_is_that_of_their_concatenation(buffers):
    assert masked_crc32c(*buffers) == reference.masked_crc32c(b"".join(buffers))
