"""Every readable kind into every writable kind: pictures, labels, boxes and masks come through, digest for digest."""

from pathlib import Path

import numpy as np
import pytest

import filmroll
from filmroll import dialects, manifest
from filmroll.boxes import Boxes
from filmroll.converting import check
from filmroll.converting.difference import difference
from filmroll.packing.sink import MESSAGES, Sink
from filmroll.records.kinds import KINDS

# Every dialect that keeps the encoded picture, with labels, boxes and a mask, in each kind that keeps its messages.
WHOLE = [
    (kind, name)
    for kind in KINDS
    for name, one in dialects.DIALECTS.items()
    if dialects.message_of(one) in MESSAGES[kind]
    and {"label", "boxes", "mask", "features"} <= getattr(one, "HOLDS", frozenset())
    and name not in ("imagenet", "array", "mnist", "stylegan")
    and not (kind == "lmdb" and name != "datum")
]
ARRAYS = [("tfrecord", "array"), ("tfrecord", "mnist"), ("tfrecord", "stylegan"), ("array_record", "array")]
LABELS_ONLY = [("lmdb", "datum")]
SUFFIX = {
    "tfrecord": ".tfrecord",
    "array_record": ".array_record",
    "lmdb": ".lmdb",
    "tar": ".tar",
    "parquet": ".parquet",
}
LABEL_NAMES = ["cat", "dog", "cow"]


def pictures(data):
    """Real photos with labels, boxes with masks, a mask of classes, and a feature of each type."""
    for number, path in enumerate(sorted((data / "photos").glob("*.jpeg"))[:3]):
        encoded = path.read_bytes()
        header = filmroll.read_header(encoded)
        mask = filmroll.encode(np.full((header.height, header.width, 1), number, np.uint8), "png")
        corners = np.array([[0.1, 0.2, 0.5, 0.7], [0, 0, 1, 1 / 3]], np.float32)[: number + 1]
        count = len(corners)
        yield filmroll.Sample(
            key=f"photos/{path.name}",
            encoded=encoded,
            label=number,
            text=LABEL_NAMES[number],
            boxes=Boxes(corners, labels=range(count), texts=LABEL_NAMES[:count], masks=[mask] * count),
            mask=mask,
            features={
                "source": [b"a camera"],
                "taken": np.array([number, 7], np.int64),
                "exposure": np.array([1 / 3], np.float32),
            },
        )


def write(samples, folder: Path, kind: str, dialect: str) -> Path:
    path = folder / f"source{SUFFIX[kind]}"
    with Sink(path, kind=kind, dialect=dialects.get(dialect), label_names=LABEL_NAMES) as sink:
        for sample in samples:
            sink.write(sample)
    return path


def ids(pairs):
    return [f"{kind}-{name}" for kind, name in pairs]


@pytest.mark.parametrize(("to_kind", "to_dialect"), WHOLE + ARRAYS, ids=ids(WHOLE + ARRAYS))
@pytest.mark.parametrize(("kind", "dialect"), WHOLE, ids=ids(WHOLE))
def test_whole_samples_come_through_every_pair(kind, dialect, to_kind, to_dialect, data, tmp_path):
    samples = list(pictures(data))
    source = write(samples, tmp_path, kind, dialect)
    dest = tmp_path / f"dest{SUFFIX[to_kind]}"
    report = filmroll.convert(
        source, dest, dialect=to_dialect, source_dialect=dialect, label_names=LABEL_NAMES, check=True, shards=1
    )
    assert (report.read, report.written, report.skipped) == (3, 3, 0)
    assert report.changed == (3 if (to_kind, to_dialect) in ARRAYS else 0)
    [shard] = report.shards
    with filmroll.open(shard, dialect=to_dialect) as made:
        assert [difference(one, other) for one, other in zip(samples, made, strict=True)] == [[], [], []]


@pytest.mark.parametrize(("kind", "dialect"), WHOLE + LABELS_ONLY, ids=ids(WHOLE + LABELS_ONLY))
def test_every_kind_becomes_datums_and_back(kind, dialect, data, tmp_path):
    samples = [
        filmroll.Sample(key=one.key, encoded=one.encoded, label=one.label, text=one.text) for one in pictures(data)
    ]
    source = write(samples, tmp_path, kind, dialect)
    datums = tmp_path / "datums.lmdb"
    filmroll.convert(source, datums, source_dialect=dialect, label_names=LABEL_NAMES, check=True)
    back = tmp_path / f"back{SUFFIX[kind]}"
    filmroll.convert(datums, back, dialect=dialect, check=True)
    for path in (datums, back):
        with filmroll.open(path) as made:
            assert [difference(one, other) for one, other in zip(samples, made, strict=True)] == [[], [], []]


def test_every_kind_of_file_is_in_the_matrix():
    assert {kind for kind, _ in WHOLE + LABELS_ONLY} == set(KINDS)
    writable = set(dialects.DIALECTS) - {"tensor_protos"}  # which is only read
    assert {name for _, name in WHOLE + ARRAYS + LABELS_ONLY} == writable - {"imagenet"}  # which has a test below


def test_imagenet_keeps_boxes_of_the_label_and_says_what_it_encodes_again(data, tmp_path):
    samples = [
        filmroll.Sample(key=f"{number}.JPEG", encoded=one.encoded, label=number, text=LABEL_NAMES[number],
                        boxes=Boxes(one.boxes.corners, labels=[number] * len(one.boxes)))
        for number, one in enumerate(pictures(data))
    ]  # fmt: skip
    source = write(samples, tmp_path, "tar", "webdataset")
    report = filmroll.convert(source, tmp_path / "train.tfrecord", dialect="imagenet", check=True)
    assert report.changed == 0
    with filmroll.open(report.shards) as made:
        assert made.dialect == "imagenet"
        assert [difference(one, other) for one, other in zip(samples, made, strict=True)] == [[], [], []]


def test_difference_that_check_finds_removes_the_result(data, tmp_path, monkeypatch):
    source = write(list(pictures(data)), tmp_path, "tar", "webdataset")
    monkeypatch.setattr(check, "difference", lambda one, other: ["label"])
    with pytest.raises(filmroll.FormatError, match="differs from the source in label"):
        filmroll.convert(source, tmp_path / "dest.parquet", check=True)
    assert not (tmp_path / "dest.parquet").exists()
    assert "dest.parquet" not in manifest.read(tmp_path / manifest.NAME)
