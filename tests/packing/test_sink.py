"""Samples become records of one file."""

import pytest

import filmroll
import pictures
from filmroll.dialects import array, slim
from filmroll.errors import DecodeError
from filmroll.messages import example
from filmroll.packing.sink import Sink


def sample(number: int) -> filmroll.Sample:
    return filmroll.Sample(key=f"{number}.jpg", encoded=pictures.jpeg(number), label=number)


def test_samples_written_are_the_records_of_the_file(tmp_path):
    path = tmp_path / "x.tfrecord"
    with Sink(path, dialect=slim) as sink:
        for number in range(3):
            sink.write(sample(number))
    assert sink.nbytes == path.stat().st_size
    assert [(one.key, one.label) for one in filmroll.open(path)] == [("0.jpg", 0), ("1.jpg", 1), ("2.jpg", 2)]


def test_write_returns_the_features_of_the_dialect(tmp_path):
    with Sink(tmp_path / "x.tfrecord", dialect=slim) as sink:
        features = sink.write(sample(3))
    assert features["image/class/label"] == 3
    with filmroll.Reader(tmp_path / "x.tfrecord") as reader:
        assert list(example.parse(reader[0])) == list(features)


def test_compressed_file_has_no_index(tmp_path):
    with Sink(tmp_path / "x.tfrecord", dialect=slim, compression="gzip") as sink:
        sink.write(sample(0))
    assert [path.name for path in tmp_path.iterdir()] == ["x.tfrecord"]


def test_sample_that_the_dialect_refuses_leaves_the_others(tmp_path):
    with Sink(tmp_path / "x.tfrecord", dialect=array) as sink:
        sink.write(sample(0))
        with pytest.raises(DecodeError):
            sink.write(filmroll.Sample(encoded=pictures.jpeg()[:-300]))
        sink.write(sample(1))
    assert [one.key for one in filmroll.open(tmp_path / "x.tfrecord")] == ["0.jpg", "1.jpg"]


def test_error_in_the_block_leaves_nothing(tmp_path):
    with pytest.raises(KeyError), Sink(tmp_path / "x.tfrecord", dialect=slim) as sink:
        sink.write(sample(0))
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_sink_closed_by_hand_has_its_file(tmp_path):
    sink = Sink(tmp_path / "x.tfrecord", dialect=slim)
    sink.write(sample(0))
    sink.close()
    assert len(filmroll.open(sink.path)) == 1
