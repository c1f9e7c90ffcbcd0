"""What columns say of messages, held against what the plain parser says of each."""

import itertools

import numpy as np
import pytest

from filmroll.errors import FormatError, ParseError
from filmroll.messages import columns, example, lockstep, uniform
from filmroll.records import Reader
from messages import oracle
from messages.wild import varint

MANY = 2 * lockstep.LEAST_RECORDS
GAP = b"\x0a\x01\x0a\xff"  # between messages: bytes that would parse, and bytes that would not


def always_in_step(monkeypatch):
    monkeypatch.setattr(lockstep, "LEAST_RECORDS", 1)
    monkeypatch.setattr(lockstep, "FEW", 1)
    monkeypatch.setattr(lockstep, "CHUNK_RECORDS", 3)
    monkeypatch.setattr(uniform, "LEAST_RECORDS", 2)


def serialized(features):
    return b"".join(example.serialize(features))


def delimited(tag, payload, padding=0):
    return bytes([tag]) + varint(len(payload), padding) + payload


def of_one(*fields, entry=0x0A, name=b"a"):
    """An Example of one feature, from the fields of the Feature."""
    return delimited(0x0A, delimited(entry, delimited(0x0A, name) + delimited(0x12, b"".join(fields))))


def laid_out(messages):
    """Put messages into one buffer, with gaps, and say where."""
    lengths = np.array([len(message) for message in messages], np.int64)
    starts = np.cumsum(lengths + len(GAP)) - lengths
    return b"".join(GAP + message for message in messages), starts, lengths


def plain(messages):
    """Return what the plain parser says: all features, or the class, record and offset of the first error."""
    parsed = []
    for row, message in enumerate(messages):
        try:
            parsed.append(example.parse(message))
        except FormatError as exc:
            return type(exc), row, exc.offset
    return parsed


def mixed(parsed):
    """Return the names whose values are not all of one type."""
    kinds = {}
    for features in parsed:
        for name, value in features.items():
            kind, values = oracle.of_value(value)
            if values:
                kinds.setdefault(name, set()).add(kind)
    return {name for name, found in kinds.items() if len(found) > 1}


def assert_agrees(column, values):
    """Compare a column with the values of a list of records, in which None is a record without it."""
    assert len(column) == len(values) == len(column.row_splits) - 1
    assert column.row_splits[0] == 0
    for found, present, value in zip(column, column.present, values, strict=True):
        kind, expected = oracle.of_value(value)
        assert bool(present) == (kind != 0)
        assert (found is None) == (value is None)
        # An empty list takes the type of its column, so of that only the emptiness is compared.
        assert len(found) == 0 if kind and not expected else oracle.of_value(found) == (kind, expected)


def assert_columns_agree(messages, **options):
    """Compare both entrances with the plain parser; return whether it accepts the messages."""
    parsed = plain(messages)
    buffer, starts, lengths = laid_out(messages)
    for parse in (
        lambda: columns.parse(messages, **options),
        lambda: columns.parse_buffer(buffer, starts, lengths, **options),
    ):
        if isinstance(parsed, tuple):
            with pytest.raises(parsed[0]) as caught:
                parse()
            assert (type(caught.value), caught.value.record, caught.value.offset) == parsed
        elif mixed(parsed) & set(options.get("features", mixed(parsed))):
            with pytest.raises(ParseError, match=r"^record \d+: feature .* holds .*, and .* in record \d+$"):
                parse()
        else:
            found = parse()
            names = {name for features in parsed for name in features}
            assert set(found) == set(options.get("features", names))
            for name, column in found.items():
                assert_agrees(column, [features.get(name) for features in parsed])
    return not isinstance(parsed, tuple)


def records_of(path):
    return [bytes(record) for record in itertools.islice(Reader(path), 60)]
