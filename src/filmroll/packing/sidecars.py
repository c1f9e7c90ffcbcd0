"""What other tools want beside the shards: TensorFlow Datasets its descriptions, the Object Detection API a label map.

tfds   dataset_info.json, features.json, label.labels.txt      tfod   label_map.pbtxt
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from filmroll import atomic, manifest
from filmroll.packing import plan
from filmroll.records.kinds import Kind

if TYPE_CHECKING:
    from filmroll.dialects.tfds_metadata import FileFormat

TFOD = "tfod"


def write(dest: Path, split: manifest.Split, *, kind: Kind) -> None:
    """Describe shards that stand in `filmroll.json`, and in what else belongs beside them.

    Other runs may do the same for other splits of the folder: each waits for the one before.

    Args:
        dest: Path of the shards before their numbers.
        split: Their entry in `filmroll.json`; what is said of all splits in the folder comes from there.
        kind: Of the files.

    Raises:
        ParseError: A file `filmroll.json` is there and no manifest.
        UnsupportedError, EncodeError: The names of classes or of the dataset are none that the tool accepts.
        OSError: It cannot be written.
    """
    with atomic.locked(dest.parent):
        manifest.write(manifest.path_of(dest), name=plan.split_name(dest, kind), split=split)
        texts = _texts(dest, manifest.read(manifest.path_of(dest)), split, kind)
        atomic.remove_leftovers(dest.parent, {manifest.NAME, *texts})
        for name, text in texts.items():
            with atomic.writing(dest.with_name(name)) as file:
                file.write(text.encode())


def _texts(dest: Path, splits: dict[str, Any], split: manifest.Split, kind: Kind) -> dict[str, str]:
    if split.dialect == plan.TFDS and kind in ("tfrecord", "array_record"):
        return _tfds(dest, splits, kind, "array_record" if kind == "array_record" else "tfrecord")
    if split.dialect == TFOD and split.label_names:
        from filmroll.dialects import label_map

        return {"label_map.pbtxt": label_map.serialize(label_map.of_names(split.label_names))}
    return {}


def _tfds(dest: Path, splits: dict[str, Any], kind: Kind, file_format: "FileFormat") -> dict[str, str]:
    """Describe all splits of one dataset; the features are those of the one just written."""
    from filmroll.dialects import tfds_metadata

    dataset, _ = plan.tfds_names(dest)
    own = splits[plan.split_name(dest, kind)]
    found = []
    for name, entry in splits.items():
        of_dataset, split = plan.tfds_names(Path(name))
        if of_dataset == dataset and entry["dialect"] == plan.TFDS:
            records = [shard["records"] for shard in entry["shards"]]
            found.append(tfds_metadata.Split(split, records, entry["nbytes"]))
    names = own["label_names"]
    return tfds_metadata.files(
        dataset, found, features=own["features"], label_names=names, object_names=names, file_format=file_format
    )
