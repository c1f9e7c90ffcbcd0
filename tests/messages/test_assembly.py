"""What is expected of columns is checked, and what is absent filled in."""

import itertools

import numpy as np
import pytest

from filmroll.errors import ParseError
from filmroll.messages import columns
from filmroll.messages.columns import Column, Spec
from messages.agreement import MANY, laid_out, serialized


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
