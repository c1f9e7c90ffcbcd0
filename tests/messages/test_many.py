"""Many messages written at once are those that are written one by one, byte for byte."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from filmroll.errors import EncodeError
from filmroll.messages import columns, example, wire
from filmroll.messages.columns import Bytes, Spec

STEPS = [0, 1, 126, 127, 128, 129, 2**14 - 1, 2**14, 2**21 - 1, 2**21]  # around the steps of varints
NUMBERS = st.sampled_from(
    [bool, np.int8, np.uint8, np.int16, np.dtype(">i4"), np.int64, np.uint64, np.float16, np.float32, np.float64]
)
INT64S = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, -1, *STEPS])
NAMES = st.text(st.characters(codec="utf-8"), max_size=5) | st.sampled_from(["n" * 127, "n" * 128, "ż" * 70])
BINARIES = st.binary(max_size=20) | st.sampled_from([bytes(100), bytes(127), bytes(128), b"x" * 4096, b"y" * 17000])
VALUES_OF_ONE = (
    st.none()
    | st.lists(BINARIES, max_size=4)
    | st.lists(INT64S, max_size=4)
    | st.lists(st.floats(width=32), max_size=4)
)


def split(many):
    """Return the messages, which must follow each other without a gap and fill the buffer."""
    assert many.starts.dtype == many.lengths.dtype == np.int64
    stops = many.starts + many.lengths
    assert many.starts.tolist() == [0, *stops.tolist()][: len(stops)]
    assert len(many.buffer) == many.lengths.sum()
    spans = zip(many.starts.tolist(), stops.tolist(), strict=True)
    return [bytes(many.buffer[start:stop]) for start, stop in spans]


def one_by_one(features, count):
    return [b"".join(example.serialize({name: value(row) for name, value in features.items()})) for row in range(count)]


def value_of(values, row):
    """Say what one record has of the values of all."""
    if isinstance(values, Bytes):
        return values.array[row].tobytes()
    return values[row]


def same(features):
    """Serialize at once, and compare with one by one."""
    features = dict(features)
    plain = {name: (lambda row, values=values: value_of(values, row)) for name, values in features.items()}
    count = max(len(values.array) if isinstance(values, Bytes) else len(values) for values in features.values())
    messages = split(columns.serialize(features))
    assert messages == one_by_one(plain, count)
    return messages


@st.composite
def values_of_many(draw, count):
    kind = draw(st.sampled_from(["numbers", "int64", "Bytes", "bytes", "texts", "ints"]))
    shape = (count, *draw(st.sampled_from([(), (0,), (1,), (3,), (2, 3), (130,)])))
    if kind == "numbers":
        dtype = np.dtype(draw(NUMBERS))
        elements = st.integers(0, 2**63 - 1) if dtype == np.uint64 else None
        elements = st.floats(-(2.0**127), 2.0**127, width=32) if dtype == np.float64 else elements
        return draw(arrays.arrays(dtype, shape, elements=elements))
    if kind == "int64":
        return draw(arrays.arrays(np.int64, shape, elements=INT64S))
    if kind == "Bytes":
        return Bytes(draw(arrays.arrays(np.uint8, shape)))
    elements = {"bytes": BINARIES, "texts": NAMES, "ints": INT64S}[kind]
    return draw(st.lists(elements, min_size=count, max_size=count))


@st.composite
def any_features(draw):
    count = draw(st.integers(1, 6))
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    return {name: draw(values_of_many(count)) for name in names}


@settings(deadline=None)
@given(any_features())
def test_messages_are_those_written_one_by_one(features):
    same(features)


@settings(deadline=None)
@given(st.data())
def test_columns_are_written_as_they_were_parsed(data):
    """Of any lists, ragged, empty and absent ones too; that of a type which no record has is a feature with no kind."""
    count = data.draw(st.integers(1, 6))
    kinds = [
        data.draw(st.sampled_from([st.binary(max_size=200), INT64S, st.floats(-(2.0**127), 2.0**127, width=32)]))
        for _ in range(3)
    ]
    records = [
        {
            name: data.draw(st.none() | st.lists(kind, min_size=1, max_size=4))
            for name, kind in zip("abc", kinds, strict=True)
            if data.draw(st.booleans())
        }
        for _ in range(count)
    ]
    parsed = columns.parse([b"".join(example.serialize(record)) for record in records], features=["a", "b", "c"])
    same(parsed)


def test_parsed_columns_make_the_same_messages_again():
    rng = np.random.default_rng(5)
    records = [
        {
            "label": int(rng.integers(-3, 300)),
            "image/encoded": rng.bytes(int(rng.integers(0, 300))),
            "box": rng.random(int(rng.integers(0, 50)), np.float32),
            "names": [rng.bytes(int(rng.integers(0, 200))) for _ in range(int(rng.integers(1, 5)))],
            "ids": rng.integers(-(2**40), 2**40, int(rng.integers(0, 50))),
        }
        for _ in range(300)
    ]
    messages = [b"".join(example.serialize(record)) for record in records]
    assert split(columns.serialize(columns.parse(messages))) == messages


@pytest.mark.parametrize("length", STEPS)
def test_bytes_of_lengths_around_the_steps_of_varints(length):
    near = [bytes(max(0, length - 40 + more)) for more in (0, 13, 26, 27, 29, 31, 33, 35, 37, 39, 40)]
    same({"label": [1] * len(near), "data": near})
    same({"data": Bytes(np.frombuffer(near[-1] * 3, np.uint8).reshape(3, length))})


@pytest.mark.parametrize("count", STEPS[:-2])
def test_numbers_around_the_steps_of_varints(count):
    for dtype in (np.int64, np.float32):
        same({"n": np.arange(2 * count).reshape(2, count).astype(dtype)})
        same({"n": -np.arange(2 * count).reshape(2, count).astype(dtype)})


@pytest.mark.parametrize("step", [1 << (7 * index) for index in range(1, 9)] + [2**63 - 1])
def test_each_number_around_a_step_of_varints(step):
    same({"n": np.array([0, step - 1, step, -step, -step - 1, 5])})


@pytest.mark.parametrize(
    "value", [bytearray(b"ab"), memoryview(b"xaby")[1:3], memoryview(np.array([[1, 2], [3, 4]], "<u2")), "żó"]
)
def test_values_of_a_list_are_any_bytes_or_text(value):
    same({"a": [value, b"abc", value]})


def test_array_need_not_be_contiguous():
    numbers = np.arange(60).reshape(3, 4, 5)
    same({"n": numbers[::2, ::2], "t": numbers.T[:2], "b": Bytes(numbers.astype(np.uint8)[::2, :, ::-2])})


def test_feature_that_no_record_has_is_one_with_no_kind():
    parsed = columns.parse([b"", b""], features=["a"])
    assert same(parsed) == [b"".join(example.serialize({"a": None}))] * 2


@pytest.mark.parametrize(("spec", "value"), [(Spec("int64", default=-5), 7), (Spec("bytes", default=b"?"), b"x")])
def test_default_is_written_where_a_record_had_no_value(spec, value):
    messages = [b"".join(example.serialize(record)) for record in ({"a": value}, {}, {"a": value})]
    expected = [b"".join(example.serialize({"a": each})) for each in (value, spec.default, value)]
    assert same(columns.parse(messages, features={"a": spec})) == expected


def test_list_of_bytes_with_no_value_is_not_one_with_no_kind():
    parsed = columns.parse([b"".join(example.serialize({"a": value})) for value in ([], None, [b"x", b""])])
    assert same(parsed) == [b"".join(example.serialize({"a": value})) for value in ([], None, [b"x", b""])]


def test_rows_of_a_column_in_any_order_are_found_in_its_buffer():
    """As in a mapped file: with other bytes between, and not one after another."""
    messages = [b"".join(example.serialize({"a": bytes([row]) * 5})) for row in range(4)]
    buffer = b"?".join(messages)
    starts = np.array([3, 0, 2, 1]) * (len(messages[0]) + 1)
    parsed = columns.parse_buffer(buffer, starts, [len(messages[0])] * 4)
    assert split(columns.serialize(parsed)) == [messages[row] for row in (3, 0, 2, 1)]


def test_messages_can_be_parsed_where_they_are():
    many = columns.serialize({"n": np.arange(500), "b": [b"x" * row for row in range(500)]})
    parsed = columns.parse_buffer(*many)
    assert parsed["n"].dense().tolist() == list(range(500))
    assert parsed["b"].lengths.tolist() == list(range(500))
    assert many.buffer.readonly


def test_no_records_are_no_messages():
    for values in (np.empty(0), np.empty((0, 3), int), Bytes(np.empty((0, 9), np.uint8)), []):
        many = columns.serialize({"a": values, "b": []})
        assert (len(many.buffer), many.starts.tolist(), many.lengths.tolist()) == (0, [], [])


@pytest.mark.parametrize(
    "values",
    [
        b"abc",
        "text",
        5,
        None,
        np.int64(5),
        np.array(5),
        np.array(["a", "b"]),
        np.array([b"a", b"b"]),
        np.array([1j, 2]),
        np.array([object(), None]),
        np.array([0, 2**63], np.uint64),
        np.array([0.0, 1e39]),
        [1, b"x"],
        [[1], [2]],
        [None, None],
        [1, 2**63],
        ["a", "\ud800"],
        [b"a", memoryview(b"abcdef")[::2]],
        Bytes(np.array([1, 2])),
        Bytes(np.array(5, np.uint8)),
        Bytes([b"a", b"b"]),
    ],
)
def test_what_are_no_values_of_records_is_an_encode_error_with_the_name(values):
    with pytest.raises(EncodeError, match="'odd'"):
        columns.serialize({"fine": [1, 2], "odd": values})


@pytest.mark.parametrize("name", [5, b"a", None, "\ud800"])
def test_name_that_is_no_text_is_an_encode_error(name):
    with pytest.raises(EncodeError, match="name"):
        columns.serialize({name: [1]})


def test_features_of_different_numbers_of_records_are_refused():
    with pytest.raises(EncodeError, match="'b': values of 3 records, feature 'a' has 2"):
        columns.serialize({"a": [1, 2], "c": [b"x", b"y"], "b": np.zeros(3)})
    with pytest.raises(EncodeError, match="how many"):
        columns.serialize({})


def test_message_longer_than_protobuf_reads_is_refused_before_it_is_made(monkeypatch):
    monkeypatch.setattr(wire, "MAX_MESSAGE_NBYTES", 1000)
    features = {"a": [b"", bytes(900), bytes(1000)]}
    with pytest.raises(EncodeError, match="protobuf reads 1000 at most") as caught:
        columns.serialize(features)
    assert caught.value.record == 2
