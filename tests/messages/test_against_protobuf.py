"""Whatever the bytes, filmroll and protobuf agree: on the values, or on there being none."""

import numpy as np
import pytest

import realdata
from filmroll.errors import FormatError, ParseError, TruncatedError
from filmroll.messages import datum, example, recognise, sequence_example
from filmroll.records import Reader
from messages import oracle
from messages.wild import Wild

REFUSED = "refused"
REAL = [*realdata.params("records/**/*tfrecord*", "records/**/*.record", "records/**/*.gz", "blog/*.tfrecords")]


def ours(parse, convert, message):
    try:
        parsed = parse(message)
    except (ParseError, TruncatedError) as exc:
        return REFUSED if 0 <= exc.offset <= len(message) else exc
    return convert(parsed)


def theirs(kind, message):
    from google.protobuf.message import DecodeError

    try:
        return kind.FromString(message)
    except DecodeError:
        return REFUSED


def agree_on_example(tf, message):
    parsed = theirs(tf.train.Example, message)
    found = ours(example.parse, oracle.ours, message)
    if parsed is REFUSED:
        assert found is REFUSED, message.hex()
    elif oracle.drops_entries(parsed.features):
        assert found is not REFUSED, message.hex()
    else:
        assert found == oracle.theirs(parsed.features), message.hex()
    return found is not REFUSED


def agree_on_sequence(tf, message):
    parsed = theirs(tf.train.SequenceExample, message)
    found = ours(sequence_example.parse, oracle.ours_sequence, message)
    if parsed is REFUSED:
        assert found is REFUSED, message.hex()
    elif oracle.drops_entries(parsed.context) or oracle.drops_entries(parsed.feature_lists):
        assert found is not REFUSED, message.hex()
    else:
        assert found == oracle.theirs_sequence(parsed), message.hex()


@pytest.mark.parametrize("seed", range(4))
def test_wild_messages_are_refused_exactly_where_protobuf_refuses_them(tf, seed):
    wild = Wild(seed)
    accepted = 0
    for _ in range(3000):
        message = wild.message()
        accepted += agree_on_example(tf, message)
        agree_on_sequence(tf, message)
    assert 600 < accepted < 2400  # both verdicts were put to the test


def test_random_bytes_are_refused_exactly_where_protobuf_refuses_them(tf):
    wild = Wild(5)
    for _ in range(5000):
        agree_on_example(tf, wild.random.randbytes(wild.random.randrange(40)))


@pytest.mark.parametrize("path", [*realdata.params("blog/*.tfrecords", "records/torchdata/*", "records/tensorflow/*")])
def test_mutated_real_messages_are_refused_exactly_where_protobuf_refuses_them(tf, path):
    wild = Wild(6)
    message = bytes(Reader(path)[0])
    for _ in range(400):
        mutated = bytearray(message)
        # The structure lies at the front and at the back of a picture's record.
        place = wild.random.choice([wild.random.randrange(len(mutated)), wild.random.randrange(min(99, len(mutated)))])
        mutated[place] = wild.random.getrandbits(8)
        agree_on_example(tf, bytes(mutated))
        agree_on_sequence(tf, bytes(mutated))


@pytest.mark.parametrize("path", [*realdata.params("blog/my*.tfrecords", "records/torchdata/*", "records/cow/*")])
def test_cut_real_messages_are_refused_exactly_where_protobuf_refuses_them(tf, path):
    message = bytes(Reader(path)[0])
    for end in {*range(min(300, len(message))), *range(max(0, len(message) - 300), len(message))}:
        agree_on_example(tf, message[:end])
        agree_on_sequence(tf, message[:end])


@pytest.mark.parametrize("path", REAL)
def test_every_real_message_has_the_values_that_protobuf_finds(tf, path):
    for record in Reader(path):
        message = bytes(record)
        kind = recognise(record)
        if kind == "sequence_example":
            expected = oracle.theirs_sequence(tf.train.SequenceExample.FromString(message))
            assert oracle.ours_sequence(sequence_example.parse(record)) == expected
        elif kind == "example":
            assert oracle.ours(example.parse(record)) == oracle.theirs(tf.train.Example.FromString(message).features)
        else:
            assert "not-examples" in path.parts


@pytest.mark.parametrize("path", REAL)
def test_every_real_message_survives_serialize_and_protobuf(tf, path):
    for record in list(Reader(path))[:300]:
        kind = recognise(record)
        if kind == "example":
            features = example.parse(record)
            again = tf.train.Example.FromString(b"".join(example.serialize(features)))
            assert oracle.theirs(again.features) == oracle.ours(features)
        elif kind == "sequence_example":
            sequence = sequence_example.parse(record)
            again = tf.train.SequenceExample.FromString(b"".join(sequence_example.serialize(sequence)))
            assert oracle.theirs_sequence(again) == oracle.ours_sequence(sequence)


def test_tensorflow_parses_what_is_serialized_feature_by_feature(tf):
    picture = bytes(range(256)) * 500
    message = b"".join(
        example.serialize({"image": picture, "label": -3, "box": np.linspace(0, 1, 99), "ids": list(range(300))})
    )
    spec = {
        "image": tf.io.FixedLenFeature([], tf.string),
        "label": tf.io.FixedLenFeature([], tf.int64),
        "box": tf.io.FixedLenFeature([99], tf.float32),
        "ids": tf.io.VarLenFeature(tf.int64),
    }
    parsed = tf.io.parse_single_example(message, spec)
    assert parsed["image"].numpy() == picture
    assert parsed["label"].numpy() == -3
    np.testing.assert_array_equal(parsed["box"].numpy(), np.linspace(0, 1, 99).astype(np.float32))
    np.testing.assert_array_equal(parsed["ids"].values.numpy(), np.arange(300))


def test_payloads_that_are_no_protobuf_are_not_recognised(data):
    for path in sorted((data / "records/not-examples").iterdir()):
        assert {recognise(record) for record in Reader(path)} == {None}


def test_no_wild_message_makes_recognise_fail_or_contradict_parse():
    wild = Wild(7)
    kinds = set()
    for _ in range(3000):
        message = wild.message()
        kind = recognise(message)
        kinds.add(kind)
        if kind == "example":
            example.parse(message)
        elif kind == "sequence_example":
            sequence_example.parse(message)
        elif kind == "datum":
            assert datum.parse(message).keys() & {"data", "float_data"}
    assert kinds == {None, "datum", "example", "sequence_example"}


def test_deeply_nested_groups_are_refused_before_the_stack_ends():
    with pytest.raises(FormatError, match="nested deeper than 100"):
        example.parse(b"\x13" * 100_000)
