"""What records are is told by the manifest beside them, and by the first of them; each file is read by its dialect."""

import gc
import weakref
from itertools import permutations

import pytest

import filmroll
import pictures
from filmroll import manifest
from filmroll.errors import ChecksumError, ParseError, UnsupportedError
from filmroll.messages import example, sequence_example
from filmroll.recognition import Recognition
from filmroll.records.shards import Place, Shards


@pytest.fixture
def shards(tmp_path):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    return filmroll.pack(flowers, tmp_path / "out" / "roll", shards=3, seed=None).shards


def test_dialect_is_read_from_the_manifest_or_found_out(shards):
    with filmroll.open(shards) as roll:
        assert roll.match.why == ["filmroll.json says so"]
    (shards[0].parent / "filmroll.json").unlink()
    with filmroll.open(shards) as roll:
        assert roll.dialect == "slim"
        assert roll.label_names == []


def test_dialect_that_is_named_is_used(shards):
    with filmroll.open(shards, dialect="imagenet") as roll:
        assert {sample.label for sample in roll} == {-1, 0, 1}  # one too low: stored from 0, read as from 1


def test_unknown_dialect_is_refused_by_name(shards):
    with pytest.raises(UnsupportedError, match="no dialect 'x'"):
        filmroll.open(shards, dialect="x")


def test_schema_tells_types_and_shapes(shards):
    with filmroll.open(shards) as roll:
        assert roll.schema["image/height"].type == "int64"
        assert roll.schema["image/height"].shape == []
        assert roll.schema["image/encoded"].type == "bytes"


def test_sequence_example_gives_its_lists_in_a_row(tmp_path):
    sequence = sequence_example.SequenceExample({"id": 7}, {"x": [[1, 2], [3]], "s": [b"a", [b"b", b"c"]], "none": []})
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(sequence_example.serialize(sequence))
    with filmroll.open(tmp_path / "r.tfrecord") as roll:
        features = roll.features(0)
    assert features["id"].tolist() == [7]
    assert features["x"].tolist() == [1, 2, 3]
    assert [bytes(one) for one in features["s"]] == [b"a", b"b", b"c"]
    assert features["none"] is None


def test_files_of_different_messages_open_together(data):
    blog = data / "blog"
    with filmroll.open(
        [blog / "my_example.tfrecords", blog / "my_seq_ex.tfrecords", blog / "mystery.tfrecords"]
    ) as roll:
        assert [sample.has_image for sample in roll] == [False, False, True]
        assert roll.features(1)["my_ints"].tolist() == [5, 6, 7, 8, 9]


def written(path, *records):
    with filmroll.Writer(path) as writer:
        for record in records:
            writer.write(record)
    return path


def test_one_strange_record_does_not_decide_what_a_file_holds(tmp_path):
    path = written(tmp_path / "r.tfrecord", b"\xff\xff", *[example.serialize({"a": n}) for n in range(9)])
    found = Recognition(Shards([path]), dialect=None, on_error="raise")
    assert found.message_kind == "example"
    assert len(found.first_features()) == 9


def test_damage_is_raised_where_no_record_before_it_tells_what_the_file_holds(tmp_path):
    path = written(tmp_path / "r.tfrecord", *[example.serialize({"a": n}) for n in range(9)])
    data = bytearray(path.read_bytes())
    data[14] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChecksumError):
        Recognition(Shards([path]), dialect=None, on_error="raise").message_kind_of(0)
    assert len(Recognition(Shards([path]), dialect=None, on_error="skip").first_features()) == 8


def test_key_of_a_record_is_a_feature_where_the_file_keeps_records_by_key(tmp_path):
    source = pictures.folder_of_classes(tmp_path / "flowers")
    path = filmroll.pack(source, tmp_path / "roll.lmdb", dialect="datum", seed=None).shards[0]
    shards = Shards([path])
    features = Recognition(shards, dialect=None, on_error="raise").parse(Place(0, 0), shards.record(Place(0, 0)))
    assert b"daisy" in bytes(features["__key__"][0])


REAL = {
    "records/cow/test.record": "tfod",
    "records/tensorflow/build_imagenet_data.tfrecord": "imagenet",
    "records/tfrecorder/sample_tfrecords/validation-00000-of-00001.tfrecord.gz": "generic",
    "records/not-examples/100.tfrecords": "generic",
    "records/plain/maomao/test.tfrecords": "generic",
    "records/datumaro/roboflow_dataset/tfrecord/train/train.tfrecord": "tfod",
    "records/torchdata/sequence_example.tfrecord": "generic",
    "records/yggdrasil/toy.tfe-tfrecord-00000-of-00002": "generic",
    "blog/mystery.tfrecords": "generic",
    "tar/sample.tgz": "webdataset",
}


def told(roll, start, count):
    """What some records say, or why they say nothing."""
    said = []
    for number in range(start, start + count):
        try:
            sample = roll[number]
        except ParseError as exc:
            said.append(exc.message)
        else:
            said.append((sample.key, sample.label, sample.text, sample.has_image, repr(sample.boxes)))
    return said


def test_each_of_two_real_files_is_read_as_it_is_alone(data):
    alone = {}
    for name, dialect in REAL.items():
        with filmroll.open(data / name) as roll:
            assert roll.dialect == dialect
            alone[name] = told(roll, 0, min(5, len(roll)))
    for pair in permutations(REAL, 2):
        with filmroll.open([data / name for name in pair]) as roll:
            starts = (0, roll.shards.counts[0])
            assert [told(roll, *place) for place in zip(starts, map(len, map(alone.get, pair)), strict=True)] == [
                alone[name] for name in pair
            ], pair


def test_dialect_and_repr_say_that_files_differ(data):
    with filmroll.open([data / "records/cow/test.record", data / "tar/sample.tgz"]) as roll:
        assert roll.dialect == "mixed"
        assert repr(roll) == "<filmroll.Dataset of 128 records in 2 files, dialects tfod, webdataset>"
        assert (roll.match.name, roll.match_of(1).name) == ("tfod", "webdataset")


def test_dialect_that_is_named_is_that_of_all_files(data):
    with filmroll.open([data / "records/cow/test.record", data / "blog/mystery.tfrecords"], dialect="tfod") as roll:
        assert roll.dialect == "tfod"
        with pytest.raises(ParseError, match="no feature 'image/encoded'"):
            roll[38]


def test_few_records_of_each_file_tell_together_what_all_are(tmp_path):
    records = [{"jpg": pictures.jpeg(1), "id": 7}, {"jpg": pictures.jpeg(2), "id": 2**40}]
    paths = [
        written(tmp_path / f"{number}.tfrecord", example.serialize(one)) for number, one in enumerate([*records, {}])
    ]
    with filmroll.open(paths[:1]) as roll:
        assert roll[0].label == 7  # one small number looks like a label
    with filmroll.open(paths) as roll:
        assert [roll[number].label for number in (0, 1)] == [None, None]


def test_file_is_looked_at_when_it_is_read_and_not_before(tmp_path, monkeypatch):
    paths = [written(tmp_path / f"{n}.tfrecord", *[example.serialize({"a": n})] * 70) for n in range(3)]
    read = []
    walk = Shards.walk
    monkeypatch.setattr(Shards, "walk", lambda shards, shard: [read.append(shard), walk(shards, shard)][1])
    with filmroll.open(paths) as roll:
        _ = roll[0]
        assert set(read) == {0}
        _ = roll[140]
        assert set(read) == {0, 2}


def labelled(path, *names, each=1):
    """A pack of its own folder, with these classes."""
    for name in names:
        for number in range(each):
            (path / "in" / name).mkdir(parents=True, exist_ok=True)
            filmroll.imwrite(path / "in" / name / f"{number}.png", pictures.image(number))
    return filmroll.pack(path / "in", path / "out" / "roll").shards[0]


def test_classes_are_named_as_the_manifest_beside_each_file_says(tmp_path):
    pets, plants = labelled(tmp_path / "a", "cat", "dog"), labelled(tmp_path / "b", "rose", "tulip")
    for path in (pets, plants):  # the records themselves name no classes
        filmroll.convert(path, path.parent / "bare.tfrecord", dialect="mnist", drop=["text", "features"])
    with filmroll.open([pets.parent / "bare.tfrecord", plants.parent / "bare.tfrecord"]) as roll:
        assert sorted(sample.text for sample in roll) == ["cat", "dog", "rose", "tulip"]
        assert roll.label_names_of(1) == ["rose", "tulip"]
        with pytest.raises(UnsupportedError) as caught:
            _ = roll.label_names
    assert caught.value.path == str(plants.parent / "bare.tfrecord")
    assert caught.value.message == (
        f"label 0 is 'rose' here, and 'cat' in {pets.parent / 'bare.tfrecord'}: labels of the two mean different"
        " things; take them one by one"
    )


def test_batches_of_labels_that_mean_different_things_are_refused(tmp_path):
    with (
        filmroll.open([labelled(tmp_path / "a", "cat"), labelled(tmp_path / "b", "rose")]) as roll,
        pytest.raises(UnsupportedError, match="label 0 is 'rose' here"),
    ):
        roll.batches(2)


def test_fewer_classes_with_the_same_names_are_the_same(tmp_path):
    paths = [labelled(tmp_path / "a", "cat"), labelled(tmp_path / "b", "cat", "dog")]
    for several in (paths, paths[::-1]):
        with filmroll.open(several) as roll:
            assert roll.label_names == ["cat", "dog"]


def test_classes_of_all_have_no_names_where_those_of_one_file_have_none(tmp_path):
    named = labelled(tmp_path / "a", "cat", "dog")
    with filmroll.open([named, written(tmp_path / "b.tfrecord", example.serialize({"a": 1}))]) as roll:
        assert roll.label_names == []
        assert roll[0].text == "cat"


def test_manifest_is_read_once_for_all_files_beside_it(shards, monkeypatch):
    reads = []
    read = manifest.read
    monkeypatch.setattr(manifest, "read", lambda path: [reads.append(path), read(path)][1])
    with filmroll.open(shards) as roll:
        assert {roll.match_of(shard).name for shard in range(len(shards))} == {"slim"}
        assert roll.label_names == ["daisy", "rose", "tulip"]
    assert reads == [shards[0].parent / "filmroll.json"]


def test_closed_file_is_not_kept_in_memory(tmp_path):
    path = written(tmp_path / "r.tfrecord", example.serialize({"jpg": pictures.jpeg(1)}))
    roll = filmroll.open(path)
    mapped = weakref.ref(roll.shards.record(Place(0, 0)).obj)
    assert roll.dialect == "generic"
    assert mapped() is not None
    roll.close()
    gc.collect()
    assert mapped() is None
