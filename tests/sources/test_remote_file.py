"""Pictures in a bucket are on their way before they are asked for, and not too many of them."""

import threading

import pytest

import pictures
from filmroll.sources import kinds, remote_file

PICTURES = {f"{number}.jpg": pictures.jpeg(number) for number in range(8)}


@pytest.fixture
def files(bucket):
    for key, content in PICTURES.items():
        bucket.write(f"photos/{key}", content)
    return list(kinds.read(f"{bucket.url}/photos").items)


@pytest.fixture
def begun(monkeypatch):
    """The keys of the pictures that were asked for, as they were."""
    keys, lock = [], threading.Lock()
    fetch = remote_file.RemoteFile.fetch

    def counted(file):
        with lock:
            keys.append(file.key)
        return fetch(file)

    monkeypatch.setattr(remote_file.RemoteFile, "fetch", counted)
    return keys


def test_pictures_are_read_ahead_within_bounds(files, begun, monkeypatch):
    monkeypatch.setattr(remote_file, "AT_ONCE", 3)
    for number, item in enumerate(remote_file.ahead(files)):
        assert item.read().encoded == PICTURES[item.key]
        assert len(begun) <= number + 4
    assert sorted(begun) == sorted(PICTURES)


def test_picture_that_is_larger_than_what_is_held_comes_alone(files, begun, monkeypatch):
    monkeypatch.setattr(remote_file, "AHEAD_NBYTES", 1)
    for number, item in enumerate(remote_file.ahead(files)):
        item.read()
        assert len(begun) == number + 1


def test_requests_are_under_way_at_the_same_time(files, monkeypatch):
    together = threading.Barrier(4, timeout=20)
    monkeypatch.setattr(remote_file, "AT_ONCE", 4)
    monkeypatch.setattr(remote_file.RemoteFile, "fetch", lambda file: str(together.wait()).encode())
    assert len([item.read() for item in remote_file.ahead(files)]) == 8


def test_reading_ahead_ends_when_nobody_goes_on(files):
    coming = remote_file.ahead(files)
    next(coming)
    coming.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("fetch")]


def test_error_comes_with_the_picture_that_has_it(files, bucket):
    bucket.client().delete_object(Bucket="roll", Key="photos/3.jpg")
    coming = {item.key: item for item in remote_file.ahead(files)}
    with pytest.raises(FileNotFoundError) as caught:
        coming.pop("3.jpg").read()
    assert caught.value.filename == f"{bucket.url}/photos/3.jpg"
    assert [bytes(item.read().encoded) for item in coming.values()] == [PICTURES[key] for key in coming]
