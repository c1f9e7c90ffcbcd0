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
