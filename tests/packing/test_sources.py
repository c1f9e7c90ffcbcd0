"""Any source is packed: counts in are counts out, and what a source knows is in the records."""

import json
from collections import Counter

import lmdb
import numpy as np
import pytest

import filmroll
import pictures
from filmroll import Policies, Resize
from filmroll.dialects import slim
from filmroll.errors import DecodeError, FormatError, UnsupportedError
from filmroll.sources import mnist

PUBLISHED_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@pytest.fixture
def photos(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(pictures.jpeg(number))  # 32 wide, 24 high
    return tmp_path


def table(folder, *boxes, name="t.jsonl", **more):
    """Write a table of `0.jpg`, `1.jpg`, ... with these boxes."""
    rows = [{"path": f"{number}.jpg", "boxes": box, **more} for number, box in enumerate(boxes)]
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / name


@pytest.mark.parametrize("dialect", ["array", "mnist", "slim"])
@pytest.mark.parametrize("shards", [1, 3])
def test_mnist_has_the_published_counts_in_every_dialect(data, tmp_path, dialect, shards):
    report = filmroll.pack(data / "mnist", tmp_path / "m", dialect=dialect, shards=shards)
    assert (report.read, report.written, report.changed, report.skipped) == (10_000, 10_000, 0, 0)
    assert (report.findings, report.ignored, report.lost) == ([], [], [])
    roll = filmroll.open(report.shards)
    counts = Counter(sample.label for sample in roll)
    assert [counts[digit] for digit in range(10)] == PUBLISHED_COUNTS
    split = json.loads((tmp_path / "filmroll.json").read_text())["splits"]["m"]
    assert split["records"] == 10_000
    assert split["label_names"] == [str(digit) for digit in range(10)]


@pytest.mark.parametrize("dialect", ["array", "mnist", "slim"])
def test_mnist_keeps_every_pixel_label_and_key(data, tmp_path, dialect):
    report = filmroll.pack(data / "mnist" / "tiny", tmp_path / "m", dialect=dialect, split="test", seed=None)
    wanted = mnist.read(data / "mnist" / "tiny", split="test").items
    samples = list(filmroll.open(report.shards, dialect=dialect))
    assert [(one.key, one.label, one.text) for one in samples] == [(row.key, row.label, row.text) for row in wanted]
    for sample, row in zip(samples, wanted, strict=True):
        np.testing.assert_array_equal(sample.image, row.array)


def test_arrays_are_written_one_by_one_where_each_is_large(data, tmp_path, monkeypatch):
    filmroll.pack(data / "mnist" / "tiny", tmp_path / "all", dialect="array", split="test")
    monkeypatch.setattr("filmroll.packing.pack.CHUNK_NBYTES", 1)
    seen = []
    options = {"dialect": "array", "split": "test", "progress": lambda *counts: seen.append(counts)}
    report = filmroll.pack(data / "mnist" / "tiny", tmp_path / "each", **options)
    assert seen == [(number, report.read) for number in range(1, report.read + 1)]
    assert report.shards[0].read_bytes() == (tmp_path / report.shards[0].name.replace("each", "all")).read_bytes()


def test_mnist_is_shuffled_by_the_seed_as_files_are(data, tmp_path):
    one = filmroll.pack(data / "mnist", tmp_path / "a" / "m", dialect="array", seed=3, threads=1, shards=2)
    two = filmroll.pack(data / "mnist", tmp_path / "b" / "m", dialect="array", seed=3, threads=2, shards=2)
    assert pictures.tree(tmp_path / "a") == pictures.tree(tmp_path / "b")
    labels = [sample.label for sample in filmroll.open(one.shards)]
    assert labels[:5] != [7, 2, 1, 0, 4]
    assert one.written == two.written


def test_manifest_of_arrays_says_what_records_have(data, tmp_path):
    filmroll.pack(data / "mnist", tmp_path / "m", dialect="array")
    features = json.loads((tmp_path / "filmroll.json").read_text())["splits"]["m"]["features"]
    assert features["image_shape"] == {"type": "int64", "shape": [3]}
    assert features["label"] == {"type": "int64", "shape": []}


def test_progress_of_arrays_ends_at_their_number(data, tmp_path):
    seen = []
    filmroll.pack(data / "mnist", tmp_path / "m", dialect="array", progress=lambda *counts: seen.append(counts))
    assert seen[-1] == (10_000, 10_000)
    assert len(seen) < 100


@pytest.mark.parametrize("options", [{"resize": Resize(shorter=8)}, {"seekable": True}])
@pytest.mark.parametrize("dialect", ["array", "mnist", "slim"])
def test_copies_of_arrays_are_refused(data, tmp_path, options, dialect):
    with pytest.raises(UnsupportedError, match="of encoded pictures, not of arrays"):
        filmroll.pack(data / "mnist" / "tiny", tmp_path / "m", split="test", dialect=dialect, **options)


def test_cifar_of_two_sizes_is_packed(data, tmp_path):
    report = filmroll.pack(data / "cifar", tmp_path / "c", split="all", dialect="array")
    assert (report.read, report.written) == (5, 5)
    shapes = {sample.key: sample.image.shape for sample in filmroll.open(report.shards)}
    assert shapes["image_5.png"] == (2, 2, 3)
    assert shapes["image_1.png"] == (32, 32, 3)


def test_picture_whose_name_says_nothing_is_told(tmp_path):
    (tmp_path / "plain").write_bytes(pictures.jpeg())
    (tmp_path / "t.jsonl").write_text('{"path": "plain"}\n')
    report = filmroll.pack(tmp_path / "t.jsonl", tmp_path / "out" / "roll")
    [finding] = report.findings
    assert (finding.kind, finding.action, report.changed) == ("mislabelled", "kept", 0)
    assert finding.detail == "the name says no suffix, the bytes are JPEG"


# Boxes


def test_boxes_are_in_the_records(photos):
    report = filmroll.pack(table(photos, [[8, 6, 16, 12]], []), photos / "out" / "roll", box_format="coco", seed=None)
    samples = list(filmroll.open(report.shards))
    assert samples[0].boxes.corners.tolist() == [[0.25, 0.25, 0.75, 0.75]]


def test_box_outside_is_one_line_with_file_line_and_box(photos):
    path = table(photos, [[0, 0, 8, 6]], [[0, 0, 1, 1], [20, 6, 16, 12]])
    with pytest.raises(FormatError) as caught:
        filmroll.pack(path, photos / "out" / "roll", box_format="coco")
    assert str(caught.value) == (
        f"{photos / '1.jpg'}: {path}: line 2: box 1 is ymin 0.25, xmin 0.625, ymax 0.75, xmax 1.125:"
        " expected shares of the picture, 0 <= min <= max <= 1; --on-outside says what to do"
    )
    assert list((photos / "out").iterdir()) == []


def test_box_outside_can_be_cut_off_or_its_picture_left_out(photos):
    path = table(photos, [[0, 0, 8, 6]], [[20, 6, 16, 12], [40, 0, 1, 1]])
    cut = filmroll.pack(path, photos / "a" / "roll", box_format="coco", policies=Policies(outside="convert"), seed=None)
    assert [(one.kind, one.action, one.path) for one in cut.findings] == [("outside", "changed", str(photos / "1.jpg"))]
    assert (cut.written, cut.changed) == (2, 0)
    assert filmroll.open(cut.shards)[1].boxes.corners.tolist() == [[0.25, 0.625, 0.75, 1]]
    left = filmroll.pack(path, photos / "b" / "roll", box_format="coco", policies=Policies(outside="skip"))
    assert [(one.kind, one.action) for one in left.findings] == [("outside", "skipped")]
    assert (left.read, left.written, left.skipped) == (2, 1, 1)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_boxes_turn_with_a_photo_that_is_turned(photos, orientation):
    (photos / "0.jpg").write_bytes(pictures.rotated_jpeg(orientation))
    path = table(photos, [[0, 0, 8, 6]])
    options = {"box_format": "coco", "seed": None}
    kept = filmroll.open(filmroll.pack(path, photos / "a" / "roll", **options).shards)[0]
    assert kept.boxes.corners.tolist() == [[0, 0, 0.25, 0.25]]
    for name, more in (("b", {"policies": Policies(rotated="convert")}), ("c", {"resize": Resize(shorter=12)})):
        turned = filmroll.open(filmroll.pack(path, photos / name / "roll", **options, **more).shards)[0]
        wanted = {3: [0.75, 0.75, 1, 1], 6: [0, 0.75, 0.25, 1], 8: [0.75, 0, 1, 0.25]}[orientation]
        assert turned.boxes.corners.tolist() == [wanted]


# Masks


def masked(folder, **row):
    filmroll.imwrite(folder / "m.png", np.zeros((24, 32), np.uint8))
    (folder / "t.jsonl").write_text(json.dumps({"path": "0.jpg", "mask": "m.png", **row}) + "\n")
    return folder / "t.jsonl"


def test_mask_is_in_the_record_bit_for_bit(photos):
    report = filmroll.pack(masked(photos), photos / "out" / "roll", seekable=True)
    [sample] = filmroll.open(report.shards)
    assert bytes(sample.mask) == (photos / "m.png").read_bytes()


@pytest.mark.parametrize("options", [{"resize": Resize(shorter=8)}, {"policies": Policies(rotated="convert")}])
def test_picture_with_a_mask_is_not_turned_or_made_smaller(photos, options):
    (photos / "0.jpg").write_bytes(pictures.rotated_jpeg(3))
    with pytest.raises(UnsupportedError, match="0.jpg: a picture with a mask is packed as it is"):
        filmroll.pack(masked(photos), photos / "out" / "roll", **options)


# What a dialect does not hold


def test_loss_is_refused_unless_it_is_allowed(photos, monkeypatch):
    monkeypatch.setattr(slim, "HOLDS", frozenset({"label"}))
    path = table(photos, [[0, 0, 8, 6]], label=1, caption="x", width=3)
    with pytest.raises(UnsupportedError, match="slim dialect does not hold boxes and features and text") as caught:
        filmroll.pack(path, photos / "out" / "roll", box_format="coco")
    assert caught.value.path == str(photos)
    with pytest.raises(UnsupportedError, match="does not hold boxes and features and text"):
        filmroll.pack(path, photos / "out" / "roll", box_format="coco", drop=("boxes", "text"))
    assert not (photos / "out").exists()
    report = filmroll.pack(path, photos / "out" / "roll", box_format="coco", drop=("boxes", "features", "text"))
    assert report.lost == report.to_json()["lost"] == ["boxes", "features", "text"]


def test_name_of_a_class_is_no_loss(tmp_path, monkeypatch):
    monkeypatch.setattr(slim, "HOLDS", frozenset({"label"}))
    report = filmroll.pack(pictures.folder_of_classes(tmp_path / "in"), tmp_path / "out" / "roll")
    assert (report.written, report.lost) == (12, [])


def test_column_named_as_a_feature_of_the_dialect_is_refused(photos):
    (photos / "t.csv").write_text("path,image/encoded\n0.jpg,x\n")
    with pytest.raises(UnsupportedError, match="image/encoded"):
        filmroll.pack(photos / "t.csv", photos / "out" / "roll")


def test_unreadable_policy_fails_for_tables_too(photos):
    (photos / "t.csv").write_text("path\ngone.jpg\n")
    with pytest.raises(DecodeError, match=r"gone\.jpg: No such file"):
        filmroll.pack(photos / "t.csv", photos / "out" / "roll", policies=Policies(unreadable="fail"))


def test_labels_given_number_a_folder_in_their_order(tmp_path):
    source = pictures.folder_of_classes(tmp_path / "in")
    report = filmroll.pack(source, tmp_path / "roll", source_kind="folder", label_names=["tulip", "rose", "daisy"])
    assert {(sample.text, sample.label) for sample in filmroll.open(report.shards)} == {
        ("tulip", 0),
        ("rose", 1),
        ("daisy", 2),
    }


def test_keys_of_lmdb_are_those_of_caffes_tools(data, tmp_path):
    for number, name in enumerate(("cats/a 1.jpg", "dogs/b.jpg")):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(pictures.jpeg(number))
    (tmp_path / "list.txt").write_text("dogs/b.jpg 1\ncats/a 1.jpg 0\n")
    filmroll.pack(tmp_path / "list.txt", tmp_path / "images.lmdb", seed=None)
    filmroll.pack(data / "mnist" / "tiny", tmp_path / "mnist.lmdb", split="test", dialect="datum", seed=None)
    assert lmdb_keys(tmp_path / "images.lmdb") == [b"00000000_dogs/b.jpg", b"00000001_cats/a 1.jpg"]
    assert lmdb_keys(tmp_path / "mnist.lmdb") == [b"00000000", b"00000001", b"00000002"]


def lmdb_keys(path):
    with lmdb.open(str(path), readonly=True, lock=False) as environment, environment.begin() as transaction:
        return [key for key, _ in transaction.cursor()]
