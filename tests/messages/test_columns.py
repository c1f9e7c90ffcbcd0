"""Columns say of many messages what the plain parser says of each, right or wrong, and check what is expected."""

import gzip
import itertools
import random
import struct
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import realdata
from filmroll.errors import FormatError, LimitError, ParseError, TruncatedError
from filmroll.messages import columns, example, lockstep, recognise, uniform
from filmroll.messages.columns import BytesColumn, Column, NumberColumn, Spec
from filmroll.records import Reader
from messages import oracle
from messages.wild import Wild, varint

REAL = [*realdata.params("records/**/*tfrecord*", "records/**/*.record", "records/**/*.gz", "blog/*.tfrecords")]
MANY = 2 * lockstep.LEAST_RECORDS
GAP = b"\x0a\x01\x0a\xff"  # between messages: bytes that would parse, and bytes that would not


@pytest.fixture(params=["as set", "one is enough"])
def few(request, monkeypatch):
    """Run with messages left to the plain parser as they usually are, and with as little as possible left to it."""
    if request.param == "one is enough":
        always_in_step(monkeypatch)


def always_in_step(monkeypatch):
    monkeypatch.setattr(lockstep, "LEAST_RECORDS", 1)
    monkeypatch.setattr(lockstep, "FEW", 1)
    monkeypatch.setattr(lockstep, "CHUNK_RECORDS", 3)
    monkeypatch.setattr(uniform, "LEAST_RECORDS", 2)


def serialized(features):
    return b"".join(example.serialize(features))


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


@pytest.mark.parametrize("path", REAL)
def test_real_files_say_what_the_plain_parser_says(path, few):
    messages = records_of(path)
    is_example = all(recognise(message) == "example" for message in messages)
    accepted = assert_columns_agree(messages)
    assert accepted or not is_example
    names = sorted(example.parse(messages[0])) if accepted else []
    for features in (names[:1], [*names[1::2], "no such name"]):
        assert_columns_agree(messages, features=features)


@pytest.mark.parametrize("path", REAL)
def test_real_messages_repeated_until_they_go_in_step_say_the_same(path):
    messages = records_of(path)[:20]
    assert_columns_agree(messages * (MANY // len(messages) + 1))


@pytest.mark.parametrize("path", [*realdata.params("blog/my_ex*", "records/torchdata/ex*", "records/tensorflow/*")])
def test_mutated_real_messages_say_the_same_or_fail_the_same(path, monkeypatch):
    always_in_step(monkeypatch)
    chance = random.Random(1)
    messages = records_of(path)[:4]
    verdicts = []
    for _ in range(40):
        changed = [bytearray(message) for message in messages * (1 + 4 // len(messages))]
        victim = chance.choice(changed)
        end = chance.choice([len(victim), min(120, len(victim))])
        victim[chance.randrange(end)] = chance.choice([0, 1, 8, 10, 13, 18, 26, 127, 128, 255, chance.getrandbits(8)])
        verdicts.append(assert_columns_agree([bytes(each) for each in changed]))
    assert 0 < sum(verdicts) < len(verdicts)


@pytest.mark.parametrize("seed", range(3))
def test_wild_messages_say_the_same_or_fail_the_same(seed, monkeypatch):
    always_in_step(monkeypatch)
    wild = Wild(seed)
    verdicts = [
        assert_columns_agree([wild.message() for _ in range(wild.random.choice([1, 2, 5]))]) for _ in range(400)
    ]
    assert 40 < sum(verdicts) < 360


def delimited(tag, payload, padding=0):
    return bytes([tag]) + varint(len(payload), padding) + payload


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


@settings(deadline=None, max_examples=80)
@given(records(), st.integers(0, 2**32), st.sampled_from([0, 0.02, 0.1]))
def test_any_records_however_written_say_what_the_plain_parser_says(features, seed, oddity):
    odd = Odd(seed, oddity=oddity)
    with pytest.MonkeyPatch.context() as patch:
        always_in_step(patch)
        assert_columns_agree([odd.message(each) for each in features])


@settings(deadline=None, max_examples=80)
@given(records(), st.data())
def test_any_change_of_one_message_says_the_same_or_fails_the_same(features, data):
    messages = [bytearray(serialized(each)) for each in features]
    message = data.draw(st.sampled_from([each for each in messages if each] or [bytearray(1)]))
    place = data.draw(st.integers(0, len(message) - 1))
    odd = data.draw(st.sampled_from([0, 8, 10, 13, 18, 26, 127, 128, 255, message[place] ^ 128, message[place] ^ 1]))
    message[place : place + data.draw(st.integers(0, 2))] = bytes([odd])
    with pytest.MonkeyPatch.context() as patch:
        always_in_step(patch)
        assert_columns_agree([bytes(each) for each in messages])


def photo(row, *, order=None):
    features = {
        "label": row % 300,
        "name": b"n%d.jpg" % 10**row if row < 9 else b"",
        "boxes": np.arange(row % 4, dtype=np.float32),
        "ids": np.arange(-(row % 3), 200 * (row % 3), 7),
        "texts": [b"x" * each for each in range(row % 5)],
        "encoded": bytes([row % 256]) * (100 * row),
        "nothing": None,
    }
    return {name: features[name] for name in order or features}


@pytest.fixture
def no_plain_parser(monkeypatch):
    def refuse(message):
        raise AssertionError(f"left to the plain parser: {bytes(message)!r}")

    monkeypatch.setattr(example, "parse", refuse)


def test_ordinary_messages_of_any_lengths_go_in_step(no_plain_parser):
    found = columns.parse([serialized(photo(row)) for row in range(200)])
    for row in (0, 1, 7, 8, 199):
        assert oracle.of_value(found["label"][row]) == (3, [row % 300])
        assert oracle.of_value(found["encoded"][row]) == (1, [bytes([row]) * 100 * row])
        assert oracle.of_value(found["boxes"][row]) == (2, np.arange(row % 4, dtype="f4").view(np.uint32).tolist())
        assert oracle.of_value(found["ids"][row]) == (3, list(range(-(row % 3), 200 * (row % 3), 7)))
        assert oracle.of_value(found["texts"][row]) == (1, [b"x" * each for each in range(row % 5)])
    assert found["nothing"].type is None


def test_messages_of_many_orders_of_names_go_in_step(no_plain_parser):
    orders = list(itertools.permutations(["label", "boxes", "encoded"]))
    messages = [serialized(photo(row, order=orders[row % 6])) for row in range(6 * MANY)]
    found = columns.parse(messages)
    assert found["label"].dense().tolist() == [row % 300 for row in range(6 * MANY)]
    assert found["encoded"].lengths.tolist() == [100 * row for row in range(6 * MANY)]


def test_one_odd_message_among_many_is_parsed_singly(monkeypatch):
    parsed = []
    parse = example.parse
    monkeypatch.setattr(example, "parse", lambda message: parsed.append(bytes(message)) or parse(message))
    messages = [serialized({"a": row, "b": b"%d" % row}) for row in range(MANY)]
    # A value before its name, as no writer has it.
    messages[7] = delimited(0x0A, delimited(0x0A, delimited(0x12, b"\x0a\x03\x0a\x01x") + delimited(0x0A, b"b")))
    found = columns.parse(messages)
    assert parsed == [messages[7]]
    assert found["b"][7] == [b"x"]
    assert found["a"][7] is None
    assert found["a"].present.tolist() == [row != 7 for row in range(MANY)]
    assert found["a"].counts.tolist() == [int(row != 7) for row in range(MANY)]
    assert found["a"].values.tolist() == [row for row in range(MANY) if row != 7]


def test_name_that_comes_twice_keeps_the_last_value(few):
    twice = serialized({"a": 1, "b": 2})[:-1] + b"\x03"
    twice = twice.replace(b"\x0a\x01a", b"\x0a\x01b")
    assert columns.parse([twice] * MANY)["b"].dense().tolist() == [3] * MANY


def test_name_that_comes_twice_and_last_without_a_kind_has_no_value(few):
    message = delimited(0x0A, b"".join(Odd(0, oddity=0).entry("a", value) for value in (np.array([5]), None)))
    (column,) = columns.parse([message] * MANY).values()
    assert not column.present.any()
    assert column.type is None


def test_name_of_a_misfit_that_another_name_replaces_is_no_column(monkeypatch):
    always_in_step(monkeypatch)
    assert list(columns.parse([delimited(0x0A, delimited(0x0A, b"\x0a\x01a\x0a\x01b"))])) == ["b"]


def test_more_names_in_one_step_than_are_followed_are_parsed_singly(monkeypatch):
    always_in_step(monkeypatch)
    monkeypatch.setattr(lockstep, "CHUNK_RECORDS", 1000)
    monkeypatch.setattr(lockstep, "MAX_NAMES", 5)
    assert_columns_agree([serialized({f"name {row}": row, "all": row}) for row in range(12)])


def test_name_that_is_no_utf8_fails_with_its_record(few):
    messages = [serialized({"abc": 1})] * MANY
    messages[11] = messages[11].replace(b"abc", b"a\xffc")
    with pytest.raises(ParseError, match="no UTF-8") as caught:
        columns.parse(messages)
    assert caught.value.record == 11


def test_first_fault_is_raised_though_later_ones_are_found_sooner(few):
    messages = [serialized({"a": 1, "b": [1.0, 2.0]})] * MANY
    messages[50] = messages[50][:-1]
    messages[20] = messages[20].replace(b"\x12\x0a\x0a\x08", b"\x12\x0a\x0a\x07")
    with pytest.raises(ParseError) as caught:
        columns.parse(messages)
    assert caught.value.record == 20


def test_message_cut_off_is_truncated_though_the_buffer_goes_on(few):
    buffer, starts, lengths = laid_out([serialized({"a": b"value"})] * MANY)
    lengths[30] -= 1
    with pytest.raises(TruncatedError) as caught:
        columns.parse_buffer(buffer, starts, lengths)
    assert caught.value.record == 30


@pytest.mark.parametrize("wanted", [None, ["b"]])
def test_varint_too_long_is_refused_wanted_or_not(wanted, few):
    bad = delimited(0x0A, Odd(0, oddity=0).entry("a", np.array([-1])))
    messages = [bad] * MANY
    messages[5] = bad.replace(b"\xff\x01", b"\xff\x81")
    with pytest.raises(FormatError) as caught:
        columns.parse(messages, features=wanted)
    assert caught.value.record == 5


LEVELS = ["Features", "entry", "name", "Feature", "list", "packed"]


def padded_at(level, padding, payload=b"\x07"):
    """An Example of one number in which one of the six lengths is written with more bytes than it needs."""
    extra = {name: padding if name == level else 0 for name in LEVELS}
    packed = delimited(0x0A, payload, extra["packed"])
    value = delimited(0x12, delimited(0x1A, packed, extra["list"]), extra["Feature"])
    entry = delimited(0x0A, delimited(0x0A, b"a", extra["name"]) + value, extra["entry"])
    return delimited(0x0A, entry, extra["Features"])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("others", ["as long", "usual"])
def test_length_of_five_bytes_is_read_and_of_six_refused(level, others, few):
    usual = padded_at(level, 4 if others == "as long" else 0)
    assert_columns_agree([usual] * MANY + [padded_at(level, 4)])
    assert assert_columns_agree([padded_at(level, 4)] * MANY)
    for messages in ([padded_at(level, 5)] * MANY, [*[usual] * MANY, padded_at(level, 5)]):
        assert not assert_columns_agree(messages)


LAYOUTS = {
    "one number": {"ab": 7},
    "many numbers": {"a": np.arange(130)},
    "numbers of ten bytes": {"a": [-1, 300, -(2**63)]},
    "floats": {"a": [0.5, 1e9]},
    "one bytes value": {"a": b"value", "b": b"\x0a\x01x"},
    "long bytes value": {"a": bytes(130), "b": 1},
    "two bytes values": {"a": [b"\x0a\x01x", b""]},
    "empty lists": {"a": [], "b": np.zeros(0, np.float32), "c": np.zeros(0, np.int64), "d": None},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_byte_changed_says_the_same_or_fails_the_same(layout, monkeypatch):
    monkeypatch.setattr(lockstep, "LEAST_RECORDS", 1)
    monkeypatch.setattr(lockstep, "FEW", 1)
    message = serialized(LAYOUTS[layout])
    places = [*range(len(message))][:40] + [*range(40, len(message))][-3:]
    verdicts = []
    for place in places:
        byte = message[place]
        for odd in {0x00, 0x0A, 0x12, 0x1A, 0xFF, byte ^ 0x80, (byte + 1) % 256, (byte - 1) % 256} - {byte}:
            changed = message[:place] + bytes([odd]) + message[place + 1 :]
            verdicts.append(assert_columns_agree([message, changed, message]))
    assert 0 < sum(verdicts) < len(verdicts)


def of_one(*fields, entry=0x0A, name=b"a"):
    """An Example of one feature, from the fields of the Feature."""
    return delimited(0x0A, delimited(entry, delimited(0x0A, name) + delimited(0x12, b"".join(fields))))


TRAPS = {
    "entry of another number": of_one(delimited(0x0A, b"\x0a\x01x\x0a\x01y"), entry=0x12),
    "entry whose tag has two bytes": delimited(0x0A, b"\x8a\0" + of_one(delimited(0x0A, b"\x0a\x01x"))[3:]),
    "name whose tag has two bytes": delimited(0x0A, delimited(0x0A, b"\x8a\0\x01a" + b"\x12\x05\x0a\x03\x0a\x01x")),
    "second value of another number": of_one(delimited(0x0A, b"\x0a\x01x\x12\x01y")),
    "two values, the first of another number": of_one(delimited(0x0A, b"\x12\x01x\x0a\x01y")),
    "packed list of another number": of_one(delimited(0x1A, b"\x12\x01\x07")),
    "kind of another number": of_one(delimited(0x22, b"\x0a\x01\x07")),
    "floats of five bytes": of_one(delimited(0x12, b"\x0a\x05.....")),
    "varint that the next message would end": of_one(delimited(0x1A, b"\x0a\x02\x07\x87")),
    "varint of eleven bytes": of_one(delimited(0x1A, delimited(0x0A, b"\x87" * 10 + b"\x01"))),
    "first value's length of six bytes, and one too great": of_one(
        delimited(0x0A, b"\x0a\x83\x80\x80\x80\x80\0xx" + b"\x0a\x01y")
    ),
    "only value's length of six bytes, and one too great": of_one(delimited(0x0A, b"\x0a\x83\x80\x80\x80\x80\0xx")),
    "long name cut off by the entry": delimited(0x0A, delimited(0x0A, b"\x0a\x20abc")),
    "name of 128 bytes": of_one(delimited(0x0A, b"\x0a\x01x"), name=b"k" * 128),
    "entry of one byte": delimited(0x0A, delimited(0x0A, b"\x0a")),
    "entry of nothing": delimited(0x0A, delimited(0x0A, b"")),
    "one byte": b"\x0a",
}


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("company", ["alone", "before", "after"])
def test_traps_say_the_same_or_fail_the_same(trap, company, few):
    usual = of_one(delimited(0x0A, b"\x0a\x01x"))
    before, after = {"alone": (0, 0), "before": (0, MANY), "after": (MANY, 0)}[company]
    for count in (1, MANY):
        assert_columns_agree([usual] * before + [TRAPS[trap]] * count + [usual] * after)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("cut", [1, 2, 3])
def test_entry_that_ends_behind_its_message_is_cut_off_though_the_buffer_goes_on(layout, cut, few):
    message = serialized({name: LAYOUTS[layout][name] for name in sorted(LAYOUTS[layout])[-1:]})
    entries = message[2 if message[1] < 0x80 else 3 :]
    shorter = delimited(0x0A, entries[:-cut])
    with pytest.raises(FormatError) as expected:
        example.parse(shorter)
    for whole in (0, MANY):
        buffer = message * whole + (shorter + entries[-cut:]) * MANY
        lengths = np.array([len(message)] * whole + [len(shorter)] * MANY)
        strides = lengths + np.array([0] * whole + [cut] * MANY)
        with pytest.raises(type(expected.value)) as caught:
            columns.parse_buffer(buffer, np.cumsum(strides) - strides, lengths)
        assert (caught.value.record, caught.value.offset) == (whole, expected.value.offset)


def test_lengths_from_one_byte_to_four_go_in_step(no_plain_parser):
    sizes = [0, 1, 100, 123, 125, 127, 128, 200, 16_376, 16_378, 16_380, 16_384, 70_000, 2_100_000] * lockstep.FEW
    found = columns.parse([padded_at("", 0, payload=b"\x07" * size) for size in sizes])
    assert found["a"].counts.tolist() == sizes
    assert (found["a"].values == 7).all()


def test_every_kind_of_buffer_parses(few):
    message = serialized({"a": 7, "b": b"bytes"})
    for kind in (bytes, bytearray, memoryview):
        found = columns.parse([kind(message)] * MANY)
        assert found["a"].dense().tolist() == [7] * MANY
        found = columns.parse_buffer(kind(message), [0], [len(message)])
        assert found["b"][0] == [b"bytes"]


def test_iterator_of_messages_is_enough():
    found = columns.parse(serialized({"a": row}) for row in range(5))
    assert found["a"].dense().tolist() == [0, 1, 2, 3, 4]


def test_messages_may_stand_in_any_order_and_come_twice(few):
    buffer, starts, lengths = laid_out([serialized({"a": row, "b": b"x" * row}) for row in range(MANY)])
    order = np.array([*range(MANY - 1, -1, -1), 3, 3])
    found = columns.parse_buffer(buffer, starts[order], lengths[order])
    assert found["a"].dense().tolist() == order.tolist()
    assert found["b"].lengths.tolist() == order.tolist()


@pytest.mark.parametrize("count", [1, MANY])
def test_bytes_are_not_copied(count):
    buffer, starts, lengths = laid_out([serialized({"a": [b"value", b"second"]})] * count)
    changing = bytearray(buffer)
    column = columns.parse_buffer(changing, starts, lengths)["a"]
    changing[:] = changing.replace(b"value", b"VALUE")
    assert column[count - 1] == [b"VALUE", b"second"]
    assert column[0][0].readonly
    assert not column.buffer.flags.writeable


def test_numbers_are_new_writable_aligned_arrays(few):
    for number, dtype in ((1.5, np.float32), (300, np.int64)):
        values = columns.parse([serialized({"a": number})] * MANY)["a"].values
        assert values.dtype == dtype
        assert values.flags.writeable
        assert values.flags.aligned


def test_no_messages_have_no_columns_or_those_asked_for():
    assert columns.parse([]) == {}
    found = columns.parse([], features={"a": Spec("int64"), "b": Spec("bytes", (2,)), "c": Spec("float32", (None, 4))})
    assert found["a"].dense().shape == (0,)
    assert found["b"].dense().shape == (0, 2, 0)
    assert found["c"].dense().shape == (0, 0, 4)
    assert columns.parse_buffer(b"", [], [], features=["a"])["a"].present.shape == (0,)


def test_empty_messages_have_no_features(few):
    assert columns.parse([b""] * MANY) == {}
    assert columns.parse([b""] * MANY, features=["a"])["a"][MANY - 1] is None


def test_columns_are_in_the_order_asked_for(few):
    messages = [serialized({"a": 1, "b": 2, "c": 3})] * MANY
    assert list(columns.parse(messages)) == ["a", "b", "c"]
    assert list(columns.parse(messages, features=["c", "x", "a"])) == ["c", "x", "a"]
    assert list(columns.parse(messages, features={"b": Spec("int64"), "a": Spec("int64")})) == ["b", "a"]


@pytest.mark.parametrize(
    ("starts", "lengths"),
    [([0, 1], [1]), ([[0]], [[1]]), (0, 1), ([-1], [1]), ([0], [-1]), ([0], [11]), ([10], [1]), ([2**62], [2**62])],
)
def test_places_outside_the_buffer_are_refused(starts, lengths):
    with pytest.raises(ValueError, match=r"shape|inside"):
        columns.parse_buffer(bytes(10), starts, lengths)


def test_places_that_are_no_integers_are_refused():
    with pytest.raises(TypeError, match="integers, not float64"):
        columns.parse_buffer(bytes(10), [0.5], [1])


def test_single_text_is_no_collection_of_names():
    with pytest.raises(TypeError, match="single text 'image'"):
        columns.parse([], features="image")


def test_message_that_is_no_buffer_is_refused():
    with pytest.raises(TypeError):
        columns.parse([1])


def test_more_cells_than_memory_should_hold_are_refused(monkeypatch):
    monkeypatch.setattr(columns, "MAX_CELLS", 20)
    messages = [serialized({str(row): row}) for row in range(5)]
    with pytest.raises(LimitError, match="5 records with 5 features"):
        columns.parse(messages)
    assert len(columns.parse(messages, features=["1", "2"])) == 2


def test_two_types_are_refused_with_both_records(few):
    messages = [serialized({"a": row}) for row in range(MANY)]
    messages[60] = serialized({"a": 0.5})
    with pytest.raises(ParseError, match="feature 'a' holds float32, and int64 in record 0") as caught:
        columns.parse(messages)
    assert caught.value.record == 60


def test_empty_lists_have_no_say_in_the_type(few):
    messages = [serialized({"a": row % 2 * [row], "b": np.zeros(0, np.float32)}) for row in range(MANY)]
    found = columns.parse(messages, features={"a": Spec("int64", (None,)), "b": Spec("int64", (None,))})
    assert found["a"].type == found["b"].type == "int64"
    assert found["a"].present.all()
    assert len(found["a"][0]) == 0
    assert columns.parse(messages)["b"].type == "float32"


def test_missing_required_feature_names_it_its_type_and_the_record(few):
    messages = [serialized({"c": 1.5})] * MANY
    messages[33] = serialized({"b": 1})
    with pytest.raises(ParseError, match=r"feature 'c' \(float32\) is required") as caught:
        columns.parse(messages, features={"c": Spec("float32")})
    assert caught.value.record == 33
    assert str(caught.value).startswith("record 33: feature 'c'")


def test_feature_with_no_kind_is_missing(few):
    messages = [serialized({"c": None})] * MANY
    with pytest.raises(ParseError, match=r"feature 'c' \(bytes\) is required"):
        columns.parse(messages, features={"c": Spec("bytes")})


@pytest.mark.parametrize("count", [0, 1, 3, 5])
@pytest.mark.parametrize("many", [1, MANY])
def test_wrong_number_of_values_names_feature_record_found_and_expected(count, many):
    for kind, value in (("int64", 7), ("float32", 0.5), ("bytes", b"x")):
        messages = [serialized({"a": [value] * 4})] * many
        messages[-1] = serialized({"a": [value] * count})
        expected = rf"feature 'a': {count} {kind} values, expected 4 for shape \(2, 2\)"
        with pytest.raises(ParseError, match=expected) as caught:
            columns.parse(messages, features={"a": Spec(kind, (2, 2))})
        assert caught.value.record == many - 1


def test_number_of_values_that_is_no_multiple_of_the_shape_is_refused(few):
    messages = [serialized({"a": [b"x"] * 8})] * MANY
    spec = {"a": Spec("bytes", (None, 4))}
    assert columns.parse(messages, features=spec)["a"].dense().shape == (MANY, 2, 4, 1)
    messages[9] = serialized({"a": [b"x"] * 6})
    with pytest.raises(ParseError, match="6 bytes values, expected a multiple of 4") as caught:
        columns.parse(messages, features=spec)
    assert caught.value.record == 9


@pytest.mark.parametrize(("asked", "stored"), [*itertools.permutations(["bytes", "float32", "int64"], 2)])
def test_other_type_than_asked_for_is_refused(asked, stored, few):
    value = {"bytes": b"x", "float32": 0.5, "int64": 1}
    messages = [serialized({"key": value[asked]})] * MANY
    messages[3] = serialized({"key": value[stored]})
    with pytest.raises(ParseError, match=f"feature 'key' holds {stored}, expected {asked}") as caught:
        columns.parse(messages, features={"key": Spec(asked)})
    assert caught.value.record == 3


def test_defaults_fill_absent_numbers(few):
    messages = [serialized({"a": row, "b": [1.0, 2.0]} if row % 2 else {"b": None}) for row in range(MANY)]
    found = columns.parse(messages, features={"a": Spec("int64", default=-1), "b": Spec("float32", (2,), 0.5)})
    assert found["a"].dense().tolist() == [row if row % 2 else -1 for row in range(MANY)]
    assert found["b"].dense().tolist() == [[1.0, 2.0] if row % 2 else [0.5, 0.5] for row in range(MANY)]
    assert found["a"].present.tolist() == [bool(row % 2) for row in range(MANY)]


@pytest.mark.parametrize("default", [b"", b"png", [b"png"], "png"])
def test_defaults_fill_absent_bytes(default, few):
    messages = [serialized({"format": b"jpeg%d" % row} if row % 3 else {}) for row in range(MANY)]
    column = columns.parse(messages, features={"format": Spec("bytes", default=default)})["format"]
    filled = b"" if default == b"" else b"png"
    assert [bytes(value) for (value,) in column] == [b"jpeg%d" % row if row % 3 else filled for row in range(MANY)]
    assert not column.buffer.flags.writeable


def test_defaults_fill_several_bytes_and_varying_numbers(few):
    messages = [serialized({"a": [b"1", b"22"], "n": [1, 2, 3]} if row % 2 else {}) for row in range(MANY)]
    specs = {"a": Spec("bytes", (2,), [b"x", b""]), "n": Spec("int64", (None,), [9, 9])}
    found = columns.parse(messages, features=specs)
    assert found["a"][0] == [b"x", b""]
    assert found["a"][1] == [b"1", b"22"]
    assert found["n"][0].tolist() == [9, 9]
    assert found["n"].counts.tolist() == [2, 3] * (MANY // 2)


def test_empty_messages_are_fine_where_all_have_defaults(few):
    found = columns.parse([b""] * MANY, features={"a": Spec("int64", default=4), "b": Spec("bytes", default=b"x")})
    assert found["a"].dense().tolist() == [4] * MANY
    assert found["b"].dense().tolist() == [[ord("x")]] * MANY


def test_default_that_is_not_needed_copies_nothing(few):
    buffer, starts, lengths = laid_out([serialized({"a": b"value"})] * MANY)
    column = columns.parse_buffer(buffer, starts, lengths, features={"a": Spec("bytes", default=b"x")})["a"]
    assert len(column.buffer) == len(buffer)


def test_varying_feature_that_is_absent_has_no_values(few):
    messages = [serialized({"a": [row] * row} if row % 2 else {}) for row in range(MANY)]
    column = columns.parse(messages, features={"a": Spec("int64", (None,))})["a"]
    assert column[2] is None
    assert column[3].tolist() == [3, 3, 3]
    assert column.counts.tolist() == [row % 2 * row for row in range(MANY)]


def test_feature_that_no_record_has_is_a_column_of_none(few):
    found = columns.parse([serialized({"a": None})] * MANY, features=["a", "b"])
    for column in found.values():
        assert type(column) is Column
        assert list(column) == [None] * MANY
        assert column.type is None


def test_types_of_columns(few):
    found = columns.parse([serialized({"b": b"x", "f": 0.5, "i": 1})] * MANY)
    assert [(type(each), each.type) for each in found.values()] == [
        (BytesColumn, "bytes"),
        (NumberColumn, "float32"),
        (NumberColumn, "int64"),
    ]


def test_real_mnist_pictures_come_out_as_one_array(data):
    packed = gzip.decompress((data / "mnist" / "t10k-images-idx3-ubyte.gz").read_bytes())
    pixels = np.frombuffer(packed, np.uint8, 500 * 784, offset=16).reshape(500, 784)
    messages = [serialized({"image_raw": row.tobytes(), "label": 3}) for row in pixels]
    found = columns.parse_buffer(*laid_out(messages))
    assert np.array_equal(found["image_raw"].dense(), pixels)


def test_tensorflow_parses_the_same_columns(tf):
    messages = [serialized({**photo(row), "shape": [row, 2]}) for row in range(MANY)]
    specs = {
        "label": Spec("int64"),
        "shape": Spec("int64", (2,)),
        "encoded": Spec("bytes"),
        "x": Spec("float32", (), 9),
    }
    found = columns.parse(messages, features=specs)
    io = tf.io
    theirs = io.parse_example(
        messages,
        {
            "label": io.FixedLenFeature([], tf.int64),
            "shape": io.FixedLenFeature([2], tf.int64),
            "encoded": io.FixedLenFeature([], tf.string),
            "x": io.FixedLenFeature([], tf.float32, 9.0),
            "ids": io.RaggedFeature(tf.int64),
            "boxes": io.RaggedFeature(tf.float32),
        },
    )
    assert np.array_equal(found["label"].dense(), theirs["label"])
    assert np.array_equal(found["shape"].dense(), theirs["shape"])
    assert np.array_equal(found["x"].dense(), theirs["x"])
    assert [bytes(value) for (value,) in found["encoded"]] == theirs["encoded"].numpy().tolist()
    ragged = columns.parse(messages, features=["ids", "boxes"])
    for name, column in ragged.items():
        assert np.array_equal(column.values, theirs[name].values)
        assert np.array_equal(column.row_splits, theirs[name].row_splits)


def test_module_needs_neither_tensorflow_nor_protobuf():
    loaded = "import sys, filmroll.messages.columns; print({'google.protobuf', 'tensorflow'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True).stdout == b"set()\n"
