"""Every real file of records is taken for what its provenance says, and nothing of it is lost on the way back."""

import numpy as np
import pytest

import filmroll
import realdata
from filmroll import dialects
from filmroll.messages import example

DIALECTS = {
    "blog/my_example.tfrecords": "generic",
    "blog/my_seq_ex.tfrecords": "generic",
    "blog/mystery.tfrecords": "generic",  # one feature, jpg, without a key
    "records/cow/test.record": "tfod",
    "records/datumaro/roboflow_dataset/tfrecord/train/train.tfrecord": "tfod",  # image/encoded is empty
    "records/datumaro/roboflow_dataset/tfrecord/val/val.tfrecord": "tfod",
    "records/datumaro/tf_detection_api_dataset/test.tfrecord": "tfod",  # without boxes
    "records/datumaro/tf_detection_api_dataset/train.tfrecord": "tfod",
    "records/datumaro/tf_detection_api_dataset/val.tfrecord": "tfod",
    "records/models/pets_examples.record": "tfod",
    "records/not-examples/100.tfrecords": None,
    "records/not-examples/morris_sequence_first_5.tfrecord": None,
    "records/not-examples/tfrecord_iterator_test.tfrecord": None,
    "records/plain/maomao/test.tfrecords": "generic",  # numbers
    "records/plain/net2vec/test.tfrecords": "generic",  # graphs
    "records/tensorflow/build_imagenet_data.tfrecord": "imagenet",
    "records/tfrecorder/sample_tfrecords/validation-00000-of-00001.tfrecord.gz": "generic",  # pixels in base64
    "records/tfx/tfrecord/data_tfrecord-00001-of-00002.gz": "generic",  # taxi trips
    "records/tfx/tfrecord_sequence/data_tfrecord-00000-of-00001.gz": "generic",
    "records/torchdata/example.tfrecord": "generic",  # numbers
    "records/torchdata/sequence_example.tfrecord": "generic",
    "records/typescript/data.tfrecord": "generic",
    "records/typescript/singles.tfrecords": "generic",
    "records/yggdrasil/sentences.tfe-tfrecord": "generic",
    "records/yggdrasil/toy.nocompress-tfe-tfrecord-00000-of-00002": "generic",
    "records/yggdrasil/toy.nocompress-tfe-tfrecord-00001-of-00002": "generic",
    "records/yggdrasil/toy.tfe-tfrecord-00000-of-00002": "generic",
    "records/yggdrasil/toy.tfe-tfrecord-00001-of-00002": "generic",
}
OURS = [name for name, dialect in DIALECTS.items() if dialect not in (None, "generic")]
MADE_ANEW = {"image/key/sha256", "image/format", "image/source_id"}  # absent, empty or spelt another way in some


def test_table_lists_every_file_of_records():
    found = realdata.params("blog/*tfrecords", "records/**/*tfrecord*", "records/**/*.record")
    assert sorted(DIALECTS) == sorted(parameter.id for parameter in found)


@pytest.mark.parametrize("name", DIALECTS)
def test_file_is_in_the_dialect_that_it_was_written_in(data, name):
    with filmroll.open(data / name) as roll:
        if DIALECTS[name] is None:
            assert roll.message_kind is None
            return
        assert roll.dialect == DIALECTS[name]
        assert roll.match.why
        assert all(sample.has_image or sample.features for sample in roll)


def same(one, other) -> bool:
    return one == other if isinstance(one, list) else np.array_equal(one, other)


@pytest.mark.parametrize("name", OURS)
def test_written_again_each_feature_is_what_it_was(data, name):
    with filmroll.open(data / name) as roll:
        for number, sample in enumerate(roll):
            before = roll.features(number)
            after = example.parse(b"".join(example.serialize(dialects.get(roll.dialect).to_features(sample))))
            assert before.keys() - MADE_ANEW == after.keys() - MADE_ANEW
            for each in before.keys() - MADE_ANEW:
                assert same(before[each], after[each]), each


def test_pets_have_their_boxes_names_and_hashes(data):
    with filmroll.open(data / "records" / "models" / "pets_examples.record") as roll:
        first = roll[0]
        assert (first.key, first.label, first.text) == ("chihuahua_153.jpg", None, None)
        assert (first.boxes.labels.tolist(), first.boxes.texts) == ([10], ["chihuahua"])
        assert first.boxes.corners.tolist() == pytest.approx(np.array([[0.24, 119 / 300, 128 / 225, 0.76]]), abs=1e-6)
        assert first.features.keys() == {"image/object/difficult", "image/object/truncated", "image/object/view"}
        for number, sample in enumerate(roll):
            sample.boxes.check()
            again = dialects.get("tfod").to_features(sample)
            assert again["image/key/sha256"].encode() == roll.features(number)["image/key/sha256"][0]


def test_record_that_only_names_its_picture_keeps_size_and_boxes(data):
    with filmroll.open(data / "records/datumaro/roboflow_dataset/tfrecord/val/val.tfrecord") as roll:
        [sample] = roll
        assert not sample.has_image
        assert sample.features["image/height"].tolist() == [5]
        assert (sample.boxes.labels.tolist(), sample.boxes.texts) == ([0, 1], ["label_0", "label_1"])
