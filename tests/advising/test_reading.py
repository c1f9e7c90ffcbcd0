"""Reading: every kind of file, any size, arrays and encoded pictures."""

import pytest

import pictures
from filmroll.advising import candidate, picture, reading
from filmroll.sample import Sample

RAW, PNG = (next(one for one in candidate.every() if one.name == name) for name in ("raw array", "PNG"))


@pytest.fixture(autouse=True)
def _briefly(monkeypatch):
    monkeypatch.setattr(reading, "RECORDS", (4, 64))
    monkeypatch.setattr(reading, "MEASURED_S", 0.01)


def stored(way: candidate.Candidate, *, channels: int = 3) -> list[Sample]:
    images = (pictures.image(number, channels=channels) for number in range(3))
    return [reading.stored(way, picture.of_sample(Sample("", None, image))) for image in images]


@pytest.mark.parametrize("name", [name for name, *_ in reading.CONTAINERS])
@pytest.mark.parametrize("size", [None, 16])
def test_encoded_pictures_are_read_from_every_kind_of_file(name, size):
    found = reading.contain(stored(PNG), name, size=size, channels=3)
    nbytes = sum(len(one.encoded) for one in stored(PNG)) / 3
    assert found.read_per_s > 10
    assert found.is_random == (name != "TFRecord with GZIP")
    assert nbytes * 0.5 < found.nbytes < nbytes * 2 + 20_000


@pytest.mark.parametrize("name", ["TFRecord", "TFRecord with GZIP", "LMDB"])
@pytest.mark.parametrize("channels", [1, 3])
def test_arrays_are_read_as_arrays(name, channels):
    found = reading.contain(stored(RAW, channels=channels), name, size=None, channels=channels)
    assert found.read_per_s > 10


def test_gzip_makes_the_file_of_arrays_smaller():
    flat = [Sample("", None, pictures.image(number)[:, :, :1] // 64) for number in range(3)]
    plain, packed = (reading.contain(flat, name, size=None, channels=1) for name in ("TFRecord", "TFRecord with GZIP"))
    assert packed.nbytes < plain.nbytes / 2


def test_large_pictures_are_repeated_less_often(monkeypatch):
    monkeypatch.setattr(reading, "NBYTES", (1000, 8000))
    assert len(reading._repeated(stored(RAW))) == 3


def test_bytes_that_are_known_are_not_encoded_again():
    one = picture.of_sample(Sample("", None, pictures.image(1)))
    assert reading.stored(PNG, one, encoded=b"known").encoded == b"known"


def test_no_file_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    reading.speed(stored(PNG), size=None, channels=3)
    assert list(tmp_path.iterdir()) == []
