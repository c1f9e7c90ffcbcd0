"""The files that TensorFlow Datasets wants beside the records: with them `tfds.builder_from_directory` opens a folder.

    flowers-train.tfrecord-00000-of-00002     the records, in the dialect tfds
    dataset_info.json                         name, version, splits, records of each file
    features.json                             what each feature is: an image, a class, text, a tensor, boxes
    label.labels.txt, objects-label.labels.txt   names of the classes, one a line

What a feature is, is told by its name in the dialect and by the types and shapes that a manifest or a Schema says. A
feature that some records lack becomes a list, which is empty there; beside ArrayRecord files, which are read by number
and without TensorFlow, it is left out, because that reader wants every feature in every record. One whose type differs
between records is left out too: TensorFlow could read none of them.

Source: tensorflow_datasets/core (naming.py, read_only_builder.py, features/feature.py, proto/*.proto).
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from filmroll.dialects import tfds_objects
from filmroll.errors import EncodeError, UnsupportedError

NAME = re.compile(r"[a-zA-Z]\w*", re.ASCII)
SPLIT = re.compile(r"[\w-]+", re.ASCII)
VERSION = re.compile(r"\d+\.\d+\.\d+", re.ASCII)
CORE = "tensorflow_datasets.core.features."
RAGGED_VALUES, RAGGED_LENGTHS = "/ragged_flat_values", "/ragged_row_lengths_0"
TYPES = ("bytes", "int64", "float32")
OBJECTS = "objects"

FileFormat = Literal["tfrecord", "array_record"]
Feature = dict[str, Any]
Features = Mapping[str, Mapping[str, Any]]
"""Feature name -> {"type", "shape"} and, where some records lack it, "optional": as `Schema.to_json` gives it."""


@dataclass(frozen=True, slots=True)
class Split:
    """One split of a dataset.

    Attributes:
        name: "train", ...
        records: Number of records of each of its files, in order.
        nbytes: Bytes of all its records.
    """

    name: str
    records: Sequence[int]
    nbytes: int


def file_name(dataset: str, split: str, *, shard: int, shards: int, file_format: FileFormat = "tfrecord") -> str:
    """Name the file of one shard.

    Raises:
        UnsupportedError: TensorFlow Datasets would not accept the name of the dataset or of the split.
    """
    if not NAME.fullmatch(dataset):
        raise UnsupportedError(
            f"{dataset!r} is no name of a dataset; a letter, then letters, digits and _ are possible"
        )
    if not SPLIT.fullmatch(split):
        raise UnsupportedError(f"{split!r} is no name of a split; letters, digits, _ and - are possible")
    return f"{dataset}-{split}.{file_format}-{shard:05d}-of-{shards:05d}"


def files(
    dataset: str,
    splits: Iterable[Split],
    *,
    features: Features,
    label_names: Sequence[str] = (),
    object_names: Sequence[str] = (),
    channels: Literal[1, 3, 4] = 3,
    file_format: FileFormat = "tfrecord",
    version: str = "1.0.0",
    description: str = "",
) -> dict[str, str]:
    """Write the files that describe a dataset.

    Args:
        dataset: Its name, with which the files of records begin.
        splits: Its splits.
        features: Types and shapes of the features of all of them, in the dialect tfds.
        label_names: Names of the classes of pictures, by label.
        object_names: Names of the classes of boxes, by label.
        channels: Of the pictures; TensorFlow converts those that have others.
        file_format: What the files of records are; from "array_record" TensorFlow Datasets also reads by number.
        version: Three numbers.
        description: What it is, for people.

    Returns:
        File name -> text.

    Raises:
        UnsupportedError: A name or the version is none that TensorFlow Datasets accepts.
        EncodeError: Two classes have the same name, or a name is of several lines.
    """
    if not VERSION.fullmatch(version):
        raise UnsupportedError(f"{version!r} is no version; three numbers are, such as 1.0.0")
    labels = {"label": _class_names(label_names), "objects-label": _class_names(object_names)}
    features = {name: told for name, told in features.items() if _is_readable(told, file_format)}
    described = _features(features, labels=labels, channels=channels)
    made = {
        "dataset_info.json": _json(
            _info(dataset, splits, file_format) | {"version": version, "description": description}
        ),
        "features.json": _json(described),
    }
    named = {name: names for name, names in labels.items() if names and _has_classes(features, name)}
    return made | {f"{name}.labels.txt": "".join(f"{one}\n" for one in names) for name, names in named.items()}


def _info(dataset: str, splits: Iterable[Split], file_format: FileFormat) -> dict[str, Any]:
    told = []
    for split in splits:
        file_name(dataset, split.name, shard=0, shards=1)  # are the names possible?
        told.append(
            {
                "name": split.name,
                "filepathTemplate": "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
                "shardLengths": [str(count) for count in split.records],
                "numBytes": str(split.nbytes),
            }
        )
    return {"name": dataset, "fileFormat": file_format, "splits": told}


def _features(features: Features, *, labels: Mapping[str, list[str]], channels: int) -> Feature:
    """Describe all features; those of boxes together, and each ragged list as one."""
    made: dict[str, Feature] = {}
    for name, told in features.items():
        if name == "image":
            made[name] = _maybe_absent(_image(channels), told)
        elif name == tfds_objects.MASK:
            made[name] = _maybe_absent(_image(1), told)
        elif name == "label" and told["shape"] == []:
            made[name] = _maybe_absent(_class_label(labels["label"]), told)
        elif name.endswith(RAGGED_VALUES) and name.removesuffix(RAGGED_VALUES) + RAGGED_LENGTHS in features:
            made[name.removesuffix(RAGGED_VALUES)] = _sequence(_sequence(_scalar(told["type"])))
        elif not _is_part(name, features):
            made[name] = _plain(told)
    if tfds_objects.BBOX in features:
        made[OBJECTS] = _objects(features, names=labels["objects-label"])
    return _dict(made)


def _is_readable(told: Mapping[str, Any], file_format: FileFormat) -> bool:
    return told["type"] in TYPES and not (told.get("optional") and file_format == "array_record")


def _is_part(name: str, features: Features) -> bool:
    """Tell whether a feature is described with another one."""
    if name.endswith(RAGGED_LENGTHS):
        return name.removesuffix(RAGGED_LENGTHS) + RAGGED_VALUES in features
    return name in tfds_objects.OWN and tfds_objects.BBOX in features


def _objects(features: Features, *, names: list[str]) -> Feature:
    parts = {
        tfds_objects.BBOX: _feature("bounding_boxes.BBoxFeature", boundingBox={"shape": _shape(4), "dtype": "float32"}),
        tfds_objects.LABEL: _class_label(names),
        tfds_objects.TEXT: _text(),
        tfds_objects.MASKS: _image(1),
    }
    return _sequence(_dict({name.removeprefix("objects/"): part for name, part in parts.items() if name in features}))


def _plain(told: Mapping[str, Any]) -> Feature:
    one, shape = _scalar(told["type"]), told["shape"]
    if shape == [] and not told.get("optional"):
        return one
    if told["type"] in ("int64", "float32") and shape not in ([], [None], [0]) and not told.get("optional"):
        return _feature("tensor_feature.Tensor", tensor=_tensor(told["type"], *shape))
    return _sequence(one)


def _scalar(type: str) -> Feature:
    return _feature("tensor_feature.Tensor", tensor=_tensor(type)) if type in ("int64", "float32") else _text()


def _maybe_absent(feature: Feature, told: Mapping[str, Any]) -> Feature:
    return _sequence(feature) if told.get("optional") else feature


def _feature(name: str, **content: Any) -> Feature:
    return {"pythonClassName": CORE + name, **content}


def _dict(features: Mapping[str, Feature]) -> Feature:
    return _feature("features_dict.FeaturesDict", featuresDict={"features": features})


def _sequence(feature: Feature) -> Feature:
    return _feature("sequence_feature.Sequence", sequence={"feature": feature, "length": "-1"})


def _text() -> Feature:
    return _feature("text_feature.Text", text={})


def _image(channels: int) -> Feature:
    return _feature("image_feature.Image", image={"shape": _shape(-1, -1, channels), "dtype": "uint8"})


def _class_label(names: Sequence[str]) -> Feature:
    if not names:
        return _scalar("int64")
    return _feature("class_label_feature.ClassLabel", classLabel={"numClasses": str(len(names))})


def _tensor(dtype: str, *shape: int) -> dict[str, Any]:
    return {"shape": _shape(*shape), "dtype": dtype, "encoding": "none"}


def _shape(*sizes: int) -> dict[str, Any]:
    return {"dimensions": [str(size) for size in sizes]} if sizes else {}


def _class_names(names: Sequence[str]) -> list[str]:
    """Return names that TensorFlow Datasets can read back: one a line, none empty, all different."""
    made = [" ".join(name.split()) or str(number) for number, name in enumerate(names)]
    for number, name in enumerate(made):
        if name in made[:number]:
            raise EncodeError(f"classes {made.index(name)} and {number} are both called {name!r}; names have to differ")
    return made


def _has_classes(features: Features, name: str) -> bool:
    return name.replace("-", "/") in features


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
