"""Which bytes are taken for which message."""

import pytest

from filmroll.messages import example, recognise, sequence_example

EXAMPLE = b"".join(example.serialize({"a": 1}))
SEQUENCE = b"".join(sequence_example.serialize(({"id": 1}, {"a": [1, 2]})))


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        pytest.param(b"", "example", id="empty"),
        pytest.param(EXAMPLE, "example", id="example"),
        pytest.param(b"\x0a\x00", "example", id="empty features"),
        pytest.param(b"\x78\x01" + EXAMPLE, "example", id="unknown field before"),
        pytest.param(SEQUENCE, "sequence_example", id="sequence"),
        pytest.param(b"\x12\x00", "sequence_example", id="empty feature lists"),
        pytest.param(EXAMPLE + b"\x12\x00", "sequence_example", id="context and empty feature lists"),
        pytest.param(b"hello world", None, id="text"),
        pytest.param(b"1", None, id="digit"),
        pytest.param(b"\x78\x01", None, id="only an unknown field"),
        pytest.param(b"\x0a\x02\x78\x01", None, id="features with only an unknown field"),
        pytest.param(b"\x08\x03\x10\x1c\x18\x1c\x22\x02\x00\x01\x28\x05", "datum", id="Caffe datum"),
        pytest.param(b"\xff\xd8\xff\xe0\x00\x10JFIF", None, id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n", None, id="PNG"),
        pytest.param(EXAMPLE[:-1], None, id="cut"),
    ],
)
@pytest.mark.parametrize("buffer", [bytes, bytearray, memoryview])
def test_kind_of_message_is_recognised(message, kind, buffer):
    assert recognise(buffer(message)) == kind
