import numpy as np
import pytest

from filmroll import encode
from filmroll.boxes import Boxes
from filmroll.converting.difference import difference, digests
from filmroll.sample import Sample

IMAGE = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)


def a_sample(**changes):
    boxes = Boxes([[0, 0, 0.5, 1]], labels=[2], texts=["cat"], masks=[b"mask"])
    whole = {"key": "a", "encoded": encode(IMAGE, "png"), "label": 1, "text": "x", "boxes": boxes, "mask": b"m"}
    return Sample(**(whole | {"features": {"n": np.array([1, 2])}} | changes))


def test_equal_samples_do_not_differ():
    assert difference(a_sample(), a_sample()) == []


def test_file_equals_the_array_it_decodes_to():
    assert difference(a_sample(), a_sample(encoded=None, array=IMAGE)) == []
    assert digests(a_sample(), pixels=False)["picture"] != digests(a_sample())["picture"]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"key": "b"}, "key"),
        ({"encoded": encode(IMAGE + 1, "png")}, "picture"),
        ({"encoded": None}, "picture"),
        ({"label": None}, "label"),
        ({"label": 2}, "label"),
        ({"text": "y"}, "text"),
        ({"mask": b"n"}, "mask"),
        ({"boxes": None}, "boxes"),
        ({"boxes": Boxes([[0, 0, 0.5, 0.9]], labels=[2], texts=["cat"], masks=[b"mask"])}, "boxes"),
        ({"boxes": Boxes([[0, 0, 0.5, 1]], labels=[3], texts=["cat"], masks=[b"mask"])}, "boxes"),
        ({"boxes": Boxes([[0, 0, 0.5, 1]], labels=[2], texts=["cow"], masks=[b"mask"])}, "boxes"),
        ({"boxes": Boxes([[0, 0, 0.5, 1]], labels=[2], texts=["cat"], masks=[b"other"])}, "boxes"),
        ({"features": {"n": np.array([1, 3])}}, "n"),
        ({"features": {"n": np.array([1, 2], np.float32)}}, "n"),
        ({"features": {}}, "n"),
    ],
)
def test_each_part_that_differs_is_named(changes, part):
    assert difference(a_sample(), a_sample(**changes)) == [part]


def test_pictures_that_cannot_be_decoded_are_compared_by_bytes():
    assert difference(a_sample(encoded=b"broken"), a_sample(encoded=b"broken")) == []
    assert difference(a_sample(encoded=b"broken"), a_sample(encoded=b"broke")) == ["picture"]


def test_grey_array_with_and_without_its_last_side_is_the_same_picture():
    grey = IMAGE[..., 0]
    assert difference(a_sample(encoded=None, array=grey), a_sample(encoded=None, array=grey[..., np.newaxis])) == []
    assert difference(a_sample(encoded=None, array=grey), a_sample(encoded=encode(grey[..., np.newaxis], "png"))) == []
    assert difference(a_sample(encoded=None, array=grey), a_sample(encoded=None, array=grey.T)) == ["picture"]


def test_array_is_known_by_its_values_whether_pixels_are_asked_for_or_not():
    one = a_sample(encoded=None, array=IMAGE)
    assert digests(one, pixels=False) == digests(one)
    assert digests(one)["picture"] != digests(a_sample(encoded=None, array=IMAGE.astype(np.int16)))["picture"]
    assert {len(digest) for digest in digests(one).values()} == {32}


def test_parts_that_are_not_there_have_no_digest():
    assert digests(Sample(key="")) == {}
    assert set(digests(Sample(key="k"))) == {"key"}
    assert set(digests(a_sample())) == {"picture", "key", "label", "text", "mask", "boxes", "n"}


def test_every_part_that_differs_is_named_in_order():
    other = a_sample(key="b", label=5, text="y", features={"m": np.array([1])})
    assert difference(a_sample(), other) == ["key", "label", "m", "n", "text"]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ([b"ab", b"c"], [b"a", b"bc"], False),
        ([b"ab"], ["ab"], True),
        ([], [b""], False),
        ([b"x"], bytearray(b"x"), True),
        (np.int64([1, 2]), np.int64([[1, 2]]), False),
        (np.int64([1, 2]), np.int64([1, 2, 1, 2])[:2], True),
        (np.float32([0.0]), np.float32([-0.0]), False),
        (np.float32([np.nan]), np.float32([np.nan]), True),
        (None, [], False),
        (["\udcff"], [b"\xff"], True),
    ],
)
def test_features_are_the_same_where_their_values_types_and_shapes_are(one, other, is_same):
    found = difference(Sample(key="k", features={"f": one}), Sample(key="k", features={"f": other}))
    assert found == ([] if is_same else ["f"])
