"""Records as protobuf allows them to be written, but no ordinary writer does."""

import random
import struct

import numpy as np
from hypothesis import strategies as st

from messages import oracle
from messages.agreement import delimited
from messages.wild import varint


class Odd:
    """Writes ordinary features as protobuf allows, but no ordinary writer does."""

    def __init__(self, seed, *, oddity):
        self.random = random.Random(seed)
        self.oddity = oddity

    def odd(self):
        return self.random.random() < self.oddity

    def padding(self):
        return self.random.choice([1, 2, 3, 4]) if self.odd() else 0

    def delimited(self, tag, payload):
        field = delimited(tag, payload, self.padding())
        return field + self.unknown() if self.odd() else field

    def unknown(self):
        return self.random.choice(
            [b"\x7a\x02hi", b"\x78\x05", b"\x7d\0\0\0\0", b"\x7b\x7c", b"\x08\x01", b"\x0d\0\0\0\0"]
        )

    def message(self, features):
        names = list(features)
        if self.odd():
            self.random.shuffle(names)
        if self.odd() and names:
            names.insert(0, self.random.choice(names))
        entries = [self.entry(name, features[name]) for name in names]
        cut = self.random.randrange(len(entries) + 1) if self.odd() else len(entries)
        parts = [entries[:cut], entries[cut:]] if cut < len(entries) else [entries]
        return b"".join(self.delimited(0x0A, b"".join(part)) for part in parts)

    def entry(self, name, value):
        fields = [self.delimited(0x0A, name.encode()), self.delimited(0x12, self.feature(value))]
        if self.odd():
            fields.reverse()
        if self.odd():
            fields.append(self.delimited(0x12, self.feature(value)))
        if self.odd():
            del fields[self.random.randrange(len(fields))]
        return self.delimited(0x0A, b"".join(fields))

    def feature(self, value):
        kind, values = oracle.of_value(value)
        if not kind:
            return b""
        if kind == 1:
            lists = b"".join(self.delimited(0x0A, each) for each in values)
        elif kind == 2:
            lists = self.numbers(0x0D, [struct.pack("<I", bits) for bits in values])
        else:
            padding = self.padding()
            lists = self.numbers(0x08, [varint(each % 2**64, padding if each >= 0 else 0) for each in values])
        field = self.delimited({1: 0x0A, 2: 0x12, 3: 0x1A}[kind], lists)
        return self.delimited(self.random.choice([0x0A, 0x12, 0x1A]), b"") + field if self.odd() else field

    def numbers(self, tag, encoded):
        if self.odd():
            return b"".join(bytes([tag]) + each for each in encoded)
        if self.odd():
            return self.delimited(0x0A, b"".join(encoded[:1])) + self.delimited(0x0A, b"".join(encoded[1:]))
        return self.delimited(0x0A, b"".join(encoded)) if encoded or self.odd() else b""


NAMES = ["", "a", "ab", "a\0", "image/encoded", "é", "k" * 127, "k" * 128]

int64s = st.one_of(st.integers(-(2**63), 2**63 - 1), st.integers(0, 300))

VALUES = {
    "bytes": st.lists(st.one_of(st.binary(max_size=9), st.just(bytes(200))), max_size=4),
    "float32": st.lists(st.floats(width=32), max_size=4).map(lambda numbers: np.array(numbers, np.float32)),
    "int64": st.lists(int64s, max_size=4).map(lambda numbers: np.array(numbers, np.int64)),
}


@st.composite
def records(draw):
    """Records of the same few features; each may be absent, or have no kind."""
    types = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(sorted(VALUES)), max_size=4))
    maybe = {name: st.one_of(VALUES[kind], VALUES[kind], VALUES[kind], st.none()) for name, kind in types.items()}
    return draw(st.lists(st.fixed_dictionaries({}, optional=maybe), max_size=8))
