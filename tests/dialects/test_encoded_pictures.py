"""Encoded pictures under other names: the flowers of Google and Kaggle, and img2dataset's."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import dialects
from filmroll.dialects import flowers, img2dataset
from filmroll.errors import ParseError
from filmroll.messages import example
from filmroll.sample import Sample


def parsed(features) -> dict:
    return example.parse(b"".join(example.serialize(features)))


def test_flowers_of_google_are_read():
    one_hot = np.eye(5, dtype=np.float32)[3]
    features = {
        "image": pictures.jpeg(1),
        "class": 3,
        "label": b"sunflowers",
        "size": [24, 32],
        "one_hot_class": one_hot,
    }
    match = dialects.sniff([parsed(features)])
    sample = match.reading.to_sample(parsed(features))
    assert (match.name, sample.label, sample.text) == ("flowers", 3, "sunflowers")
    assert sample.features["one_hot_class"].tolist() == one_hot.tolist()
    assert parsed(flowers.to_features(sample)).keys() == features.keys()


def test_flowers_of_kaggle_are_read_with_their_ids_as_keys():
    features = {"image": pictures.jpeg(1), "class": 103, "id": b"338ab7bac"}
    match = dialects.sniff([parsed(features)])
    sample = match.reading.to_sample(parsed(features))
    assert (match.name, sample.key, sample.label, sample.text) == ("flowers", "338ab7bac", 103, None)
    assert sample.features == {}


@pytest.mark.parametrize("wrong", [{"class": b"rose"}, {"class": [1, 2]}, {"label": 3}, {"image": b"no picture"}])
def test_what_is_not_quite_a_flower_is_none(wrong):
    features = {"image": pictures.jpeg(1), "class": 3, "size": [24, 32]} | wrong
    assert dialects.sniff([parsed(features)]).name == "generic"


@pytest.mark.parametrize("format", ["jpeg", "png", "webp"])
def test_img2dataset_names_the_picture_by_its_format(format):
    encoded = filmroll.encode(pictures.image(2), format)
    suffix = {"jpeg": "jpg"}.get(format, format)
    sample = Sample("000000007", encoded=encoded, text="a wave", features={"url": b"https://example.org", "width": 32})
    features = parsed(img2dataset.to_features(sample))
    assert features.keys() == {"key", suffix, "txt", "url", "width"}
    assert (features["key"], features[suffix], features["txt"]) == ([b"000000007"], [encoded], [b"a wave"])


def test_img2dataset_keeps_a_column_called_label_whatever_its_type():
    features = parsed({"key": b"7", "jpg": pictures.jpeg(), "txt": b"", "label": b"rose", "sha256": b"ab"})
    sample = dialects.sniff([features]).reading.to_sample(features)
    assert (sample.key, sample.label, sample.text) == ("7", None, "")
    assert sample.features == {"label": [b"rose"], "sha256": [b"ab"]}
    assert parsed(img2dataset.to_features(sample)) == features


def test_img2dataset_without_a_picture_says_what_is_there():
    with pytest.raises(ParseError, match="no feature 'jpg'; there are: key, txt"):
        img2dataset.to_sample(parsed({"key": b"7", "txt": b"a"}))


def test_picture_without_a_key_is_not_img2datasets():
    assert dialects.sniff([parsed({"jpg": pictures.jpeg(), "txt": b"a"})]).name == "generic"
