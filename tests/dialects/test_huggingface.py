"""Hugging Face's columns: any sample comes back from them, and `datasets` reads them and is read."""

import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filmroll
import peers
import pictures
import wild_samples
from filmroll.boxes import Boxes
from filmroll.dialects import huggingface
from filmroll.records import parquet
from filmroll.sample import Sample


def through(path, *samples, **options):
    """Send samples through a Parquet file and back."""
    with parquet.Writer(path, **options) as writer:
        for sample in samples:
            writer.write(huggingface.to_features(sample))
    return [huggingface.to_sample(record) for record in parquet.Reader(path)]


def load(path, folder):
    """The rows as `datasets.load_dataset` gives them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"data_files": str(path), "split": "train", "cache_dir": str(folder / "cache")}
        return peers.load("datasets").load_dataset("parquet", **options)


@settings(max_examples=150, deadline=None)
@given(st.lists(wild_samples.samples(), min_size=1, max_size=3))
def test_any_samples_come_back_through_parquet(tmp_path_factory, samples):
    folder = tmp_path_factory.mktemp("any")
    samples = [sample if huggingface.to_features(sample) else Sample("k") for sample in samples]
    back = through(folder / "a.parquet", *samples)
    for one, other in zip(back, samples, strict=True):
        wild_samples.assert_same(one, other)
    for one, other in zip(through(folder / "b.parquet", *back), back, strict=True):
        wild_samples.assert_same(one, other)


def test_datasets_reads_pictures_classes_boxes_and_masks(tmp_path):
    boxes = Boxes([[0.25, 0.5, 0.75, 1.0]], labels=[1], texts=["cat"], masks=[wild_samples.MASK])
    image = pictures.image(1)
    samples = [
        Sample("rose/a.jpg", encoded=pictures.jpeg(1), label=1, text="rose", features={"caption": "a rose", "n": 3}),
        Sample("b.png", array=image, label=0, boxes=boxes, mask=wild_samples.MASK, features={"x": [0.5, 1.5]}),
    ]
    through(tmp_path / "a.parquet", *samples, label_names=["lily", "rose"])
    rows = load(tmp_path / "a.parquet", tmp_path)
    datasets = peers.load("datasets")
    assert rows.features["image"] == datasets.Image()
    assert rows.features["label"] == datasets.ClassLabel(names=["lily", "rose"])
    assert rows.features["mask"] == datasets.Image()
    first, second = rows
    assert np.abs(np.asarray(first["image"]).astype(int) - samples[0].image).mean() < 2
    assert np.array_equal(np.asarray(second["image"]), image)
    assert (first["label"], first["text"], first["caption"], first["n"]) == (1, "rose", "a rose", 3)
    assert second["objects"] == {
        "bbox": [[16, 6, 16, 12]],
        "category": [1],
        "text": ["cat"],
        "mask": [wild_samples.MASK],
    }
    assert np.array_equal(np.asarray(second["mask"]), filmroll.decode(wild_samples.MASK)[..., 0])
    assert (second["x"], first["objects"], first["mask"]) == ([0.5, 1.5], None, None)
    assert rows.cast_column("image", datasets.Image(decode=False))[0]["image"] == {
        "bytes": samples[0].encoded,
        "path": "rose/a.jpg",
    }


def test_what_datasets_writes_is_read(tmp_path):
    datasets = peers.load("datasets")
    features = datasets.Features(
        {
            "img": datasets.Image(),
            "label": datasets.ClassLabel(names=["cat", "dog"]),
            "objects": {
                "bbox": datasets.Sequence(datasets.Sequence(datasets.Value("float32"))),
                "area": datasets.Sequence(datasets.Value("int64")),
            },
            "score": datasets.Value("float64"),
        }
    )
    rows = [
        {
            "img": {"bytes": pictures.jpeg(n), "path": f"{n}.jpg"},
            "label": n,
            "objects": {"bbox": [[8.0, 6.0, 16.0, 12.0]] * n, "area": [192] * n},
            "score": 0.1,
        }
        for n in range(2)
    ]
    datasets.Dataset.from_list(rows, features=features).to_parquet(str(tmp_path / "a.parquet"))
    reader = parquet.Reader(tmp_path / "a.parquet")
    assert reader.label_names == ["cat", "dog"]
    assert huggingface.sniff(reader[1]).startswith("img/bytes holds a picture file: a struct of bytes and path")
    none, one = (huggingface.to_sample(record) for record in reader)
    assert (one.key, one.label, bytes(one.encoded)) == ("1.jpg", 1, pictures.jpeg(1))
    assert one.boxes.corners.tolist() == [[0.25, 0.25, 0.75, 0.75]]
    assert len(none.boxes) == 0
    assert {name: value.tolist() for name, value in one.features.items()} == {"objects/area": [192], "score": [0.1]}


def test_usual_sample_has_the_columns_that_people_expect():
    data = pictures.jpeg()
    found = huggingface.to_features(Sample("a/b.jpg", encoded=data, label=3, text="rose"))
    assert found.pop("label").tolist() == [3]
    assert found == {"image/bytes": [data], "image/path": [b"a/b.jpg"], "text": [b"rose"]}
    assert found["image/bytes"][0] is data


@pytest.mark.parametrize(
    ("sample", "names"),
    [
        (Sample("a", encoded=b"<svg xmlns='http://www.w3.org/2000/svg'/>"), {"picture", "key"}),
        (Sample("a", array=np.zeros((2, 2), np.float32)), {"picture", "key"}),
        (Sample("a", array=pictures.image(1)), {"image/bytes", "image/path"}),
        (Sample("a", label=1), {"key", "label"}),
        (Sample("\udce9", encoded=pictures.jpeg()), {"image/bytes", "image/path", "key"}),
        (Sample("", encoded=pictures.jpeg()), {"image/bytes", "image/path"}),
        (Sample("a", features={"label": [1, 2], "nothing": None}), {"key", "feature:label", "without_kind"}),
    ],
)
def test_what_has_no_usual_place_has_a_column_of_its_own(sample, names):
    assert set(huggingface.to_features(sample)) == names


def view(data):
    return [memoryview(data)]


@pytest.mark.parametrize("name", ["image/bytes", "img/bytes", "photo/bytes", "picture", "image", "img"])
def test_picture_of_others_is_found(name):
    sample = huggingface.to_sample({"id": np.array([7]), name: view(pictures.jpeg())})
    assert bytes(sample.encoded) == pictures.jpeg()
    assert list(sample.features) == ["id"]


def test_path_of_the_picture_is_the_key_unless_there_is_a_column_of_that_name():
    features = {"image/bytes": view(pictures.jpeg()), "image/path": view(b"a.jpg")}
    assert huggingface.to_sample(features).key == "a.jpg"
    both = huggingface.to_sample(features | {"key": view(b"k")})
    assert (both.key, list(both.features)) == ("k", ["image/path"])


def test_several_labels_or_texts_and_boxes_that_are_none_stay_features():
    features = {
        "image/bytes": view(pictures.jpeg()),
        "label": np.array([1, 2]),
        "text": [memoryview(b"a"), memoryview(b"b")],
        "objects/bbox": np.array([0.1, 0.2, 0.3, 0.4]),
        "objects/bbox/lengths": np.array([4]),
    }
    sample = huggingface.to_sample(features)
    assert (sample.label, sample.text, sample.boxes) == (None, None, None)
    assert set(sample.features) == {"label", "text", "objects/bbox", "objects/bbox/lengths"}


def test_picture_without_a_readable_header_leaves_boxes_as_features():
    features = {
        "image/bytes": view(b"broken"),
        "objects/bbox": np.array([1.0, 2, 3, 4]),
        "objects/bbox/lengths": np.array([4]),
    }
    assert huggingface.to_sample(features).boxes is None


@pytest.mark.parametrize(
    "features", [{}, {"a": view(b"x")}, {"image/bytes": view(b"no picture")}, {"image": np.zeros(3)}]
)
def test_other_features_are_not_taken_for_hugging_faces(features):
    assert huggingface.sniff(features) is None


def test_picture_in_a_plain_column_is_sniffed_too():
    assert huggingface.sniff({"image": view(pictures.jpeg())}) == "image holds a picture file"


def test_metadata_is_what_datasets_reads(tmp_path):
    through(tmp_path / "a.parquet", Sample("a.jpg", encoded=pictures.jpeg(), label=0), label_names=["x"])
    import pyarrow.parquet as pq

    metadata = pq.read_schema(tmp_path / "a.parquet").metadata
    features = peers.load("datasets").Features.from_dict(json.loads(metadata[b"huggingface"])["info"]["features"])
    assert list(features) == ["image", "label"]


def test_feature_that_looks_like_a_picture_struct_is_no_picture():
    sample = Sample(features={"x/bytes": [filmroll.encode(np.zeros((2, 2, 3), np.uint8), "png")]})
    back = huggingface.to_sample(huggingface.to_features(sample))
    assert back.encoded is None
    assert list(back.features) == ["x/bytes"]
