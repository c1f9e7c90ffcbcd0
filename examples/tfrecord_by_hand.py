"""Read a TFRecord file with nothing but a checksum: what the bytes say."""

import struct

import google_crc32c


def masked(data: bytes) -> int:
    crc = google_crc32c.value(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


with open("roll-00000-of-00004.tfrecord", "rb") as file:
    while header := file.read(12):
        length, length_crc = struct.unpack("<QI", header)
        assert length_crc == masked(header[:8])  # before the length is believed
        data = file.read(length)
        assert struct.unpack("<I", file.read(4))[0] == masked(data)
        print(length, "bytes, the message begins", data[:4].hex(" "))
