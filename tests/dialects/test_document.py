"""The JSON beside a picture: every value comes back with its type and its bits; what is damaged is named."""

import json
import math

import numpy as np
import pytest
from hypothesis import given

import wild_samples
from filmroll.dialects import document
from filmroll.errors import ParseError


def features_of(text):
    return document.parse(f'{{"filmroll":1,"features":{{"a":{text}}}}}'.encode())["features"]["a"]


@given(wild_samples.float32s)
def test_float32_comes_back_to_the_bit(values):
    data = document.serialize({"features": {"a": values}})
    back = document.parse(data)["features"]["a"]
    assert (back.dtype, back.tobytes()) == (np.float32, values.tobytes())
    json.loads(data, parse_constant=pytest.fail)  # NaN and Infinity are no JSON


@pytest.mark.parametrize("bits", [0x7F800001, 0xFFBFFFFF, 0x7FC00001, 0x7F800000])
def test_every_nan_and_infinity_comes_back_to_the_bit_without_a_warning(bits):
    value = np.array([bits], np.uint32).view(np.float32)
    back = document.parse(document.serialize({"features": {"x": value}}))["features"]["x"]
    assert back.view(np.uint32).tolist() == [bits]


def test_float32_is_written_as_short_as_people_write_it():
    values = np.array([0.1, 1 / 3, 16777216, -0.0, 3.4028235e38], np.float32)
    assert b"[0.1,0.33333334,16777216.0,-0.0,3.4028235e+38]" in document.serialize({"features": {"a": values}})


def test_words_stand_for_what_is_no_number():
    values = np.array([0x7FC00000, 0x7F800000, 0xFF800000, 0x7FC00001], np.uint32).view(np.float32)
    assert b'["NaN","Infinity","-Infinity","0x7fc00001"]' in document.serialize({"features": {"a": values}})


def test_values_written_by_hand_are_read():
    assert features_of('{"float32": [1, 2.5, "NaN"]}').tolist()[:2] == [1, 2.5]
    assert math.isnan(features_of('{"float32": [1, 2.5, "NaN"]}')[2])
    assert features_of('{"text": ["é"]}') == ["é".encode()]
    assert features_of("null") is None


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"filmroll":1', "another layout"),
        (b'{"filmroll":2}', "of version 2; version 1 can be read"),
        (b'["filmroll"]', "another layout"),
        (b'{"filmroll":1,"text":3}', "no text as 'text'"),
        (b'{"filmroll":1,"key":[]}', "no text as 'key'"),
        (b'{"filmroll":1,"picture":{}}', "no text as 'picture'"),
        (b'{"filmroll":1,"features":[]}', "another layout"),
        (b'{"filmroll":1,"features":{"a":{"int64":[1.5]}}}', "something else than whole numbers"),
        (b'{"filmroll":1,"features":{"a":{"int64":[true]}}}', "something else than whole numbers"),
        (b'{"filmroll":1,"features":{"a":{"int64":[9223372036854775808]}}}', "another layout"),
        (b'{"filmroll":1,"features":{"a":{"int8":[1]}}}', "another layout"),
        (b'{"filmroll":1,"features":{"a":{"int64":3}}}', "a feature is int, expected a list"),
        (b'{"filmroll":1,"features":{"a":{}}}', "another layout"),
        (b'{"filmroll":1,"features":{"a":{"base64":["?"]}}}', "base64 that cannot be read"),
        (b'{"filmroll":1,"features":{"a":{"text":[3]}}}', "another layout"),
        (b'{"filmroll":1,"features":{"a":{"float32":["0xfffffffff"]}}}', "another layout"),
        (b'{"filmroll":1,"boxes":{"corners":[[0,0,1,1]],"labels":[1,2]}}', "2 labels for 1 boxes"),
        (b'{"filmroll":1,"boxes":{"corners":[[0,0,1]]}}', "another layout"),
        (b'{"filmroll":1,"boxes":{}}', "another layout"),
        (b'{"filmroll":1,"a":' + b"[" * 100_000, "another layout"),
    ],
)
def test_damaged_document_is_a_parse_error(data, sentence):
    with pytest.raises(ParseError, match=sentence):
        document.parse(data)


@pytest.mark.parametrize(
    ("data", "own"), [(b'{"filmroll":1}', True), (b'{ "filmroll": 1}', True), (b'{"a":1}', False), (b"", False)]
)
def test_document_is_known_by_how_it_begins(data, own):
    assert document.is_document(memoryview(data)) is own
