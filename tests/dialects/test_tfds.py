"""TensorFlow Datasets opens a folder that is written here, and what it writes itself is read here."""

import json
import os
import warnings
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import dialects
from filmroll.boxes import Boxes
from filmroll.dialects import tfds, tfds_metadata
from filmroll.errors import EncodeError, FormatError, ParseError, UnsupportedError
from filmroll.messages import example
from filmroll.sample import Sample
from filmroll.schema import schema_of

MASKS = [filmroll.encode(pictures.image(n, channels=1), "png") for n in range(3)]
COUNT = 5


@pytest.fixture(scope="module")
def theirs(tf):
    """TensorFlow Datasets; its import and its readers warn about themselves."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ.setdefault("TFDS_DISABLE_PROGRESS_BAR", "1")
        import tensorflow_datasets

        tensorflow_datasets.disable_progress_bar()
        yield tensorflow_datasets


def parsed(features) -> dict:
    return example.parse(b"".join(example.serialize(features)))


def sample_of(number: int) -> Sample:
    """Pictures of both formats, gray ones too; 0, 1, 2, 0 boxes and none known; the last one without a label."""
    count = number % 3
    boxes = Boxes(np.tile([0.1, 0.2, 0.3, 0.4], (count, 1)), range(count), ["a", "b"][:count], MASKS[:count])
    image = pictures.image(number, channels=1 if number == 3 else 3)
    return Sample(
        f"a/{number}.jpg",
        encoded=filmroll.encode(image, "jpeg" if number % 2 else "png"),
        label=None if number == COUNT - 1 else number % 2,
        text="rosé" if number % 2 else None,
        boxes=None if number == COUNT - 1 else boxes,
        mask=MASKS[count],
        features={
            "score": np.array([1.5 * number], np.float32),
            "vector": np.array([1, 2, 3], np.float32),
            "image/id": np.array([number]),
            "word": ["é".encode()],
            "many": np.arange(number),
            "words": [b"x"] * (number + 1),
            "rows/ragged_flat_values": np.array([7, 8, 9]),
            "rows/ragged_row_lengths_0": np.array([1, 2]),
            "mixed": np.array([1]) if number else [b"x"],
        }
        | ({"sometimes": np.array([3])} if number else {}),
    )


def write_folder(folder: Path, *, file_format: str = "tfrecord", count: int = COUNT) -> list[Sample]:
    """Write samples as a dataset of TensorFlow Datasets, in two shards."""
    sent = [sample_of(number) for number in range(count)]
    records = [b"".join(example.serialize(tfds.to_features(sample))) for sample in sent]
    for shard, part in enumerate((records[:3], records[3:])):
        name = tfds_metadata.file_name("tiny", "train", shard=shard, shards=2, file_format=file_format)
        _write_records(folder / name, part, file_format)
    files = tfds_metadata.files(
        "tiny",
        [tfds_metadata.Split("train", [3, count - 3], sum(map(len, records)))],
        features=schema_of(map(example.parse, records)).to_json(records=count),
        label_names=["daisy", "rose"],
        object_names=["bee", "leaf"],
        file_format=file_format,
        description="Five pictures.",
    )
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    return sent


def _write_records(path: Path, records: list[bytes], file_format: str) -> None:
    if file_format == "tfrecord":
        with filmroll.Writer(path) as writer:
            for record in records:
                writer.write(record)
        return
    from array_record.python.array_record_module import ArrayRecordWriter

    writer = ArrayRecordWriter(str(path), "group_size:1")
    for record in records:
        writer.write(record)
    writer.close()


def same(found: dict, sent: Sample) -> None:
    """What TensorFlow Datasets found is what was sent."""
    assert found["file_name"] == sent.key.encode()
    assert found["label"] == (-1 if sent.label is None else sent.label)
    assert list(found["text"]) == ([] if sent.text is None else [sent.text.encode()])
    assert np.array_equal(found["segmentation_mask"], filmroll.decode(sent.mask))
    boxes = Boxes(np.zeros(0), []) if sent.boxes is None else sent.boxes
    assert np.array_equal(found["objects"]["bbox"], boxes.corners)
    assert found["objects"]["label"].tolist() == boxes.labels.tolist()
    assert [len(mask) for mask in found["objects"]["mask"]] == [24] * len(boxes)
    for name in ("score", "vector", "image/id", "many"):
        assert np.array_equal(np.atleast_1d(found[name]), sent.features[name]), name
    assert (found["word"], list(found["words"])) == ("é".encode(), sent.features["words"])
    assert found["sometimes"].tolist() == ([3] if sent.features["image/id"][0] else [])


def test_folder_is_opened_by_tensorflow_datasets_with_all_that_it_holds(tf, theirs, tmp_path):
    sent = write_folder(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        builder = theirs.builder_from_directory(str(tmp_path))
        found = list(theirs.as_numpy(builder.as_dataset(split="train", shuffle_files=False)))
    info = builder.info
    assert (info.name, str(info.version), info.splits["train"].num_examples) == ("tiny", "1.0.0", COUNT)
    assert info.description == "Five pictures."
    assert info.features["label"].names == ["daisy", "rose"]
    assert info.features["objects"].feature["label"].names == ["bee", "leaf"]
    assert "mixed" not in info.features
    assert len(found) == COUNT
    for one, sample in zip(found, sent, strict=True):
        same(one, sample)
        assert np.array_equal(one["image"], tf.io.decode_image(sample.encoded, channels=3))
        assert one["rows"].to_list() == [[7], [8, 9]]


def test_folder_of_array_records_is_read_by_number(theirs, tmp_path):
    sent = write_folder(tmp_path, file_format="array_record")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = theirs.builder_from_directory(str(tmp_path)).as_data_source(split="train")
        found = [source[number] for number in range(len(source))]
    assert len(found) == COUNT
    for one, sample in zip(found, sent, strict=True):
        assert (one["label"], one["file_name"]) == (-1 if sample.label is None else sample.label, sample.key.encode())
        assert one["image"].shape == (24, 32, 3)
        assert not {"sometimes", "text", "objects"} & one.keys()  # some records lack them
    assert np.array_equal(found[2]["image"], filmroll.decode(sent[2].encoded))


def test_boxes_that_all_records_have_are_read_by_number_too(theirs, tmp_path):
    sent = write_folder(tmp_path, file_format="array_record", count=4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = theirs.builder_from_directory(str(tmp_path)).as_data_source(split="train")
        found = [source[number]["objects"] for number in range(len(source))]
    assert [list(one["label"]) for one in found] == [[0, 1][:number] for number in (0, 1, 2, 0)]
    assert np.array_equal(found[2]["bbox"], sent[2].boxes.corners)


def test_dataset_of_tensorflow_datasets_is_opened_with_labels_boxes_and_ragged_lists(theirs, tmp_path):
    made = [pictures.image(number) for number in range(4)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        builder = _builder_of(theirs, made)(data_dir=str(tmp_path))
        builder.download_and_prepare()
    with filmroll.open(builder.data_path / "*.tfrecord*") as roll:
        assert roll.dialect == "tfds"
        found = {sample.key: sample for sample in roll}
    assert found.keys() == {f"{number}.png" for number in range(4)}
    for number, image in enumerate(made):
        sample = found[f"{number}.png"]
        assert np.array_equal(sample.image, image)
        assert (sample.label, sample.mask is not None) == (number % 2, True)
        assert np.array_equal(sample.boxes.corners, np.tile(np.array([0.1, 0.2, 0.3, 0.4], np.float32), (number, 1)))
        assert sample.boxes.labels.tolist() == [1] * number
        assert [filmroll.decode(mask).shape for mask in sample.boxes.masks] == [(24, 32, 1)] * number
        assert sample.features["rows/ragged_row_lengths_0"].tolist() == list(range(number))
        assert sample.features["flag"].tolist() == [1]
        assert parsed(tfds.to_features(sample)).keys() == set(roll.schema)


def _builder_of(theirs, images):
    features = theirs.features

    class Tiny(theirs.core.GeneratorBasedBuilder):
        """A dataset of four pictures."""

        VERSION = theirs.core.Version("1.0.0")
        pkg_dir_path = Path(__file__).parent
        url_infos: ClassVar = {}  # nothing is downloaded; without it the builder looks for its own source file

        def _info(self):
            objects = {
                "bbox": features.BBoxFeature(),
                "label": features.ClassLabel(names=["x", "y"]),
                "mask": features.Image(shape=(None, None, 1)),
            }
            described = {
                "image": features.Image(),
                "label": features.ClassLabel(names=["a", "b"]),
                "file_name": features.Text(),
                "flag": np.bool_,
                "rows": features.Sequence(features.Sequence(np.int64)),
                "segmentation_mask": features.Image(shape=(None, None, 1)),
                "objects": features.Sequence(objects),
            }
            return theirs.core.DatasetInfo(builder=self, features=features.FeaturesDict(described))

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for number, image in enumerate(images):
                box = theirs.features.BBox(ymin=0.1, xmin=0.2, ymax=0.3, xmax=0.4)
                yield (
                    number,
                    {
                        "image": image,
                        "label": number % 2,
                        "file_name": f"{number}.png",
                        "flag": True,
                        "rows": [list(range(length)) for length in range(number)],
                        "segmentation_mask": image[..., :1],
                        "objects": [{"bbox": box, "label": 1, "mask": image[..., :1]}] * number,
                    },
                )

    return Tiny


@pytest.mark.parametrize("name", ["image/filename", "filename"])
def test_other_builders_names_of_the_file_are_the_key(name):
    sample = tfds.to_sample(parsed({"image": pictures.jpeg(), "label": 3, name: b"7.jpg", "image/id": 7}))
    assert (sample.key, sample.label, set(sample.features)) == ("7.jpg", 3, {"image/id"})


def test_sample_without_a_label_has_label_minus_1():
    features = parsed(tfds.to_features(Sample("a", encoded=pictures.jpeg())))
    assert features["label"].tolist() == [-1]
    assert tfds.to_sample(features).label is None


def test_parts_of_objects_without_boxes_stay_among_the_other_features():
    sample = tfds.to_sample(parsed({"image": pictures.jpeg(), "objects/label": [1, 2]}))
    assert sample.boxes is None
    assert sample.features["objects/label"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("changed", "error", "sentence"),
    [
        ({"objects/bbox": [0.1, 0.2, 0.3]}, ParseError, "3 values, expected four for each box"),
        ({"objects/bbox": [1, 2, 3, 4]}, ParseError, "'objects/bbox' holds int64, expected float32"),
        ({"objects/bbox": [0.1] * 4, "objects/label": [1, 2]}, FormatError, "2 labels for 1 boxes"),
        ({"segmentation_mask": [b"", b""]}, ParseError, "'segmentation_mask' has 2 values"),
    ],
)
def test_features_that_do_not_agree_are_an_error_that_says_how(changed, error, sentence):
    with pytest.raises(error, match=sentence):
        tfds.to_sample(parsed({"image": pictures.jpeg()} | changed))


@pytest.mark.parametrize(
    ("features", "dialect"),
    [
        ({"label": 1}, "tfds"),
        ({"label": [1, 2]}, "tfds"),
        ({"objects/bbox": [0.1] * 4}, "tfds"),
        ({"file_name": b"a"}, "tfds"),
        ({}, "generic"),
        ({"label": b"rose"}, "generic"),
        ({"label": b"rose", "class": 1}, "flowers"),
        ({"id": b"10eac", "class": 1}, "flowers"),
    ],
)
def test_picture_called_image_is_told_by_what_is_beside_it(features, dialect):
    assert dialects.sniff([parsed({"image": pictures.jpeg()} | features)]).name == dialect


def test_file_names_and_infos_are_those_of_tensorflow_datasets():
    name = tfds_metadata.file_name("flowers", "train", shard=3, shards=12)
    assert name == "flowers-train.tfrecord-00003-of-00012"
    splits = [tfds_metadata.Split("train", [2, 1], 99), tfds_metadata.Split("test", [4], 50)]
    files = tfds_metadata.files("flowers", splits, features={"image": {"type": "bytes", "shape": []}}, version="2.1.0")
    assert files.keys() == {"dataset_info.json", "features.json"}
    info = json.loads(files["dataset_info.json"])
    assert (info["name"], info["version"], info["fileFormat"]) == ("flowers", "2.1.0", "tfrecord")
    assert [(one["name"], one["shardLengths"], one["numBytes"]) for one in info["splits"]] == [
        ("train", ["2", "1"], "99"),
        ("test", ["4"], "50"),
    ]


@pytest.mark.parametrize(
    ("dataset", "split", "version", "sentence"),
    [
        ("my-flowers", "train", "1.0.0", "'my-flowers' is no name of a dataset"),
        ("flowers", "tr/ain", "1.0.0", "'tr/ain' is no name of a split"),
        ("flowers", "train", "1.0", "'1.0' is no version"),
    ],
)
def test_names_that_tensorflow_datasets_would_refuse_are_refused(dataset, split, version, sentence):
    with pytest.raises(UnsupportedError, match=sentence):
        tfds_metadata.files(dataset, [tfds_metadata.Split(split, [1], 1)], features={}, version=version)


def test_class_names_are_one_a_line_and_all_different():
    label = {"label": {"type": "int64", "shape": []}}
    files = tfds_metadata.files("a", [], features=label, label_names=["cat", "", "two\nlines"])
    assert files["label.labels.txt"] == "cat\n1\ntwo lines\n"
    with pytest.raises(EncodeError, match="classes 0 and 2 are both called 'cat'"):
        tfds_metadata.files("a", [], features=label, label_names=["cat", "dog", "cat"])
