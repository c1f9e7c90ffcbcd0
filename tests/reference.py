"""Slow, obvious readers of the two formats, written from their specifications alone, to hold the fast ones against."""

import struct


def crc32c(data: bytes) -> int:
    """CRC-32C bit by bit: RFC 3720, reflected polynomial 0x82F63B78."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32


def frame(data: bytes) -> bytes:
    """One record as a TFRecord file holds it."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked_crc32c(length)) + data + struct.pack("<I", masked_crc32c(data))


def read_records(file: bytes) -> list[bytes]:
    """All records of a plain TFRecord file; ValueError if anything is wrong with it."""
    records = []
    while file:
        length = int.from_bytes(file[:8], "little")
        record, file = file[: 16 + length], file[16 + length :]
        data = record[12 : 12 + length]
        if record != frame(data):
            raise ValueError("damaged or cut record")
        records.append(data)
    return records


def _varint(data: bytes) -> tuple[int, bytes]:
    value = 0
    for index in range(10):
        if index >= len(data):
            raise ValueError("cut varint")
        value |= (data[index] & 0x7F) << 7 * index
        if data[index] < 0x80:
            return value % 2**64, data[index + 1 :]
    raise ValueError("long varint")


def _fields(data: bytes) -> list[tuple[int, int, int | bytes]]:
    """Field number, wire type and payload of each field; groups are not supported."""
    fields = []
    while data:
        tag, data = _varint(data)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            payload, data = _varint(data)
        elif wire_type in (1, 2, 5):
            nbytes, data = _varint(data) if wire_type == 2 else ({1: 8, 5: 4}[wire_type], data)
            payload, data = data[:nbytes], data[nbytes:]
            if len(payload) < nbytes:
                raise ValueError("cut field")
        else:
            raise ValueError("group")
        if number == 0:
            raise ValueError("field number 0")
        fields.append((number, wire_type, payload))
    return fields


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _parse_list(kind: int, data: bytes) -> list:
    values = []
    for number, wire_type, payload in _fields(data):
        if number != 1:
            continue
        if kind == 1 and wire_type == 2:
            values.append(payload)
        elif kind == 2 and wire_type in (2, 5):
            values += struct.unpack(f"<{len(payload) // 4}f", payload)
        elif kind == 3 and wire_type == 0:
            values.append(_signed(payload))
        elif kind == 3 and wire_type == 2:
            while payload:
                value, payload = _varint(payload)  # noqa: PLW2901
                values.append(_signed(value))
    return values


def _parse_feature(data: bytes) -> tuple[int, list]:
    """Kind (0 none, 1 bytes, 2 float, 3 int64) and values; the last kind wins."""
    kind, values = 0, []
    for number, wire_type, payload in _fields(data):
        if number in (1, 2, 3) and wire_type == 2:
            values = (values if number == kind else []) + _parse_list(number, payload)
            kind = number
    return kind, values


def parse_example(message: bytes) -> dict[str, tuple[int, list]]:
    """An Example as name -> (kind, values); ValueError if it is none."""
    features = b"".join(payload for number, kind, payload in _fields(message) if (number, kind) == (1, 2))
    parsed = {}
    for number, wire_type, entry in _fields(features):
        if (number, wire_type) != (1, 2):
            continue
        name, value = b"", b""
        for inner, inner_type, payload in _fields(entry):
            if (inner, inner_type) == (1, 2):
                name = payload
            elif (inner, inner_type) == (2, 2):
                value += payload
        parsed[name.decode()] = _parse_feature(value)
    return parsed
