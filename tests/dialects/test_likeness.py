"""Another file is read as the first one is where they are alike, and by its own dialect where they are not."""

import numpy as np
import pytest

import pictures
from filmroll.dialects import likeness

JPEG = [memoryview(pictures.jpeg(1))]


def number(value):
    return np.array([value], np.int64)


def text(value):
    return [memoryview(value)]


SLIM = {"image/encoded": JPEG, "image/class/label": number(1), "image/format": text(b"jpeg")}
TFOD = {"image/encoded": JPEG, "image/class/label": number(1), "image/source_id": text(b"7")}
IMAGENET = SLIM | {"image/colorspace": text(b"RGB")}
LOOSE = {"picture": JPEG, "name": text(b"a"), "label": number(3)}
OTHER = {"photo": JPEG, "name": text(b"a"), "label": number(3)}
WORDS = {"name": text(b"a")}
NAMELESS = {"image/format": text(b"jpeg")}


def seen(*records, message="example"):
    return likeness.seen(records, message=message)


@pytest.mark.parametrize(
    ("first", "other", "is_alike"),
    [
        (seen(SLIM), seen(SLIM, SLIM), True),
        (seen(SLIM), seen(TFOD), False),  # each fits its own
        (seen(IMAGENET), seen(SLIM), False),
        (seen(LOOSE), seen(LOOSE), True),
        (seen(LOOSE), seen(OTHER), False),  # no names among the other's
        (seen(LOOSE), seen(WORDS), True),  # the first leaves out what is not there
        (seen(WORDS), seen(LOOSE), False),  # whose dialect finds no picture where there is one
        (seen(SLIM), seen(SLIM, NAMELESS), True),  # a record that lacks its picture is a fault of the record
        (seen(SLIM), seen(NAMELESS), False),  # none has one: they are something else
        (seen(SLIM, NAMELESS), seen(IMAGENET), True),  # labels are not to change their numbers on the way
        (seen(SLIM), seen(SLIM, message="sequence_example"), False),
        (seen(SLIM), seen(message=None), False),  # bytes that are no messages
        (seen(SLIM), seen(), True),  # no records have no dialect
        (seen(), seen(SLIM), False),
    ],
)
def test_files_are_read_alike_where_nothing_speaks_for_another_dialect(first, other, is_alike):
    assert likeness.is_read_alike(first, other) is is_alike
    assert likeness.is_read_alike(first._replace(records=[]), other) is is_alike  # these need not be kept
