"""In records that nobody documented the picture, its shape, its label and its name are found, or said not to be."""

import base64
import math

import numpy as np
import pytest

import pictures
from filmroll import dialects
from filmroll.dialects import generic
from filmroll.errors import ParseError
from filmroll.messages import example


def parsed(features) -> dict:
    return example.parse(b"".join(example.serialize(features)))


def records(make, count: int = 5) -> list[dict]:
    return [parsed(make(number)) for number in range(count)]


def test_encoded_picture_is_found_by_its_first_bytes():
    layout = generic.discover(records(lambda n: {"payload": pictures.jpeg(n), "blob": b"\x00\x01", "cls": n}))
    assert (layout.picture, layout.storage, layout.label) == ("payload", "encoded", "cls")
    assert layout.why[0] == "payload is the picture: 5 of 5 records begin as JPEG"


def test_of_two_pictures_the_one_that_more_records_have_is_taken():
    made = records(lambda n: {"thumb": pictures.jpeg(n) if n else b"", "full": pictures.jpeg(n)})
    assert generic.discover(made).picture == "full"


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_raw_array_is_found_by_height_width_depth_of_old_mnist_files(dtype):
    image = (pictures.image(1) / 255 * 200).astype(dtype)
    made = records(lambda n: {"image_raw": image.tobytes(), "height": 24, "width": 32, "depth": 3, "label": n})
    layout = generic.discover(made)
    assert (layout.picture, layout.storage, layout.shape) == (
        "image_raw",
        "raw",
        ("height", "width", "depth"),
    )
    sample = layout.to_sample(made[3])
    assert np.array_equal(sample.image, image)
    assert sample.label == 3


def test_array_of_other_axes_than_channels_first_has_is_a_parse_error():
    image = np.arange(3 * 4 * 5, dtype=np.uint8)
    layout = generic.discover(records(lambda n: {"data": image.tobytes(), "shape": [3, 4, 5]}))
    assert layout.channels_first
    assert layout.to_sample(parsed({"data": image.tobytes(), "shape": [3, 4, 5]})).array.shape == (4, 5, 3)
    with pytest.raises(ParseError, match=r"shape \(12, 5\), expected three sizes"):
        layout.to_sample(parsed({"data": image.tobytes(), "shape": [12, 5]}))


def test_size_that_is_no_number_in_a_later_record_fits_no_array():
    image = np.arange(60, dtype=np.uint8).tobytes()
    made = records(lambda n: {"data": image, "height": 4, "width": 5 if n else b"five", "depth": 3})
    assert generic.discover([*made[1:], made[0]]).picture is None


def test_shape_in_one_list_is_found_and_channels_first_is_turned():
    image = pictures.image(2)
    made = records(lambda n: {"data": image.transpose(2, 0, 1).tobytes(), "shape": [3, 24, 32]})
    layout = generic.discover(made)
    assert layout.channels_first
    assert np.array_equal(layout.to_sample(made[0]).image, image)


@pytest.mark.parametrize("shape", [(3, 8, 3), (1, 7, 1), (4, 9, 1), (6, 5, 7), (3, 8)])
def test_shape_that_may_be_height_width_channels_is(shape):
    image = np.arange(math.prod(shape), dtype=np.uint8).reshape(shape)
    made = records(lambda n: {"data": image.tobytes(), "shape": shape})
    layout = generic.discover(made)
    assert not layout.channels_first
    assert np.array_equal(layout.to_sample(made[0]).array, image)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_raw_array_in_base64_is_found(encode):
    image = pictures.image(4)
    size = {"image_height": 24, "image_width": 32, "image_channels": 3}
    made = records(lambda n: {"image": encode(image.tobytes()), "label": n} | size)
    layout = generic.discover(made)
    assert layout.storage == "base64"
    assert np.array_equal(layout.to_sample(made[0]).image, image)


def test_bytes_that_should_be_base64_and_are_not_are_an_error():
    layout = generic.Layout(picture="image", storage="base64", shape=("n",))
    with pytest.raises(ParseError, match="should be base64"):
        layout.to_sample(parsed({"image": b"!!!!", "n": [3]}))


def test_picture_beats_numbers_that_happen_to_fit():
    data = pictures.jpeg()
    layout = generic.discover(records(lambda n: {"image": data, "shape": [1, len(data)]}))
    assert layout.storage == "encoded"


def test_label_by_name_beats_other_numbers():
    layout = generic.discover(records(lambda n: {"img": pictures.jpeg(n), "label": n, "count": 3, "width": 32}))
    assert layout.label == "label"


def test_what_was_found_is_said_with_its_reason():
    made = records(lambda n: {"data": bytes(24), "shape": [2, 4, 3], "label": n + 3})
    assert generic.discover(made).why == [
        "data is the picture, an array: its bytes are as many as shape tells in every record",
        "label is the label: a whole number in each record, from 3",
    ]


@pytest.mark.parametrize("name", ["label", "parts"])
def test_list_of_numbers_is_no_label(name):
    assert generic.discover(records(lambda n: {"img": pictures.jpeg(n), name: [n, 1]})).label is None


def test_several_numbers_without_a_name_are_no_label():
    layout = generic.discover(records(lambda n: {"img": pictures.jpeg(n), "alpha": n, "beta": n}))
    assert layout.label is None


def test_number_too_large_for_a_class_is_no_label():
    layout = generic.discover(records(lambda n: {"img": pictures.jpeg(n), "stamp": 1_700_000_000 + n}))
    assert layout.label is None


def test_file_name_and_class_name_are_found():
    layout = generic.discover(
        records(lambda n: {"img": pictures.jpeg(n), "file_name": f"{n}.jpg", "class_name": "cat"})
    )
    assert (layout.key, layout.text) == ("file_name", "class_name")
    sample = layout.to_sample(parsed({"img": pictures.jpeg(), "file_name": "7.jpg", "class_name": "cat"}))
    assert (sample.key, sample.text) == ("7.jpg", "cat")


def test_records_without_a_picture_say_so_and_keep_their_features():
    made = records(lambda n: {"a": 0.5, "b": [1, 2], "c": b"\x00\x01\x02"})
    match = dialects.sniff(made)
    assert match.name == "generic"
    assert match.why == ["no feature holds a picture file, and none has the length that numbers beside it tell"]
    sample = match.reading.to_sample(made[0])
    assert not sample.has_image
    assert set(sample.features) == {"a", "b", "c"}


def test_no_records_at_all_are_generic_without_a_picture():
    assert dialects.sniff([]).name == "generic"


def test_mystery_file_of_the_article_gives_its_picture(data):
    import filmroll

    with filmroll.open(data / "blog" / "mystery.tfrecords") as roll:
        assert roll.dialect == "generic"
        assert roll.match.why[0] == "jpg is the picture: 1 of 1 records begin as JPEG"
        assert roll[0].image.ndim == 3


def test_boxes_and_mask_are_found_by_the_names_of_the_detection_api():
    corners = {f"image/object/bbox/{name}": [0.25, 0.5] for name in ("ymin", "xmin", "ymax", "xmax")}
    known = {"image/object/class/label": [1, 2], "image/segmentation/class/encoded": b"png"}
    features = parsed({"photo": pictures.jpeg(), "score": 0.5} | corners | known)
    sample = generic.discover([features]).to_sample(features)
    assert sample.boxes.corners.tolist() == [[0.25] * 4, [0.5] * 4]
    assert sample.boxes.labels.tolist() == [0, 1]
    assert (sample.mask, set(sample.features)) == (b"png", {"score"})


def test_boxes_that_are_not_whole_stay_features():
    features = parsed({"photo": pictures.jpeg(), "image/object/bbox/ymin": [0.5], "image/object/bbox/xmin": [0.5, 1]})
    sample = generic.discover([features]).to_sample(features)
    assert sample.boxes is None
    assert set(sample.features) == {"image/object/bbox/ymin", "image/object/bbox/xmin"}


def test_key_of_the_container_is_the_key_where_no_feature_is():
    features = parsed({"photo": pictures.jpeg()}) | {"__key__": [memoryview(b"7")]}
    sample = generic.discover([features]).to_sample(features)
    assert (sample.key, sample.features) == ("7", {})


def test_parts_of_objects_that_are_not_there_stay_features():
    names = {"image/object/class/text": [b"cat", b"dog"], "image/segmentation/class/format": [b"png"]}
    made = records(lambda n: {"picture": pictures.jpeg(n), "n": n} | names)
    sample = generic.discover(made).to_sample(made[0])
    assert (sample.boxes, sample.mask) == (None, None)
    assert sample.features.keys() >= names.keys()
