"""Batches as a tf.data.Dataset, and the feature spec with which TensorFlow parses the records itself.

dataset(roll, 64, size=224)     pictures decoded, cut and resized by filmroll, into Keras or any tf.data pipeline
feature_spec("train-*.tfrecord")    TFRecordDataset ──> tf.io.parse_example(records, spec), all in TensorFlow
"""

from collections.abc import Iterator
from typing import Any

from filmroll import dataset
from filmroll.dataset import Dataset
from filmroll.errors import MissingDependencyError, SourceError, UnsupportedError
from filmroll.loading.loader import Batch, Loader
from filmroll.loading.source import loader_of
from filmroll.records.storage import Paths
from filmroll.schema import schema_of

try:
    import tensorflow as tf
except ImportError as exc:
    raise MissingDependencyError("tf.data pipelines need TensorFlow: pip install tensorflow") from exc

OTHERS = {
    "sequence_example": "tf.io.parse_sequence_example parses these",
    None: "they are no messages of a kind that is known",
}
DTYPES = {"bytes": tf.string, "float32": tf.float32, "int64": tf.int64}


def batches(source: Dataset | Loader, batch_size: int | None = None, **options: Any) -> Any:
    """Make a tf.data.Dataset of the batches; each iteration over it is the loader's next epoch.

    The first batch is loaded at once, and again later, to learn the shape and dtype of the pictures. TensorFlow
    copies each batch, and takes a batch or more ahead: the state of the loader counts those too.

    Args:
        source: A dataset, or a loader that `Dataset.batches` gave.
        batch_size: Pictures a batch, of a dataset.
        **options: Of a dataset: those of `Dataset.batches`. Pictures of different sizes need `size` or `pad`.

    Returns:
        A tf.data.Dataset of dicts: "image" (None, height, width, channels) uint8, or whatever dtype the arrays
        have, "label" (None,) int64, "record" (None,) int64. Batches of which every record was skipped are left
        out. While it is iterated over, errors come as tf.errors.InvalidArgumentError with filmroll's message.

    Raises:
        TypeError: The source is neither, options come with a loader, which has its own, or a dataset without any.
        UnsupportedError: The pictures of the first batch have different sizes.
        SourceError: There is no batch in an epoch.
        Error: A record or picture of the first batch is damaged.
    """
    given = options if batch_size is None else {"batch_size": batch_size, **options}
    loader = loader_of(source, given)
    signature = _signature(_first_batch(loader))
    return tf.data.Dataset.from_generator(lambda: _sound(loader), output_signature=signature)


def feature_spec(source: Dataset | Paths) -> dict[str, Any]:
    """Say how tf.io.parse_example and tf.io.parse_single_example are to parse the records.

    Where `filmroll.json` lists all the files, it tells; else every record is parsed once to find out.

    Args:
        source: A dataset; or a file, a pattern, a folder, or several of these.

    Returns:
        tf.io.FixedLenFeature of shape [] or [n] for a feature of 1 or n values in every record, and
        tf.io.VarLenFeature for one that varies or that some records lack. A feature that no record gives a value
        or a type is left out.

    Raises:
        UnsupportedError: The records are no tf.train.Example, or a feature differs in type between records.
        ChecksumError, TruncatedError, ParseError: A record is damaged.
        FileNotFoundError, SourceError: There are no such files.
    """
    if not isinstance(source, Dataset):
        with dataset.open(source) as roll:
            return feature_spec(roll)
    for shard, path in enumerate(source.paths):
        kind = source.message_kind_of(shard)
        if kind != "example":
            why = OTHERS.get(kind, "TensorFlow parses no others")
            raise UnsupportedError(f"the records are no tf.train.Example: {why}", path=path)
    described = _listed(source) or _seen(source)
    return {name: _spec(name, **found) for name, found in described.items() if found["type"] != "none"}


def _first_batch(loader: Loader) -> Batch:
    """Load the first batch of the epoch, wherever the loader stands, and leave it standing there."""
    state = loader.state_dict()
    loader.load_state_dict({**state, "position": 0})
    try:
        batch = next(_sound(loader), None)
    finally:
        loader.load_state_dict(state)
    if batch is None:
        raise SourceError("there is no batch of which TensorFlow could learn the shape")
    return batch


def _sound(loader: Loader) -> Iterator[Batch]:
    for batch in loader:
        if len(batch["label"]):
            yield batch


def _signature(batch: Batch) -> dict[str, Any]:
    if isinstance(batch["image"], list):
        raise UnsupportedError(
            "the pictures have different sizes, and a tensor has one; say which with size=, or fill them up with pad="
        )
    shapes = {name: (None, *values.shape[1:]) for name, values in batch.items()}
    if "size" in batch:  # as large as the largest picture of each batch
        shapes["image"] = (None, None, None, *batch["image"].shape[3:])
    return {name: tf.TensorSpec(shapes[name], values.dtype) for name, values in batch.items()}


def _listed(roll: Dataset) -> dict[str, dict[str, Any]] | None:
    """Return what the manifest says of the features, if it speaks of all files."""
    split = roll.manifest or {}
    listed = {roll.paths[0].parent / shard["path"] for shard in split.get("shards", ())}
    return split.get("features") if listed.issuperset(roll.paths) else None


def _seen(roll: Dataset) -> dict[str, dict[str, Any]]:
    count = len(roll)
    return schema_of(roll.parse(*found) for found in roll.records()).to_json(records=count)


def _spec(name: str, *, type: str, shape: list[int | None], optional: bool = False) -> Any:
    if type not in DTYPES:
        raise UnsupportedError(f"feature {name!r} has another type in some records; TensorFlow parses one")
    if optional or shape in ([None], [0]):
        return tf.io.VarLenFeature(DTYPES[type])
    return tf.io.FixedLenFeature(shape, DTYPES[type])
