"""The `tfrecord` package of PyPI and filmroll read what the other writes; its index is laid out as DALI's."""

import numpy as np
import pytest
import tfrecord

import filmroll
from filmroll.records import index


@pytest.fixture
def photos(data, tmp_path):
    folder = tmp_path / "photos" / "class"
    folder.mkdir(parents=True)
    for path in sorted((data / "photos").glob("*.jpeg"))[:5]:
        (folder / path.name).write_bytes(path.read_bytes())
    return folder.parent


def test_package_reads_what_is_packed_with_the_index_beside_it(photos, tmp_path):
    filmroll.pack(photos, tmp_path / "roll.tfrecord", seed=None)
    described = {"image/encoded": "byte", "image/height": "int", "image/filename": "byte"}
    path = tmp_path / "roll.tfrecord"
    found = list(tfrecord.tfrecord_loader(str(path), str(index.path_of(path)), described))
    samples = list(filmroll.open(path))
    assert len(found) == len(samples) == 5
    for theirs, ours in zip(found, samples, strict=True):
        assert bytes(theirs["image/encoded"]) == bytes(ours.encoded)
        assert int(theirs["image/height"][0]) == ours.header.height
        assert bytes(theirs["image/filename"]).decode() == ours.key


def test_second_half_is_found_by_the_index(photos, tmp_path):
    filmroll.pack(photos, tmp_path / "roll.tfrecord", seed=None)
    path = tmp_path / "roll.tfrecord"
    parts = [
        [bytes(one["image/filename"]) for one in tfrecord.tfrecord_loader(
            str(path), str(index.path_of(path)), {"image/filename": "byte"}, shard=(part, 2))]
        for part in range(2)
    ]  # fmt: skip
    assert [key.decode() for part in parts for key in part] == [sample.key for sample in filmroll.open(path)]


def test_what_the_package_writes_is_read(photos, tmp_path):
    files = sorted(photos.rglob("*.jpeg"))
    writer = tfrecord.TFRecordWriter(str(tmp_path / "theirs.tfrecord"))
    for number, path in enumerate(files):
        writer.write({"image": (path.read_bytes(), "byte"), "label": (number, "int"), "size": ([1.5, 2.5], "float")})
    writer.close()
    roll = filmroll.open(tmp_path / "theirs.tfrecord")
    assert [bytes(sample.encoded) for sample in roll] == [path.read_bytes() for path in files]
    assert [sample.label for sample in roll] == list(range(5))
    np.testing.assert_array_equal(roll.features(0)["size"], np.array([1.5, 2.5], np.float32))
    assert roll.features(0).keys() == {"image", "label", "size"}
