"""Features as people give them become what messages give; arrays become picture files that give them back."""

import numpy as np
import pytest
from hypothesis import given

import filmroll
import pictures
import wild_samples
from filmroll.dialects import stored, values
from filmroll.errors import EncodeError
from filmroll.messages import example
from filmroll.sample import Sample


@given(wild_samples.features)
def test_values_are_those_of_messages_but_for_numbers_that_no_message_holds(features):
    for name, value in values.parsed(features).items():
        if isinstance(value, np.ndarray) and value.dtype in (np.float64, np.uint64):
            assert wild_samples.plain(value) == wild_samples.plain(features[name])
        else:
            [(_, wanted)] = example.parse(b"".join(example.serialize({name: features[name]}))).items()
            assert wild_samples.plain(value) == wild_samples.plain(wanted)


def test_values_that_are_parsed_already_are_handed_on():
    features = {"a": [memoryview(b"x")], "b": np.zeros(2, np.float32), "c": None}
    found = values.parsed(features)
    assert found["a"] is features["a"]
    assert np.shares_memory(found["b"], features["b"])
    assert found["c"] is None


def test_arrays_of_several_axes_are_laid_flat_and_other_byte_orders_turned():
    found = values.parsed({"a": np.eye(2), "b": np.array([1, 2], ">i8"), "c": np.array(3), "d": np.array([1.5], ">f8")})
    assert found["a"].tolist() == [1, 0, 0, 1]
    assert found["a"].dtype == np.float64
    assert (found["b"].dtype, found["b"].tolist(), found["c"].tolist()) == (np.int64, [1, 2], [3])
    assert found["d"].tolist() == [1.5]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"x", [b"x"]),
        ("x", [b"x"]),
        ([b"x", "y"], [b"x", b"y"]),
        (3, np.int64([3])),
        ([3, 4], np.int64([3, 4])),
        (True, np.int64([1])),
        (np.array([3, 4], np.uint8), np.int64([3, 4])),
        (1.5, np.float32([1.5])),
        ([1, 2.5], np.float32([1, 2.5])),
        (np.array([1.5], np.float16), np.float32([1.5])),
    ],
)
def test_value_as_people_give_it_is_what_messages_give(value, found):
    made = values.parsed({"a": value})["a"]
    assert (made == found) if isinstance(found, list) else (made.dtype == found.dtype and np.array_equal(made, found))


def test_value_without_a_type_is_refused_with_its_name():
    with pytest.raises(EncodeError, match="'odd'"):
        values.parsed({"odd": object()})


def test_encoded_picture_is_handed_on_and_none_is_none():
    data = pictures.jpeg()
    assert stored.picture(Sample(encoded=data, array=pictures.image(1))) is data
    assert stored.picture(Sample()) is None
    assert stored.picture(Sample(encoded=b"")) == b""


@pytest.mark.parametrize("array", wild_samples.ARRAYS, ids=lambda array: f"{array.dtype} {array.shape}")
def test_array_is_a_file_that_gives_it_back(array):
    back = filmroll.decode(stored.picture(Sample(array=array)))
    assert back.dtype == array.dtype
    assert np.array_equal(back, array)


@pytest.mark.parametrize(
    ("shape", "format"), [((3, 2, channels), "png" if 1 <= channels <= 4 else "npy") for channels in range(6)]
)
def test_array_of_any_number_of_channels_that_png_has_is_one(shape, format):
    assert filmroll.codecs.identify(stored.picture(Sample(array=np.zeros(shape, np.uint8)))) == format
