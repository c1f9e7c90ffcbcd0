"""Arrays among which one is odd: many at a time give what one at a time gives, be it an error."""

import numpy as np
import pytest

import filmroll
from filmroll.errors import ParseError
from filmroll.loading import arrays
from loading.raw_records import contents, mnist_like, outcome, raw, write

ODD = {
    "another dtype in one record": raw(3, image_bytes=np.full((4, 4, 1), 3, "<u2").tobytes(), image_dtype=b"uint16"),
    "a dtype of the same width in one record": raw(3, image_bytes=bytes(range(240, 256)), image_dtype=b"|i1"),
    "another shape in one record": raw(3, image_shape=[4, 2, 2]),
    "no label in one record": raw(3, label=None),
}


@pytest.mark.parametrize("odd", ODD)
def test_batch_with_a_record_unlike_the_others_is_what_one_at_a_time_gives(tmp_path, odd):
    usual = [raw(number, image_dtype=b"|u1") for number in range(9)]
    path = write(tmp_path / "a.tfrecord", [*usual[:3], ODD[odd], *usual[4:]])
    with filmroll.open(path, dialect="array") as roll:
        fast, slow = list(roll.batches(3)), list(roll.batches(3)._otherwise)
        samples = [sample.image for sample in roll]
    assert [one["label"].tolist() for one in fast] == [one["label"].tolist() for one in slow]
    found = [image for one in fast for image in one["image"]]
    assert all(np.array_equal(one, other) for one, other in zip(found, samples, strict=True))
    assert [image.dtype for image in found] == [image.dtype for image in samples]  # none is made another's


@pytest.mark.parametrize(
    "odd",
    [
        {"image_dtype": b"no dtype"},
        {"image_dtype": b"\xff"},
        {"image_dtype": b"V1"},
        {"image_dtype": b"datetime64[s]", "image_shape": [2, 1, 1]},
        {"image_dtype": b"S0", "image_bytes": b"", "image_shape": [4, 4, 0]},
        {"image_dtype": [b"u", b"1"]},
        {"image_dtype": 5},
        {"image_bytes": b"short"},
        {"image_bytes": [bytes(16), bytes(16)]},
        {"image_bytes": [], "image_shape": [0, 4, 1]},
        {"image_shape": [4, 4, 0]},
        {"image_shape": [-4, -4, 1]},
        {"image_shape": [-1, -1, 16]},
        {"image_shape": [3, -0x5555_5555_5555_5550, 1]},  # 2**64 + 16, did numbers wrap around
        {"image_shape": 16.0},
        {"label": [1, 2]},
        {"label": 1.5},
        {"label": b"7"},
    ],
    ids=str,
)
def test_records_that_are_no_arrays_are_the_same_error_or_label_many_at_a_time(tmp_path, odd):
    path = write(tmp_path / "a.tfrecord", [raw(number, **odd) for number in range(6)])
    with filmroll.open(path, dialect="array") as roll:
        assert outcome(roll.batches(3)) == outcome(roll.batches(3)._otherwise)


@pytest.mark.parametrize(
    "odd",
    [
        {"image_dtype": None},
        {"image_dtype": [b"uint8", b"x"]},
        {"image_shape": [4, 4]},
        {"image_shape": [16]},
        {"label": []},
    ],
    ids=str,
)
def test_records_that_say_less_or_more_than_they_need_are_the_same_many_at_a_time(tmp_path, odd):
    path = write(tmp_path / "a.tfrecord", [raw(number, **odd) for number in range(6)])
    with filmroll.open(path, dialect="array") as roll:
        assert contents(roll.batches(3)) == contents(roll.batches(3)._otherwise)


@pytest.mark.parametrize("odd", [{"height": [6, 1]}, {"depth": [1, 1]}, {"width": np.zeros(0, np.int64)}], ids=str)
def test_size_of_several_values_or_none_is_the_same_many_at_a_time(tmp_path, odd):
    path = write(tmp_path / "r.tfrecord", [mnist_like(number) | odd for number in range(6)])
    with filmroll.open(path, dialect="mnist") as roll:
        assert outcome(roll.batches(3)) == outcome(roll.batches(3)._otherwise)


@pytest.mark.parametrize("shape", [[12, 4], [48], [1, 3, 4, 4]], ids=str)
def test_channels_are_not_turned_in_arrays_of_other_than_three_axes(tmp_path, shape, monkeypatch):
    monkeypatch.setattr(arrays, "MANY_RECORDS", 60)  # so that those that are odd are parsed together
    records = [{"data": bytes(48), "shape": [3, 4, 4]}] * 60 + [{"data": bytes(48), "shape": shape}] * 3
    with filmroll.open(write(tmp_path / "r.tfrecord", records), dialect="stylegan") as roll:
        loader = roll.batches(3)
        with pytest.raises(ParseError, match=f"has {len(shape)} values, expected channels, height and width") as caught:
            list(loader)
    assert caught.value.record == 60
