"""What `sequence_example` makes of messages, and messages of sequences."""

import numpy as np
import pytest

from filmroll.errors import EncodeError, ParseError, TruncatedError
from filmroll.messages import example, parse, sequence_example
from filmroll.messages.sequence_example import SequenceExample
from filmroll.records import Reader
from messages import oracle


def serialized(context, feature_lists):
    return b"".join(sequence_example.serialize(SequenceExample(context, feature_lists)))


def test_context_and_lists_of_different_lengths_round_trip(tf):
    message = serialized({"id": 7}, {"a": [1, [2, 3], None], "b": [], "c": [[b"x"], np.array([0.5])]})
    parsed = sequence_example.parse(message)
    assert oracle.ours_sequence(parsed) == (
        {"id": (3, [7])},
        {"a": [(3, [1]), (3, [2, 3]), (0, [])], "b": [], "c": [(1, [b"x"]), (2, oracle._float_bits([0.5]))]},
    )
    theirs = tf.train.SequenceExample.FromString(message)
    assert oracle.theirs_sequence(theirs) == oracle.ours_sequence(parsed)


def test_steps_may_be_of_different_kinds():
    steps = sequence_example.parse(serialized({}, {"a": [1, 1.5, b"x"]})).feature_lists["a"]
    assert [oracle.of_value(step)[0] for step in steps] == [3, 2, 1]


def test_empty_halves_are_left_out():
    assert serialized({}, {}) == b""
    assert sequence_example.parse(b"") == ({}, {})


def test_concatenated_messages_merge_list_by_list():
    message = serialized({"x": 1}, {"a": [1], "b": [1]}) + serialized({"x": 2}, {"b": [2, 2], "c": []})
    parsed = sequence_example.parse(message)
    assert oracle.ours(parsed.context) == {"x": (3, [2])}
    assert {name: len(steps) for name, steps in parsed.feature_lists.items()} == {"a": 1, "b": 2, "c": 0}


def test_context_reads_like_the_features_of_an_example():
    assert sequence_example.parse(b"".join(example.serialize({"a": b"x"}))).context == {"a": [b"x"]}


def test_torchdata_sequences_have_their_known_values(data):
    for number, record in enumerate(Reader(data / "records/torchdata/sequence_example.tfrecord")):
        parsed = sequence_example.parse(record)
        np.testing.assert_allclose(parsed.context["x_float"], np.arange(10 * number, 10 * number + 10))
        assert {len(steps) for steps in parsed.feature_lists.values()} == {2 * number + 3}


def test_torchdata_examples_have_their_known_values(data):
    for number, record in enumerate(Reader(data / "records/torchdata/example.tfrecord")):
        parsed = example.parse(record)
        np.testing.assert_allclose(parsed["x_float"], np.arange(10 * number, 10 * number + 10))
        np.testing.assert_array_equal(parsed["x_int"], 10 * np.arange(10 * number, 10 * number + 10))
        assert parsed["x_byte"] == [b"test str"]


def test_cut_message_is_refused_with_its_place():
    message = serialized({"id": 7}, {"a": [1]})
    with pytest.raises(TruncatedError) as caught:
        sequence_example.parse(message[:-1])
    assert 0 < caught.value.offset < len(message)


@pytest.mark.parametrize("steps", [5, b"bytes", "text", None])
def test_feature_list_that_is_no_list_is_refused_by_name(steps):
    with pytest.raises(EncodeError, match="feature list 'a'"):
        serialized({}, {"a": steps})


def test_step_that_cannot_be_held_is_refused_by_name():
    with pytest.raises(EncodeError, match="'a'"):
        serialized({}, {"a": [1, {}]})


LISTS = {
    "ints": [[1], [2, 3], [], [4, 5, 6]],
    "floats": [[0.5], [1.5, 2.5]],
    "bytes": [[b"x"], [], [b"y", b""]],
}


@pytest.mark.parametrize(("name", "dtype"), [("ints", "int64"), ("floats", "float32"), ("bytes", "string")])
def test_feature_lists_of_different_lengths_are_joined_as_the_ragged_tensors_of_tensorflow(tf, name, dtype):
    steps = LISTS[name] if name == "bytes" else [np.array(step, dtype) for step in LISTS[name]]
    message = serialized({}, {name: steps})
    ours = sequence_example.join(sequence_example.parse(message).feature_lists[name], name=name)
    spec = {name: tf.io.RaggedFeature(tf.as_dtype(dtype), row_splits_dtype=tf.int64)}
    theirs = tf.io.parse_single_sequence_example(message, sequence_features=spec)[1][name]
    assert ours.row_splits.tolist() == theirs.row_splits.numpy().tolist()
    values = list(map(bytes, ours.values)) if name == "bytes" else ours.values.tolist()
    assert values == theirs.values.numpy().tolist()


def test_step_without_a_kind_has_no_values_in_a_row():
    assert sequence_example.join([None, np.array([7])], name="a").row_splits.tolist() == [0, 0, 1]
    values, row_splits = sequence_example.join([None, None], name="a")
    assert (values, row_splits.tolist()) == (None, [0, 0, 0])
    assert sequence_example.join([], name="a").row_splits.tolist() == [0]


def test_empty_steps_have_no_say_in_the_kind():
    steps = sequence_example.parse(serialized({}, {"a": [[], np.array([7, 8]), np.zeros(0, np.float32)]})).feature_lists
    values, row_splits = sequence_example.join(steps["a"], name="a")
    assert (values.tolist(), row_splits.tolist()) == ([7, 8], [0, 0, 2, 2])
    values, _ = sequence_example.join([None, np.zeros(0, np.float32), []], name="a")
    assert values.dtype == np.float32


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([1, 1.5], "feature list 'a', step 1: holds float32, the first one int64"),
        ([None, b"x", 2], "feature list 'a', step 2: holds int64, the first one bytes"),
    ],
)
def test_steps_of_different_kinds_are_refused_by_list_and_step_where_they_are_joined(steps, words):
    message = serialized({}, {"a": steps})
    parsed = sequence_example.parse(message)
    with pytest.raises(ParseError, match=words):
        sequence_example.join(parsed.feature_lists["a"], name="a")
    with pytest.raises(ParseError, match=words):
        parse(message, kind="sequence_example")


def test_missing_feature_list_is_absent_and_none_is_made_up():
    parsed = sequence_example.parse(serialized({"id": 7}, {"b": []}))
    assert parsed.feature_lists == {"b": []}
    with pytest.raises(KeyError, match="a"):
        parsed.feature_lists["a"]
