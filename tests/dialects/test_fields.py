"""One typed value out of features: what is there, None where it is absent, an error that names what is odd."""

import numpy as np
import pytest

from filmroll.dialects import fields
from filmroll.errors import ParseError

FEATURES = {
    "word": [memoryview("caf\u00e9".encode())],
    "words": [memoryview(b"a"), memoryview(b"b")],
    "no words": [],
    "whole": np.array([3, 4], np.int64),
    "no whole": np.zeros(0, np.int64),
    "floating": np.array([0.5], np.float32),
    "without a kind": None,
}


@pytest.mark.parametrize(
    ("read", "name", "found"),
    [
        (fields.one_bytes, "word", "caf\u00e9".encode()),
        (fields.first_bytes, "word", "caf\u00e9".encode()),
        (fields.first_bytes, "words", b""),
        (fields.first_bytes, "whole", b""),
        (fields.first_bytes, "absent", b""),
        (fields.many_bytes, "words", [b"a", b"b"]),
        (fields.many_bytes, "no words", []),
        (fields.text, "word", "caf\u00e9"),
        (fields.text, "words", "a"),
        (fields.text, "no words", None),
        (fields.text, "no whole", None),
        (fields.texts, "words", ["a", "b"]),
        (fields.mask, "word", "caf\u00e9".encode()),
        (fields.integer, "whole", 3),
        (fields.integer, "no whole", None),
        *((read, "absent", None) for read in (fields.many_bytes, fields.text, fields.texts, fields.integers)),
        *((read, "without a kind", None) for read in (fields.text, fields.floats, fields.integer, fields.mask)),
    ],
)
def test_value_is_what_is_there(read, name, found):
    assert read(FEATURES, name) == found


def test_numbers_are_the_arrays_that_are_there():
    assert fields.integers(FEATURES, "whole") is FEATURES["whole"]
    assert fields.floats(FEATURES, "floating") is FEATURES["floating"]


@pytest.mark.parametrize(
    ("read", "name", "sentence"),
    [
        (fields.one_bytes, "words", "feature 'words' has 2 values of bytes, expected one of bytes"),
        (fields.one_bytes, "no words", "feature 'no words' has 0 values of bytes, expected one of bytes"),
        (fields.one_bytes, "floating", "feature 'floating' has 1 values of float32, expected one of bytes"),
        (fields.mask, "whole", "feature 'whole' has 2 values of int64, expected one of bytes"),
        (fields.many_bytes, "whole", "feature 'whole' holds int64, expected bytes"),
        (fields.texts, "floating", "feature 'floating' holds float32, expected bytes"),
        (fields.text, "whole", "feature 'whole' holds int64, expected text"),
        (fields.key, "whole", "feature 'whole' holds int64, expected text"),
        (fields.integers, "word", "feature 'word' holds bytes, expected int64"),
        (fields.integer, "floating", "feature 'floating' holds float32, expected int64"),
        (fields.floats, "whole", "feature 'whole' holds int64, expected float32"),
    ],
)
def test_value_of_another_type_is_an_error_that_names_the_feature_and_both(read, name, sentence):
    with pytest.raises(ParseError) as caught:
        read(FEATURES, name)
    assert caught.value.message == sentence


def test_bytes_without_any_value_are_said_to_be_there():
    with pytest.raises(ParseError, match="^feature 'x' is there, without a value of any type$"):
        fields.one_bytes({"x": None, "y": None}, "x")


def test_absent_bytes_are_an_error_that_says_what_is_there():
    with pytest.raises(ParseError, match="no feature 'x'; there are: none$"):
        fields.one_bytes({}, "x")


@pytest.mark.parametrize(("value", "count"), [([], 0), ((1, 2), 2), (np.zeros((2, 3)), 6), (None, 0), (0, 1), (b"", 1)])
def test_values_are_counted_as_they_are_read_or_written(value, count):
    assert fields.count(value) == count
