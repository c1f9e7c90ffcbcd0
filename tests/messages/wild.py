"""Random messages in the grammar of protobuf: most of them odd, many of them wrong."""

import random

TAGS = [*[1] * 10, 2, 2, 2, 3, 3, 4, 15, 16, 2**29 - 1]
WIRE_TYPES = [*[2] * 12, 0, 0, 1, 5, 5, 3]
NUMBERS = [0, 1, 127, 128, 300, 2**31, 2**63, 2**64 - 1]


def varint(value: int, padding: int = 0) -> bytes:
    """A varint, with so many bytes more than it needs."""
    groups = [value >> shift & 0x7F for shift in range(0, max(value.bit_length(), 1), 7)] + [0] * padding
    return bytes([group | 0x80 for group in groups[:-1]] + [groups[-1]])


class Wild:
    """Makes messages from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def message(self) -> bytes:
        message = b"".join(self._field(5) for _ in range(self.random.choice([1, 1, 2])))
        return self._damage(message) if self.random.random() < 0.3 else message

    def _damage(self, message: bytes) -> bytes:
        damaged = bytearray(message)
        for _ in range(self.random.choice([1, 2])):
            damaged[self.random.randrange(len(damaged))] = self._odd(0, 8, 10, 13, 18, 26, 128, 255)
        return bytes(damaged[: self.random.choice([len(damaged), self.random.randrange(len(damaged))])])

    def _odd(self, *choices: int) -> int:
        return self.random.choice([*choices, self.random.getrandbits(8)])

    def _rarely(self, odd: list, usual: object) -> object:
        return self.random.choice(odd) if self.random.random() < 0.03 else usual

    def _field(self, depth: int) -> bytes:
        number = self._rarely([0, 2**29], self.random.choice(TAGS))
        wire_type = self._rarely([4, 6, 7], self.random.choice(WIRE_TYPES))
        tag = varint(number << 3 | wire_type, self._rarely([1, 2, 4, 5, 9], 0))
        if wire_type == 0:
            return tag + varint(self.random.choice([*NUMBERS, 2**69]), self._rarely([1, 8, 9, 10], 0))
        if wire_type in (1, 5):
            return tag + self.random.randbytes(8 if wire_type == 1 else 4)
        if wire_type == 3:
            end = number + self._rarely([1], 0)
            inner = b"".join(self._field(max(depth - 1, 0)) for _ in range(self.random.choice([0, 1, 2])))
            return tag + inner + varint(end << 3 | 4)
        return tag + self._delimited(depth) if wire_type == 2 else tag

    def _delimited(self, depth: int) -> bytes:
        payload = self._payload(depth)
        length = self._rarely([len(payload) + 1, 2**31, 2**32 + len(payload), 2**63, 2**64 - 1], len(payload))
        return varint(length, self._rarely([1, 2, 4, 5], 0)) + payload

    def _payload(self, depth: int) -> bytes:
        kind = self.random.random()
        if kind < 0.08:
            return self.random.randbytes(self.random.randrange(6))
        if kind < 0.15:
            return b"".join(varint(self.random.choice(NUMBERS)) for _ in range(self.random.choice([1, 2, 30])))
        if kind < 0.2:
            return self.random.randbytes(4 * self.random.randrange(4))
        if depth == 0:
            return self.random.choice([b"", b"a", b"\xff", b"key", "é".encode()])
        return b"".join(self._field(depth - 1) for _ in range(self.random.choice([0, 1, 1, 1, 2, 2, 3])))
