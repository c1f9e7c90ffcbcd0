"""Columns say of many messages what the plain parser says of each, right or wrong, wherever they lie."""

import gzip
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import realdata
from filmroll.errors import LimitError
from filmroll.messages import columns, example, recognise
from filmroll.messages.columns import BytesColumn, NumberColumn, Spec
from messages.agreement import MANY, always_in_step, assert_columns_agree, laid_out, records_of, serialized
from messages.odd import Odd, records
from messages.wild import Wild

REAL = [*realdata.params("records/**/*tfrecord*", "records/**/*.record", "records/**/*.gz", "blog/*.tfrecords")]


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


def test_module_needs_neither_tensorflow_nor_protobuf():
    loaded = "import sys, filmroll.messages.columns; print({'google.protobuf', 'tensorflow'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True).stdout == b"set()\n"
