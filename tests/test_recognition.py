"""What records are is told by the manifest beside them, and by the first of them."""

import pytest

import filmroll
import pictures
from filmroll.errors import ChecksumError, UnsupportedError
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
