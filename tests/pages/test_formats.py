"""The hex dumps of the format pages are the bytes that filmroll writes, and TensorFlow, protobuf and LMDB too."""

import re
from pathlib import Path

import google_crc32c
import numpy as np
import pytest

import filmroll
from filmroll.messages import datum, example
from messages import caffe
from realdata import CHECKOUT

FORMATS = CHECKOUT / "docs" / "formats"
LINE = re.compile(r"^([0-9a-f]{4})  ((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2,}(.+))?$")
FEATURES = {"label": 7, "name": "sun", "box": [0.25, 0.75]}
PIXELS = np.array([[[200, 100, 0], [250, 150, 50]]], np.uint8)


def page(name: str) -> str:
    return (FORMATS / f"{name}.md").read_text("utf-8")


def dumps(name: str) -> list[bytes]:
    """Read the dumps of a page, line by line; each line says the offset that it has."""
    found = []
    for block in re.findall(r"^```text\n(.*?)^```", page(name), re.MULTILINE | re.DOTALL):
        lines = [LINE.match(line) for line in block.splitlines()]
        if None in lines or not lines:
            continue  # what an example prints
        data = b""
        for line in lines:
            assert int(line[1], 16) == len(data), line[0]
            data += bytes.fromhex(line[2])
        found.append(data)
    return found


@pytest.mark.parametrize("path", sorted(FORMATS.glob("*.md")), ids=lambda path: path.stem)
def test_every_page_has_a_dump_and_every_line_of_it_says_what_it_is(path):
    lines = [line for line in map(LINE.match, path.read_text("utf-8").splitlines()) if line]
    assert lines
    assert all(line[3] for line in lines)


@pytest.fixture
def two_records(tmp_path) -> Path:
    with filmroll.Writer(tmp_path / "two.tfrecord") as writer:
        writer.write(b"filmroll")
        writer.write(b"")
    return tmp_path / "two.tfrecord"


def test_tfrecord_is_what_filmroll_writes(two_records):
    assert dumps("tfrecord") == [two_records.read_bytes()]


def test_tfrecord_is_what_tensorflow_writes_and_reads(tf, tmp_path):
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        writer.write(b"filmroll")
        writer.write(b"")
    assert dumps("tfrecord") == [(tmp_path / "theirs").read_bytes()]


def test_mask_is_worked_out_as_the_page_says():
    crc, turned, masked = re.findall(r"^\| (?:CRC|turned|plus).*\| `(0x[0-9a-f]{8})`", page("tfrecord"), re.MULTILINE)
    value = google_crc32c.value(b"filmroll")
    rotated = (value >> 15 | value << 17) & 0xFFFFFFFF
    assert (int(crc, 16), int(turned, 16)) == (value, rotated)
    assert int(masked, 16) == (rotated + 0xA282EAD8) & 0xFFFFFFFF
    assert int(masked, 16).to_bytes(4, "little") == dumps("tfrecord")[0][0x14:0x18]


def test_index_is_what_filmroll_writes(two_records):
    assert dumps("tfrecord-index") == [two_records.with_name("two.tfrecord.idx").read_bytes()]


def test_example_is_what_filmroll_writes():
    (dump,) = dumps("example")
    assert dump == b"".join(example.serialize(FEATURES))
    assert len(dump) == 56


def test_example_says_the_same_to_tensorflow(tf):
    message = tf.train.Example.FromString(dumps("example")[0])
    features = message.features.feature
    assert features["label"].int64_list.value == [7]
    assert features["name"].bytes_list.value == [b"sun"]
    assert features["box"].float_list.value == [0.25, 0.75]
    assert len(message.SerializeToString()) == 56


def test_varint_of_300_and_a_negative_number_are_as_the_page_says():
    assert b"".join(example.serialize({"x": 300})).endswith(b"\x0a\x02\xac\x02")
    assert len(b"".join(example.serialize({"x": -1}))) - len(b"".join(example.serialize({"x": 1}))) == 9


def test_datums_are_what_filmroll_writes():
    planes = np.ascontiguousarray(PIXELS.transpose(2, 0, 1)[::-1]).tobytes()
    raw = {"channels": 3, "height": 1, "width": 2, "data": planes, "label": 300, "encoded": False}
    encoded = {"data": b"\xff\xd8\xff..", "label": 1, "encoded": True}
    assert dumps("datum") == [b"".join(datum.serialize(each)) for each in (raw, encoded)]


def test_datums_say_the_same_to_protobuf():
    raw, encoded = (caffe.Datum.FromString(dump) for dump in dumps("datum"))
    assert (raw.channels, raw.height, raw.width, raw.label, raw.encoded) == (3, 1, 2, 300, False)
    assert raw.data == bytes([0, 50, 100, 150, 200, 250])
    assert (encoded.data, encoded.label, encoded.encoded) == (b"\xff\xd8\xff..", 1, True)


def test_key_is_what_filmroll_writes_for_the_eighth_record(tmp_path):
    names = [*(f"sun/sun-{number}.jpg" for number in (9, 8, 7, 6, 5, 4, 3)), "sun/sun-2.jpg"]
    (tmp_path / "pictures" / "sun").mkdir(parents=True)
    for name in names:
        filmroll.imwrite(tmp_path / "pictures" / name, np.zeros((8, 8, 3), np.uint8))
    (tmp_path / "list.txt").write_text("".join(f"{name} 0\n" for name in names), "utf-8")
    filmroll.pack(tmp_path / "list.txt", tmp_path / "out.lmdb", root=tmp_path / "pictures", seed=None)
    import lmdb

    with (
        lmdb.open(str(tmp_path / "out.lmdb"), readonly=True, lock=False) as environment,
        environment.begin() as reading,
    ):
        keys = [bytes(key) for key, _ in reading.cursor()]
    assert dumps("lmdb-key") == [keys[7]]
