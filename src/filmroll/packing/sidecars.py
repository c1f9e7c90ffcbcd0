"""What other tools want beside the shards: TensorFlow Datasets its descriptions, the Object Detection API a label map.

tfds   dataset_info.json, features.json, label.labels.txt      tfod   label_map.pbtxt
"""

from pathlib import Path
from typing import Any

from filmroll import atomic, manifest
from filmroll.dialects import label_map, tfds, tfds_metadata, tfod
from filmroll.packing import plan
from filmroll.records.kinds import Kind


def write(dest: Path, *, dialect: str, kind: Kind) -> list[Path]:
    """Write what belongs beside shards that stand, from what `filmroll.json` says of all splits in the folder.

    Args:
        dest: Path of the shards before their numbers.
        dialect: Of their records.
        kind: Of the files.

    Returns:
        Paths of what was written; none for most dialects.

    Raises:
        UnsupportedError, EncodeError: The names of classes or of the dataset are none that the tool accepts.
        OSError: It cannot be written.
    """
    splits = manifest.read(manifest.path_of(dest))
    texts = {}
    if dialect == tfds.NAME and kind in ("tfrecord", "array_record"):
        texts = _tfds(dest, splits, kind, "array_record" if kind == "array_record" else "tfrecord")
    elif dialect == tfod.NAME and (names := splits[plan.split_name(dest, kind)]["label_names"]):
        texts = {"label_map.pbtxt": label_map.serialize(label_map.of_names(names))}
    paths = [dest.with_name(name) for name in texts]
    for path, text in zip(paths, texts.values(), strict=True):
        with atomic.writing(path) as file:
            file.write(text.encode())
    return paths


def _tfds(dest: Path, splits: dict[str, Any], kind: Kind, file_format: tfds_metadata.FileFormat) -> dict[str, str]:
    """Describe all splits of one dataset; the features are those of the one just written."""
    dataset, _ = plan.tfds_names(dest)
    own = splits[plan.split_name(dest, kind)]
    found = []
    for name, entry in splits.items():
        of_dataset, split = plan.tfds_names(Path(name))
        if of_dataset == dataset and entry["dialect"] == tfds.NAME:
            records = [shard["records"] for shard in entry["shards"]]
            found.append(tfds_metadata.Split(split, records, entry["nbytes"]))
    names = own["label_names"]
    return tfds_metadata.files(
        dataset, found, features=own["features"], label_names=names, object_names=names, file_format=file_format
    )
