"""Many messages are parsed in step, and what is odd among them says what the plain parser says of it."""

import itertools
import sys

import numpy as np
import pytest

from filmroll.errors import FormatError, ParseError, TruncatedError
from filmroll.messages import columns, example, lockstep
from filmroll.messages.columns import Spec
from messages import oracle
from messages.agreement import MANY, always_in_step, assert_columns_agree, delimited, laid_out, of_one, serialized
from messages.odd import Odd


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


@pytest.mark.parametrize("odd", [0, 7, MANY - 1])
def test_one_odd_message_among_many_is_parsed_singly(odd, monkeypatch):
    parsed = []
    parse = example.parse
    monkeypatch.setattr(example, "parse", lambda message: parsed.append(bytes(message)) or parse(message))
    messages = [serialized({"a": row, "b": b"%d" % row}) for row in range(MANY)]
    # A value before its name, as no writer has it.
    messages[odd] = delimited(0x0A, delimited(0x0A, delimited(0x12, b"\x0a\x03\x0a\x01x") + delimited(0x0A, b"b")))
    found = columns.parse(messages)
    assert parsed == [messages[odd]]
    assert found["b"][odd] == [b"x"]
    assert found["a"][odd] is None
    assert found["a"].present.tolist() == [row != odd for row in range(MANY)]
    assert found["a"].counts.tolist() == [int(row != odd) for row in range(MANY)]
    assert found["a"].values.tolist() == [row for row in range(MANY) if row != odd]


def test_long_name_in_front_leaves_the_others_in_step(monkeypatch):
    parsed = []
    parse = example.parse
    monkeypatch.setattr(example, "parse", lambda message: parsed.append(bytes(message)) or parse(message))
    messages = [serialized({"k" * 128 if row == 0 else "a": row}) for row in range(MANY)]
    assert columns.parse(messages)["a"].values.tolist() == list(range(1, MANY))
    assert parsed == [messages[0]]


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


def test_messages_each_of_a_layout_of_its_own_are_parsed_without_a_step_for_each():
    count = 2 * sys.getrecursionlimit()
    messages = [serialized({f"name {row}": row, "all": row}) for row in range(count)]
    found = columns.parse(messages, features=["all", "name 7", f"name {count - 1}"])
    assert found["all"].dense().tolist() == list(range(count))
    assert [found[f"name {row}"][row].tolist() for row in (7, count - 1)] == [[7], [count - 1]]


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
    "name of 132 bytes that ends like a value": of_one(
        delimited(0x0A, b"\x0a\x01x\x0a\x01y"), name=b"k" * 126 + b"\x12\x0e\x0a\x0c\x0a\x0a"
    ),
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


@pytest.mark.parametrize("places", [[0], [3], [MANY - 1], range(0, MANY, 2), range(MANY)], ids=str)
@pytest.mark.parametrize("kind", [b"\x12", b"\x1a"], ids=["floats", "int64s"])
def test_packed_list_of_nothing_has_no_number_among_lists_of_one(kind, places, few):
    one = of_one(delimited(kind[0], delimited(0x0A, b"\x07" if kind == b"\x1a" else bytes(4))))
    none = of_one(delimited(kind[0], b"\x0a\0"))
    messages = [none if row in places else one for row in range(MANY)]
    assert_columns_agree(messages)
    assert columns.parse(messages)["a"].counts.tolist() == [int(row not in places) for row in range(MANY)]


@pytest.mark.parametrize("written", [b"", b"\x0a\0"], ids=["without a list", "with a list of nothing"])
@pytest.mark.parametrize(("kind", "type_"), [(0x0A, "bytes"), (0x12, "float32"), (0x1A, "int64")])
def test_lists_of_nothing_alone_have_the_type_of_their_kind(kind, type_, written, few):
    written = b"" if kind == 0x0A else written  # a list of bytes would hold one of no bytes
    column = columns.parse([of_one(delimited(kind, written))] * MANY)["a"]
    assert column.type == type_
    assert column.present.all()
    assert not column.counts.any()


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
