"""Numbers of few bytes as Riegeli and protobuf write them: seven bits a byte, the lowest first.

Records know nothing of messages: `messages.wire.varint` writes the same bytes, made for loops over features.

Source: protobuf.dev/programming-guides/encoding (Base 128 Varints).
"""


def varint(value: int) -> bytes:
    """Write an unsigned integer in the least number of bytes."""
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
