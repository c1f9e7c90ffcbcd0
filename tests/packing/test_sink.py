"""Samples become records of one file."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import dialects
from filmroll.dialects import array, slim
from filmroll.errors import DecodeError, EncodeError, UnsupportedError
from filmroll.messages import example
from filmroll.packing.sink import Sink
from filmroll.records import parquet


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


@pytest.mark.parametrize("suffix", [".tfrecord", ".array_record", ".lmdb", ".tar", ".parquet"])
def test_pictures_packed_into_any_kind_are_not_changed(suffix, data, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    photo = sorted((data / "photos").glob("*.jpeg"))[0]
    (folder / photo.name).write_bytes(photo.read_bytes())
    report = filmroll.pack(folder, tmp_path / f"out{suffix}")
    assert (report.written, report.changed, report.findings) == (1, 0, [])
    [sample] = filmroll.open(report.shards)
    assert (bytes(sample.encoded), sample.key) == (photo.read_bytes(), photo.name)


def test_key_that_the_kind_cannot_hold_stops_packing_and_leaves_nothing(tmp_path):
    folder = tmp_path.joinpath("photos", *["f" * 200] * 3)
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(filmroll.encode(np.zeros((2, 2, 3), np.uint8), "png"))
    with pytest.raises(EncodeError, match="LMDB takes 511"):
        filmroll.pack(tmp_path / "photos", tmp_path / "out.lmdb")
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_dialect_and_compression_that_a_kind_does_not_keep_are_refused(tmp_path):
    with pytest.raises(UnsupportedError, match="the slim dialect is not kept in tar files; choose one of: webdataset"):
        Sink(tmp_path / "a.tar", kind="tar", dialect=dialects.get("slim"))
    with pytest.raises(UnsupportedError, match="gzip compression is of TFRecord files, tar has none here"):
        Sink(tmp_path / "a.tar", kind="tar", dialect=dialects.get("webdataset"), compression="gzip")


def test_parquet_keeps_the_names_of_the_classes_itself(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    [shard] = filmroll.pack(folder, tmp_path / "roll.parquet", shards=1).shards
    with parquet.Reader(shard) as reader:
        assert reader.label_names == list(pictures.CLASSES)


def test_lmdb_holds_examples_in_the_order_in_which_they_were_written(tmp_path):
    with Sink(tmp_path / "x.lmdb", kind="lmdb", dialect=slim) as sink:
        for number in (2, 1):
            sink.write(sample(number))
    with filmroll.open(tmp_path / "x.lmdb") as roll:
        assert roll.dialect == "slim"
        assert [(one.key, one.label, bytes(one.encoded)) for one in roll] == [
            (f"{number}.jpg", number, pictures.jpeg(number)) for number in (2, 1)
        ]


@pytest.mark.parametrize("index", [True, False])
def test_index_is_written_where_it_is_asked_for(tmp_path, index):
    with Sink(tmp_path / "x.tfrecord", dialect=slim, index=index) as sink:
        sink.write(sample(1))
    assert (tmp_path / "x.tfrecord.idx").exists() == index
