"""What was seen of each feature over many records."""

import itertools
from collections import Counter

import numpy as np
import pytest

from filmroll.messages import example
from filmroll.schema import layout_of, schema_of, schema_of_layouts


def parsed(features) -> dict:
    return example.parse(b"".join(example.serialize(features)))


NO_NUMBERS = np.zeros(0, np.float32)
RECORDS = [
    {"one": 5, "two": [1.5, -2.0], "text": "cat", "none": None, "blob": b"\x00\x01"},
    {"one": 7, "two": [0.0, 9.0], "text": "horse", "none": None, "extra": [1, 2, 3]},
]


def test_types_counts_and_extents():
    schema = schema_of(map(parsed, RECORDS))
    assert (schema["one"].type, schema["one"].shape, schema["one"].low, schema["one"].high) == ("int64", [], 5, 7)
    assert (schema["two"].type, schema["two"].shape, schema["two"].low, schema["two"].high) == ("float32", [2], -2, 9)
    assert (schema["text"].type, schema["text"].low, schema["text"].high) == ("bytes", 3, 5)
    assert schema["text"].example == b"cat"
    assert (schema["none"].type, schema["none"].shape) == ("none", [0])
    assert schema["extra"].records == 1


def test_layouts_of_what_is_written_tell_the_types_and_counts_of_what_is_read():
    written = [
        *RECORDS,
        {"two": np.float64([3, 4]), "text": memoryview(b"x"), "one": np.int32(3), "extra": np.zeros((2, 2), int)},
        {
            "one": True,
            "two": (1, 2.5),
            "none": [],
            "text": ["a", b"b"],
            "extra": np.zeros(0, np.int8),
            "f": np.float32(1),
        },
    ]
    found = schema_of_layouts(Counter(map(layout_of, written)))
    wanted = schema_of(map(parsed, written))
    assert found.keys() == wanted.keys()
    for name, spec in wanted.items():
        assert (found[name].type, found[name].records) == (spec.type, spec.records), name
        assert (found[name].least, found[name].most) == (spec.least, spec.most), name


def test_merged_schemas_are_those_of_all_records():
    one, two = schema_of([parsed(RECORDS[0])]), schema_of([parsed(RECORDS[1])])
    one.merge(two)
    assert one == schema_of(map(parsed, RECORDS))


@pytest.mark.parametrize("order", [1, -1])
def test_feature_of_two_types_is_mixed(order):
    schema = schema_of([parsed({"a": 1}), parsed({"a": b"x"}), parsed({"a": None})][::order])
    assert schema["a"].type == "mixed"


@pytest.mark.parametrize(
    "records",
    [[{"a": []}, {"a": [1, 2]}], [{"a": []}, {"a": None}, {"a": 1}], [{"a": []}, {"a": NO_NUMBERS}, {"a": 1}]],
)
def test_list_without_values_has_no_say_in_the_type_beside_one_that_has_some(records):
    """Writers give empty lists any kind, for lack of a value to tell it."""
    for some in itertools.permutations(map(parsed, records)):
        assert schema_of(some)["a"].type == "int64"
        merged = schema_of(some[:1])
        merged.merge(schema_of(some[1:]))
        assert merged == schema_of(some)


def test_empty_lists_of_two_types_are_mixed_where_nothing_else_tells():
    assert schema_of(map(parsed, [{"a": []}, {"a": NO_NUMBERS}]))["a"].type == "mixed"


def test_json_marks_what_some_records_lack():
    document = schema_of(map(parsed, RECORDS)).to_json(records=2)
    assert document["one"] == {"type": "int64", "shape": []}
    assert document["extra"] == {"type": "int64", "shape": [3], "optional": True}


@pytest.mark.parametrize("order", [*itertools.permutations(([np.nan], [1.0], [np.nan, 3.0]))])
def test_nan_is_no_extent_beside_numbers_wherever_it_stands(order):
    spec = schema_of({"x": np.array(values, np.float32)} for values in order)["x"]
    assert (spec.low, spec.high) == (1, 3)


def test_extent_of_nothing_but_nan_is_nan():
    spec = schema_of([{"x": np.array([np.nan, np.nan], np.float32)}, {"x": np.array([np.nan], np.float32)}])["x"]
    assert np.isnan([spec.low, spec.high]).all()
