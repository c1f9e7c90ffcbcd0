"""What is in a record file is told: the right counts, features, dialect, pictures, for files of every origin."""

import json

import numpy as np
import pytest

import filmroll
import pictures
import realdata
from filmroll.dialects import array
from filmroll.errors import ChecksumError
from filmroll.messages import example
from filmroll.sample import Sample

# path below the data folder: records, pictures, dialect, message
FILES = {
    "blog/my_example.tfrecords": (1, 0, "generic", "example"),
    "blog/my_seq_ex.tfrecords": (1, 0, "generic", "sequence_example"),
    "blog/mystery.tfrecords": (1, 1, "generic", "example"),
    "records/cow/test.record": (38, 38, "tfod", "example"),
    "records/datumaro/roboflow_dataset/tfrecord/train/train.tfrecord": (2, 0, "tfod", "example"),
    "records/datumaro/roboflow_dataset/tfrecord/val/val.tfrecord": (1, 0, "tfod", "example"),
    "records/datumaro/tf_detection_api_dataset/test.tfrecord": (1, 1, "tfod", "example"),
    "records/datumaro/tf_detection_api_dataset/train.tfrecord": (1, 1, "tfod", "example"),
    "records/datumaro/tf_detection_api_dataset/val.tfrecord": (1, 1, "tfod", "example"),
    "records/models/pets_examples.record": (10, 10, "tfod", "example"),
    "records/not-examples/100.tfrecords": (100, 0, None, None),
    "records/not-examples/morris_sequence_first_5.tfrecord": (5, 0, None, None),
    "records/not-examples/tfrecord_iterator_test.tfrecord": (3, 0, None, None),
    "records/plain/maomao/test.tfrecords": (5, 0, "generic", "example"),
    "records/plain/net2vec/test.tfrecords": (128, 0, "generic", "example"),
    "records/tensorflow/build_imagenet_data.tfrecord": (3, 3, "imagenet", "example"),
    "records/tfrecorder/sample_tfrecords/validation-00000-of-00001.tfrecord.gz": (2, 2, "generic", "example"),
    "records/tfx/tfrecord/data_tfrecord-00001-of-00002.gz": (5012, 0, "generic", "example"),
    "records/tfx/tfrecord_sequence/data_tfrecord-00000-of-00001.gz": (
        15000,
        0,
        "generic",
        "sequence_example",
    ),
    "records/torchdata/example.tfrecord": (4, 0, "generic", "example"),
    "records/torchdata/sequence_example.tfrecord": (4, 0, "generic", "sequence_example"),
    "records/typescript/data.tfrecord": (1, 0, "generic", "example"),
    "records/typescript/singles.tfrecords": (3, 0, "generic", "example"),
    "records/yggdrasil/sentences.tfe-tfrecord": (2, 0, "generic", "example"),
    "records/yggdrasil/toy.nocompress-tfe-tfrecord-00000-of-00002": (3, 0, "generic", "example"),
    "records/yggdrasil/toy.nocompress-tfe-tfrecord-00001-of-00002": (1, 0, "generic", "example"),
    "records/yggdrasil/toy.tfe-tfrecord-00000-of-00002": (3, 0, "generic", "example"),
    "records/yggdrasil/toy.tfe-tfrecord-00001-of-00002": (1, 0, "generic", "example"),
}
NOT_RECORDS = {".csv", ".jpg", ".pbtxt"}


@pytest.mark.parametrize("name", FILES)
def test_real_file_has_its_records_pictures_dialect_and_message(data, name):
    found = filmroll.inspect(data / name)
    assert (found.records, found.pictures.count, found.dialect, found.message_kind) == FILES[name]
    assert found.why or found.message_kind is None


@pytest.mark.parametrize("path", realdata.params("records/**/*"))
def test_no_real_record_file_is_left_out_here(path, data):
    assert path.suffix in NOT_RECORDS or path.relative_to(data).as_posix() in FILES


@pytest.mark.parametrize("name", [name for name, facts in FILES.items() if facts[3] == "example"])
def test_features_of_real_file_are_those_that_tensorflow_finds(data, name, tf):
    found = filmroll.inspect(data / name)
    kinds: dict[str, set[str]] = {}
    counts: dict[str, list[int]] = {}
    packed = "GZIP" if found.compression["gzip"] else ""
    for record in tf.data.TFRecordDataset(str(data / name), compression_type=packed).as_numpy_iterator():
        for feature, value in tf.train.Example.FromString(record).features.feature.items():
            kind = value.WhichOneof("kind")
            kinds.setdefault(feature, set()).update({kind} if kind else ())
            counts.setdefault(feature, []).append(len(getattr(value, kind).value) if kind else 0)
    named = {"bytes_list": "bytes", "float_list": "float32", "int64_list": "int64"}
    assert {feature: spec.type for feature, spec in found.features.items()} == {
        feature: named[next(iter(one))] if one else "none" for feature, one in kinds.items()
    }
    assert {feature: (spec.records, spec.least, spec.most) for feature, spec in found.features.items()} == {
        feature: (len(one), min(one), max(one)) for feature, one in counts.items()
    }


def test_sizes_formats_and_labels_of_pictures_are_counted(tmp_path):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    found = filmroll.inspect(filmroll.pack(flowers, tmp_path / "roll", shards=2).shards)
    assert found.pictures.formats == {"jpeg": 6, "png": 6}
    assert (found.pictures.heights, found.pictures.widths) == ((20, 23), (32, 32))
    assert found.pictures.channels == {3: 12}
    assert found.labels == {0: 4, 1: 4, 2: 4}
    assert found.label_names == ["daisy", "rose", "tulip"]
    assert found.pictures.nbytes == sum(map(len, pictures.tree(flowers).values()))
    assert len(found.first) == 5


def test_json_has_the_keys_that_scripts_rely_on(tmp_path):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    found = filmroll.inspect(filmroll.pack(flowers, tmp_path / "roll", shards=2).shards)
    document = json.loads(json.dumps(found.to_json()))
    assert (document["records"], document["shards"], document["dialect"]) == (12, 2, "slim")
    assert document["features"]["image/height"] == {"type": "int64", "shape": []}
    assert document["pictures"]["count"] == 12
    assert document["pictures"]["formats"] == {"jpeg": 6, "png": 6}


def test_feature_that_some_records_lack_is_optional_and_of_varying_shape(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(example.serialize({"a": [1, 2], "b": 1}))
        writer.write(example.serialize({"a": [1, 2, 3]}))
        writer.write(example.serialize({"a": np.zeros(0, np.int64), "b": None}))
    features = filmroll.inspect(tmp_path / "r.tfrecord").to_json()["features"]
    assert features["a"] == {"type": "int64", "shape": [None]}
    assert features["b"] == {"type": "int64", "shape": [None], "optional": True}


def test_picture_with_a_broken_header_is_counted_as_unreadable_with_its_record(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for number in range(3):
            writer.write(example.serialize({"image/encoded": pictures.jpeg()[: 40 if number == 1 else None]}))
    found = filmroll.inspect(tmp_path / "r.tfrecord", dialect="slim")
    assert found.pictures.formats == {"jpeg": 2, "unreadable": 1}
    assert list(found.pictures.unreadable) == [1]


def test_damaged_record_is_an_error_with_file_record_and_offset(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path) as writer:
        for number in range(3):
            writer.write(example.serialize({"a": number}))
    broken = bytearray(path.read_bytes())
    size = len(broken) // 3
    broken[size + 14] ^= 1
    path.write_bytes(broken)
    with pytest.raises(ChecksumError) as caught:
        filmroll.inspect(path)
    assert (caught.value.path, caught.value.record, caught.value.offset) == (str(path), 1, size)


def test_empty_file_holds_nothing(tmp_path):
    (tmp_path / "r.tfrecord").write_bytes(b"")
    found = filmroll.inspect(tmp_path / "r.tfrecord")
    assert (found.records, found.pictures.count, dict(found.features)) == (0, 0, {})


def test_arrays_are_pictures_with_their_type_and_shape(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for shape, dtype in (((4, 6), "uint8"), ((5, 7, 3), "uint8"), ((2, 9, 8, 4), "uint8"), ((3,), "float32")):
            sample = Sample(key="a", array=np.zeros(shape, dtype), label=0)
            writer.write(example.serialize(array.to_features(sample)))
    found = filmroll.inspect(tmp_path / "r.tfrecord", dialect="array").pictures
    assert (found.count, found.formats) == (4, {"array uint8": 3, "array float32": 1})
    assert (found.heights, found.widths, found.channels) == ((4, 9), (6, 8), {1: 1, 3: 1, 4: 1})
    assert found.nbytes == 4 * 6 + 5 * 7 * 3 + 2 * 9 * 8 * 4 + 12


def test_record_whose_parts_do_not_fit_is_named_with_the_reason_and_an_empty_picture_is_none(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for record in ({"image/encoded": pictures.jpeg()}, {"image/encoded": b""}, {"image/encoded": [b"a", b"b"]}):
            writer.write(example.serialize(record | {"image/class/label": 3}))
    found = filmroll.inspect(tmp_path / "r.tfrecord", dialect="slim")
    assert found.records == 3
    assert found.pictures.unreadable == {2: "feature 'image/encoded' has 2 values of bytes, expected one of bytes"}
    assert (found.pictures.count, found.pictures.formats) == (1, {"jpeg": 1})
    assert found.labels == {3: 2}


def test_bytes_that_are_no_messages_are_shown_as_they_begin(tmp_path):
    records = [bytes([255, number]) * 50 for number in range(7)]
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for record in records:
            writer.write(record)
    found = filmroll.inspect(tmp_path / "r.tfrecord")
    assert (found.records, found.message_kind, found.dialect) == (7, None, None)
    assert found.first == {number: record[:64] for number, record in enumerate(records[:5])}
    assert dict(found.features) == {}


def test_files_are_counted_by_how_they_are_compressed(tmp_path):
    for name, options in {"a": {}, "b": {"compression": "gzip"}, "c": {"compression": "gzip"}}.items():
        with filmroll.Writer(tmp_path / name, **options) as writer:
            writer.write(example.serialize({"a": 1}))
    found = filmroll.inspect([tmp_path / name for name in "abc"])
    assert found.compression == {"none": 1, "gzip": 2}
    assert found.paths == [str(tmp_path / name) for name in "abc"]
    assert found.nbytes == sum((tmp_path / name).stat().st_size for name in "abc")
    document = found.to_json()
    assert (document["compression"], document["shards"], document["nbytes"]) == (
        {"none": 1, "gzip": 2},
        3,
        found.nbytes,
    )
    assert document["message"] == "example"


def test_json_names_labels_and_channels_as_texts_and_is_all_there(tmp_path):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    document = filmroll.inspect(filmroll.pack(flowers, tmp_path / "roll", shards=1).shards).to_json()
    assert json.loads(json.dumps(document)) == document | {
        "pictures": document["pictures"] | {"heights": [20, 23], "widths": [32, 32]}
    }
    assert document["labels"] == {"0": 4, "1": 4, "2": 4}
    assert document["label_names"] == ["daisy", "rose", "tulip"]
    assert document["pictures"]["channels"] == {"3": 12}
    assert document["pictures"]["heights"] == (20, 23)
    assert document["pictures"]["nbytes"] == sum(map(len, pictures.tree(flowers).values()))
    assert document["why"] == ["filmroll.json says so"]


def test_files_of_two_dialects_are_told_apart_and_counted_together(tmp_path, data):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    filmroll.pack(flowers, tmp_path / "flowers.lmdb")
    cows = data / "records/cow/test.record"
    found = filmroll.inspect([cows, tmp_path / "flowers.lmdb"])
    assert (found.records, found.dialect, found.message_kind, found.labels) == (50, "mixed", "mixed", {})
    assert found.why == [f"tfod in {cows}", f"datum in {tmp_path / 'flowers.lmdb'}"]
    assert (found.pictures.count, found.pictures.unreadable) == (50, {})
    assert found.pictures.formats == {"jpeg": 44, "png": 6}
    assert (found.pictures.heights, found.pictures.widths, found.pictures.channels) == ((20, 240), (32, 360), {3: 50})
    for part, path in zip(found.parts, (cows, tmp_path / "flowers.lmdb"), strict=True):
        alone = filmroll.inspect(path)
        start = min(part.first)
        assert [number - start for number in part.first] == list(alone.first)
        assert part.to_json() == alone.to_json()
    assert found.parts[1].labels == {0: 4, 1: 4, 2: 4}
    assert list(found.parts[1].first) == [38, 39, 40, 41, 42]
    assert list(found.first) == [0, 1, 2, 3, 4]


def test_json_of_files_that_differ_has_each_part_and_its_files(data):
    paths = [str(data / name) for name in ("records/cow/test.record", "records/not-examples/100.tfrecords")]
    document = json.loads(json.dumps(filmroll.inspect(paths).to_json()))
    assert (document["records"], document["dialect"]) == (138, "mixed")
    assert [(part["paths"], part["records"], part["dialect"]) for part in document["parts"]] == [
        (paths[:1], 38, "tfod"),
        (paths[1:], 100, None),
    ]
    assert "parts" not in filmroll.inspect(paths[0]).to_json()
    assert document["features"]["image/encoded"] == {"type": "bytes", "shape": [], "optional": True}


def test_parts_are_as_they_were_before_they_were_put_together(tmp_path):
    for name, height in (("a", 3), ("b", 9)):
        filmroll.pack(_folder(tmp_path / name, height), tmp_path / f"{name}.tfrecord", label_names=[name])
    found = filmroll.inspect([tmp_path / "a.tfrecord", tmp_path / "b.tfrecord"])
    assert found.dialect == "slim"  # of both; their classes differ
    assert [part.label_names for part in found.parts] == [["a"], ["b"]]
    assert [(part.features["image/height"].low, part.features["image/height"].high) for part in found.parts] == [
        (3, 3),
        (9, 9),
    ]
    assert (found.features["image/height"].low, found.features["image/height"].high) == (3, 9)


def _folder(path, height):
    (path / path.name).mkdir(parents=True)
    filmroll.imwrite(path / path.name / "a.png", pictures.image(1, height=height))
    return path


def test_file_without_records_is_like_any_other(tmp_path, data):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    filmroll.pack(flowers, tmp_path / "flowers.lmdb")
    with filmroll.Writer(tmp_path / "empty.tfrecord"):
        pass
    (tmp_path / "filmroll.json").unlink()
    for paths in (["empty.tfrecord", "flowers.lmdb"], ["flowers.lmdb", "empty.tfrecord"]):
        found = filmroll.inspect([tmp_path / path for path in paths])
        assert (found.records, found.dialect, found.parts) == (12, "datum", [])
    found = filmroll.inspect([tmp_path / "empty.tfrecord", tmp_path / "flowers.lmdb", data / "blog/mystery.tfrecords"])
    assert found.why == [
        f"datum in {tmp_path / 'empty.tfrecord'} and 1 more",
        f"generic in {data / 'blog/mystery.tfrecords'}",
    ]
