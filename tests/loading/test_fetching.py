"""Records of a store are fetched a batch at a time, ahead; those on the disk when they are wanted."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import ChecksumError
from filmroll.loading.fetching import Fetching


@pytest.fixture
def folder(tmp_path, bucket):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    filmroll.pack(flowers, tmp_path / "out" / "roll", shards=2, seed=None)
    bucket.take(tmp_path / "out", "out/")
    return tmp_path / "out"


def test_batch_of_a_bucket_is_asked_for_at_once(folder, bucket):
    with filmroll.open(f"{bucket.url}/out") as roll, Fetching(roll) as fetching:
        assert roll[0].encoded
        assert roll[-1].encoded
        bucket.proxy.clear()
        read = fetching.begin(np.array([1, 2, 3, 7, 8]))
        assert [read(number).encoded for number in (1, 2, 3, 7, 8)] == [
            roll[number].encoded for number in (1, 2, 3, 7, 8)
        ]
    assert len(bucket.proxy.requests) == 2 + 5  # one for each shard; then those one by one


def test_records_on_the_disk_are_read_when_they_are_wanted(folder):
    with filmroll.open(folder) as roll, Fetching(roll) as fetching:
        assert fetching.batches is None
        assert fetching.begin(np.array([1]))(1).encoded == roll[1].encoded


def test_damaged_record_of_a_batch_is_an_error_of_its_own(folder, bucket):
    shard = folder / "roll-00000-of-00002.tfrecord"
    data = bytearray(shard.read_bytes())
    data[-10] ^= 1
    bucket.write(f"out/{shard.name}", bytes(data))
    with filmroll.open(f"{bucket.url}/out") as roll, Fetching(roll) as fetching:
        read = fetching.begin(np.array([4, 5]))
        assert read(4).encoded
        with pytest.raises(ChecksumError) as caught:
            read(5)
    assert caught.value.record == 5


def test_trouble_with_the_store_is_raised_and_not_taken_for_damage(folder, bucket, environment):
    with filmroll.open(f"{bucket.url}/out", on_error="skip") as roll:
        assert len(roll) == 12
        bucket.client().delete_object(Bucket="roll", Key="out/roll-00001-of-00002.tfrecord")
        with pytest.raises(FileNotFoundError, match="roll-00001"):
            list(roll.batches(4, size=8))
