import json
from pathlib import Path

import numpy as np
import pytest

import filmroll
import realdata
from filmroll import dialects
from filmroll.boxes import Boxes
from filmroll.errors import EncodeError, Error, FormatError, SourceError, UnsupportedError
from filmroll.packing.sink import Sink
from filmroll.sample import Sample

PIXELS = np.zeros((4, 6, 3), np.uint8)
PNG = filmroll.encode(PIXELS, "png")
GRAY = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
MNIST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def records(path: Path, *samples: Sample, dialect="slim", kind="tfrecord", **options) -> Path:
    with Sink(path, kind=kind, dialect=dialects.get(dialect), **options) as sink:
        for sample in samples:
            sink.write(sample)
    return path


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_records_of_one_dialect_are_copied_byte_for_byte(data, tmp_path):
    source = data / "records/models/pets_examples.record"
    report = filmroll.convert(source, tmp_path / "pets.array_record", check=True)
    assert (report.written, report.changed) == (10, 0)
    with filmroll.open(source) as one, filmroll.open(tmp_path / "pets.array_record") as other:
        assert [bytes(record) for _, record in one.records()] == [bytes(record) for _, record in other.records()]
        assert other.dialect == "tfod"


def test_order_and_shards_are_those_of_the_source(tmp_path):
    samples = [Sample(key=str(number), encoded=PNG, label=number) for number in range(7)]
    source = records(tmp_path / "a.tfrecord", *samples)
    report = filmroll.convert(source, tmp_path / "out" / "b", to="tar", shards=3, threads=2, check=True)
    assert [path.name for path in report.shards] == ["b-000000.tar", "b-000001.tar", "b-000002.tar"]
    with filmroll.open(tmp_path / "out" / "b-*.tar") as roll:
        assert [sample.label for sample in roll] == list(range(7))
    split = json.loads((tmp_path / "out" / "filmroll.json").read_text())["splits"]["b.tar"]
    assert (split["dialect"], split["records"]) == ("webdataset", 7)
    assert [shard["records"] for shard in split["shards"]] == [2, 3, 2]


def test_label_base_is_translated(tmp_path):
    source = records(tmp_path / "a.tfrecord", Sample(key="a", encoded=PNG, label=4))
    filmroll.convert(source, tmp_path / "b.tfrecord", dialect="tfod")
    assert filmroll.open(tmp_path / "b.tfrecord").features(0)["image/class/label"].tolist() in ([4], [5])
    filmroll.convert(tmp_path / "b.tfrecord", tmp_path / "c.lmdb", source_dialect="tfod", check=True)
    assert filmroll.open(tmp_path / "c.lmdb")[0].label == 4


@pytest.mark.parametrize(
    ("sample", "named"),
    [
        (Sample(key="a", encoded=PNG, text="cat"), "text"),
        (Sample(key="a", encoded=PNG, boxes=Boxes([[0, 0, 1, 1]])), "boxes"),
        (Sample(key="a", encoded=PNG, mask=PNG), "mask"),
        (Sample(key="a", encoded=PNG, features={"width_mm": np.array([3])}), "features"),
    ],
)
def test_loss_is_refused_unless_it_is_named(sample, named, tmp_path):
    source = records(tmp_path / "a.tfrecord", sample)
    before = left(tmp_path)
    with pytest.raises(
        UnsupportedError, match=f"record 0: the datum dialect does not hold its {named}.*--drop {named}"
    ):
        filmroll.convert(source, tmp_path / "b.lmdb")
    assert left(tmp_path) == before
    assert filmroll.convert(source, tmp_path / "b.lmdb", drop=[named], check=True).written == 1


def test_one_feature_can_be_dropped_by_its_name(tmp_path):
    features = {"one": np.array([1]), "two": np.array([2])}
    source = records(tmp_path / "a.tfrecord", Sample(key="a", encoded=PNG, features=features))
    filmroll.convert(source, tmp_path / "b.tar", drop=["one"], check=True)
    assert list(filmroll.open(tmp_path / "b.tar")[0].features) == ["two"]


@pytest.mark.parametrize(
    ("sample", "complaint"),
    [
        (Sample(key="a", encoded=PNG, boxes=Boxes([[0, 0, 1, 1.5]])), "record 1: box 0 is .*expected shares"),
        (Sample(key="a", encoded=PNG, label=2), "record 1: label 2 where 2 classes are named, 0 to 1"),
    ],
)
def test_box_or_label_outside_is_an_error_and_nothing_is_written(sample, complaint, tmp_path):
    source = records(tmp_path / "a.tfrecord", Sample(key="b", encoded=PNG), sample)
    before = left(tmp_path)
    with pytest.raises(FormatError, match=complaint):
        filmroll.convert(source, tmp_path / "b.tar", label_names=["cat", "dog"])
    assert left(tmp_path) == before


@pytest.mark.parametrize(
    ("keys", "suffix", "complaint"), [(("a", "a"), ".tar", "'a'.*"), (("k" * 512, "b"), ".lmdb", "511")]
)
def test_duplicate_and_long_keys_are_errors_and_nothing_is_written(keys, suffix, complaint, tmp_path):
    source = records(tmp_path / "a.tfrecord", *[Sample(key=key, encoded=PNG) for key in keys])
    before = left(tmp_path)
    with pytest.raises(EncodeError, match=complaint):
        filmroll.convert(source, tmp_path / f"b{suffix}")
    assert left(tmp_path) == before


def test_one_shard_that_fails_takes_the_others_along(tmp_path):
    good = [Sample(key=str(number), encoded=PNG) for number in range(3)]
    source = records(tmp_path / "a.tfrecord", *good, Sample(key="x", encoded=PNG, boxes=Boxes([[2, 0, 3, 1]])))
    before = left(tmp_path)
    with pytest.raises(FormatError):
        filmroll.convert(source, tmp_path / "b", to="parquet", shards=4, threads=1)
    assert left(tmp_path) == before


def test_what_stands_there_is_not_replaced_unasked(tmp_path):
    source = records(tmp_path / "a.tfrecord", Sample(key="a", encoded=PNG))
    filmroll.convert(source, tmp_path / "b.lmdb")
    with pytest.raises(FileExistsError):
        filmroll.convert(source, tmp_path / "b.lmdb")
    assert filmroll.convert(source, tmp_path / "b.lmdb", overwrite=True, check=True).written == 1
    with pytest.raises(FileExistsError, match="the source itself"):
        filmroll.convert(source, source, overwrite=True)
    (tmp_path / "mine.lmdb").mkdir()
    with pytest.raises(FileExistsError, match="a folder that holds no records"):
        filmroll.convert(source, tmp_path / "mine.lmdb", overwrite=True)


def test_no_records_are_an_error(tmp_path):
    source = records(tmp_path / "a.tfrecord")
    with pytest.raises(SourceError, match="no record to convert"):
        filmroll.convert(source, tmp_path / "b.tar")


def test_records_of_no_known_message_are_copied_or_refused(data, tmp_path):
    source = data / "records/not-examples/100.tfrecords"
    assert filmroll.convert(source, tmp_path / "a.array_record", check=True).written == 100
    with pytest.raises(UnsupportedError, match="no messages that are known"):
        filmroll.convert(source, tmp_path / "b.tar")


BESIDE_RECORDS = (".csv", ".jpg", ".pbtxt")
FILES = [one for one in realdata.params("records/**/*") if not str(one.id).endswith(BESIDE_RECORDS)]


@pytest.mark.parametrize("path", FILES)
def test_every_real_record_file_is_converted(path, tmp_path):
    report = filmroll.convert(path, tmp_path / "a.array_record", check=True)
    assert report.written == report.read > 0


def test_real_lmdb_opens_and_its_records_are_copied(data, tmp_path):
    report = filmroll.convert(data / "lmdb/data.mdb", tmp_path / "a.tfrecord", check=True)
    assert report.written == 10
    with pytest.raises(Error, match="big-endian"):
        filmroll.convert(data / "lmdb/data_bigendian.mdb", tmp_path / "b.tfrecord")


def test_real_tar_becomes_everything(data, tmp_path):
    for suffix in (".parquet", ".tfrecord"):
        assert filmroll.convert(data / "tar/sample.tgz", tmp_path / f"a{suffix}", check=True).written == 90


def test_mnist_goes_through_datums_with_its_published_counts(data, tmp_path):
    filmroll.pack(data / "mnist", tmp_path / "mnist.lmdb", seed=None)
    filmroll.convert(tmp_path / "mnist.lmdb", tmp_path / "mnist.tfrecord", dialect="mnist", threads=2)
    with filmroll.open(tmp_path / "mnist.tfrecord") as roll:
        labels = np.concatenate([batch["label"] for batch in roll.batches(1000, channels=1)])
    assert np.bincount(labels).tolist() == MNIST_COUNTS
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]


@pytest.mark.parametrize(("suffix", "dialect"), [(".tfrecord", "tfod"), (".tar", None), (".parquet", None)])
def test_what_was_to_be_replaced_stands_when_converting_fails(suffix, dialect, tmp_path):
    good = records(tmp_path / "good.tfrecord", Sample(key="a", encoded=PNG, label=1))
    bad = records(tmp_path / "bad.tfrecord", Sample(key="a", encoded=PNG, boxes=Boxes([[0, 0, 1, 2]])))
    filmroll.convert(good, tmp_path / f"b{suffix}", dialect=dialect)
    before = left(tmp_path)
    with pytest.raises(FormatError):
        filmroll.convert(bad, tmp_path / f"b{suffix}", dialect=dialect, overwrite=True)
    assert left(tmp_path) == before
    assert filmroll.open(tmp_path / f"b{suffix}")[0].label == 1


def test_files_of_different_dialects_become_one(data, tmp_path):
    digits = records(tmp_path / "mnist.lmdb", Sample(key="a", array=GRAY, label=7), dialect="datum", kind="lmdb")
    cows = data / "records/cow/test.record"
    report = filmroll.convert([cows, digits], tmp_path / "all.tfrecord", check=True)
    assert (report.read, report.written) == (39, 39)
    split = json.loads((tmp_path / "filmroll.json").read_text())["splits"]["all"]
    assert (split["dialect"], split["records"]) == ("slim", 39)
    with filmroll.open(tmp_path / "all.tfrecord") as roll:
        assert roll.dialect == "slim"
        assert np.array_equal(roll[38].image, GRAY)
        assert (roll[38].label, len(roll[0].boxes)) == (7, 6)


def test_records_of_one_naming_and_several_files_stay_as_they_are(data, tmp_path):
    cows, pets = data / "records/cow/test.record", data / "records/models/pets_examples.record"
    filmroll.convert([cows, pets], tmp_path / "all.tfrecord")
    with filmroll.open([cows, pets]) as one, filmroll.open(tmp_path / "all.tfrecord") as other:
        assert [bytes(record) for _, record in one.records()] == [bytes(record) for _, record in other.records()]


def test_bytes_that_are_no_messages_are_not_joined_with_pictures(data, tmp_path):
    opaque, cows = data / "records/not-examples/100.tfrecords", data / "records/cow/test.record"
    with pytest.raises(FormatError, match="the record is no message that is known") as caught:
        filmroll.convert([cows, opaque], tmp_path / "all.tfrecord")
    assert (caught.value.path, caught.value.record) == (str(opaque), 0)
    assert left(tmp_path) == set()


def test_labels_that_mean_different_things_are_not_joined(tmp_path):
    paths = []
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        paths.append(records(tmp_path / name / "a.tfrecord", Sample(key="a", encoded=PNG, label=0)))
        filmroll.convert(paths[-1], tmp_path / name / "b.tfrecord", label_names=[name])
    several = [path.with_name("b.tfrecord") for path in paths]
    with pytest.raises(UnsupportedError, match="label 0 is 'dog' here, and 'cat' in"):
        filmroll.convert(several, tmp_path / "all.tfrecord")
    assert filmroll.convert(several, tmp_path / "all.tfrecord", label_names=["pet"]).written == 2


def test_labels_with_names_and_without_are_remarked_where_they_are_put_together(tmp_path):
    named, bare = (records(tmp_path / f"{name}.tfrecord", Sample(key=name, encoded=PNG, label=0)) for name in "ab")
    filmroll.convert(named, tmp_path / "c.tfrecord", label_names=["cat"])
    named = tmp_path / "c.tfrecord"
    report = filmroll.convert([bare, named], tmp_path / "all.tfrecord")
    assert report.remarks == [
        f"classes have names in {named}, and none in {bare}: their labels are put together as numbers; where these mean"
        " different things, convert the files one by one"
    ]
    assert json.loads((tmp_path / "filmroll.json").read_text())["splits"]["all"]["label_names"] == []
    for source, options in ((named, {}), (bare, {}), ([bare, named], {"label_names": ["pet"]})):
        assert filmroll.convert(source, tmp_path / "all.tfrecord", overwrite=True, **options).remarks == []
