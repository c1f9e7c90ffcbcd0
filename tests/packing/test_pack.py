"""A folder of pictures becomes shards: bytes kept, every picture accounted for, nothing half-written."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import UnsupportedError
from filmroll.messages import example
from filmroll.packing import sink


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_pack_writes_shards_indexes_and_one_manifest(flowers, tmp_path):
    report = filmroll.pack(flowers, tmp_path / "out" / "roll", shards=2)
    shards = {f"roll-0000{index}-of-00002.tfrecord" for index in range(2)}
    assert names_in(tmp_path / "out") == shards | {f"{name}.idx" for name in shards} | {"filmroll.json"}
    assert {path.name for path in report.shards} == shards


def test_counts_in_are_counts_out(flowers, tmp_path):
    report = filmroll.pack(flowers, tmp_path / "roll", shards=3)
    assert (report.read, report.written, report.changed, report.skipped) == (12, 12, 0, 0)
    assert report.ok
    assert report.nbytes == sum(path.stat().st_size for path in report.shards)


def test_picture_bytes_are_kept_bit_for_bit(flowers, tmp_path):
    report = filmroll.pack(flowers, tmp_path / "roll", shards=2)
    with filmroll.open(report.shards) as roll:
        packed = {sample.key: bytes(sample.encoded) for sample in roll}
    assert packed == pictures.tree(flowers)


def test_slim_features_say_format_size_label_and_name(flowers, tmp_path):
    report = filmroll.pack(flowers, tmp_path / "roll.tfrecord", seed=None)
    with filmroll.Reader(report.shards[0]) as reader:
        features = example.parse(reader[1])
    plain = {
        name: value.tolist() if isinstance(value, np.ndarray) else [bytes(one) for one in value]
        for name, value in features.items()
        if name != "image/encoded"
    }
    assert plain == {
        "image/format": [b"png"],
        "image/height": [21],
        "image/width": [32],
        "image/channels": [3],
        "image/filename": [b"daisy/daisy 1.png"],
        "image/class/label": [0],
        "image/class/text": [b"daisy"],
    }


def test_order_is_shuffled_by_the_seed_whatever_the_threads(flowers, tmp_path):
    def order(name: str, **options) -> list[str]:
        return [sample.key for sample in filmroll.open(filmroll.pack(flowers, tmp_path / name, **options).shards)]

    one = order("a", shards=3, seed=7, threads=1)
    assert one == order("b", shards=3, seed=7, threads=4)
    assert one != order("c", shards=3, seed=8)
    assert order("d", shards=3, seed=None) == sorted(one)


def test_same_input_gives_the_same_bytes(flowers, tmp_path):
    one = filmroll.pack(flowers, tmp_path / "a" / "roll", shards=2, threads=1)
    two = filmroll.pack(flowers, tmp_path / "b" / "roll", shards=2, threads=2)
    assert pictures.tree(tmp_path / "a") == pictures.tree(tmp_path / "b")
    assert one.to_json()["read"] == two.to_json()["read"]


def test_manifest_states_dialect_features_labels_and_shards(flowers, tmp_path):
    filmroll.pack(flowers, tmp_path / "roll", shards=2)
    split = json.loads((tmp_path / "filmroll.json").read_text())["splits"]["roll"]
    assert split["dialect"] == "slim"
    assert split["records"] == 12
    assert split["label_names"] == ["daisy", "rose", "tulip"]
    assert split["features"]["image/height"] == {"type": "int64", "shape": []}
    assert split["features"]["image/encoded"] == {"type": "bytes", "shape": []}
    for shard in split["shards"]:
        assert shard["records"] == 6
        assert shard["nbytes"] == (tmp_path / shard["path"]).stat().st_size


def test_manifest_keeps_the_other_splits_of_the_folder(flowers, tmp_path):
    filmroll.pack(flowers, tmp_path / "train")
    filmroll.pack(flowers, tmp_path / "validation")
    assert set(json.loads((tmp_path / "filmroll.json").read_text())["splits"]) == {"train", "validation"}


def test_size_of_a_shard_decides_their_number(flowers, tmp_path):
    total = sum(path.stat().st_size for path in flowers.rglob("*.*"))
    report = filmroll.pack(flowers, tmp_path / "roll", shard_nbytes=total // 3)
    assert len(report.shards) == 4


@pytest.mark.parametrize("compression", ["gzip", "zlib"])
def test_compressed_shards_hold_the_same_records_and_have_no_index(flowers, tmp_path, compression):
    report = filmroll.pack(flowers, tmp_path / "roll", compression=compression)
    assert not list(tmp_path.glob("*.idx"))
    packed = {sample.key: bytes(sample.encoded) for sample in filmroll.open(report.shards)}
    assert packed == pictures.tree(flowers)


# Dialects


def test_imagenet_dialect_has_its_15_features_and_labels_from_1(flowers, tmp_path):
    report = filmroll.pack(flowers, tmp_path / "roll", dialect="imagenet", seed=None)
    with filmroll.open(report.shards) as roll:
        features = [roll.features(number) for number in range(len(roll))]
        assert {sample.label for sample in roll} == {0, 1, 2}
    assert {int(one["image/class/label"][0]) for one in features} == {1, 2, 3}
    assert all(len(one) == 15 for one in features)


def test_imagenet_dialect_makes_png_a_jpeg_and_reports_it(flowers, tmp_path):
    report = filmroll.pack(flowers, tmp_path / "roll", dialect="imagenet")
    assert report.changed == 6
    assert report.kinds() == {"re-encoded, changed": 6}
    assert {sample.header.format for sample in filmroll.open(report.shards)} == {"jpeg"}


def test_array_dialect_holds_the_decoded_pictures(flowers, tmp_path):
    report = filmroll.pack(flowers, tmp_path / "roll", dialect="array")
    assert report.changed == 12
    for sample in filmroll.open(report.shards):
        assert np.array_equal(sample.image, filmroll.imread(flowers / sample.key))


def test_picture_that_the_dialect_cannot_decode_is_skipped_listed_and_counted(flowers, tmp_path):
    (flowers / "rose" / "cut.jpg").write_bytes(pictures.jpeg()[:-300])  # its header is whole
    assert filmroll.pack(flowers, tmp_path / "kept").written == 13
    report = filmroll.pack(flowers, tmp_path / "roll", dialect="array")
    assert (report.read, report.written, report.skipped) == (13, 12, 1)
    assert [one.path for one in report.findings if one.kind == "unreadable"] == [str(flowers / "rose" / "cut.jpg")]


def test_picture_that_the_dialect_has_no_place_for_is_skipped_listed_and_counted(flowers, tmp_path):
    deep = filmroll.encode(pictures.image(1).astype(np.uint16) * 257, "png")
    (flowers / "rose" / "deep.png").write_bytes(deep)
    report = filmroll.pack(flowers, tmp_path / "roll", dialect="mnist")
    assert (report.read, report.written, report.skipped) == (13, 12, 1)
    [finding] = [one for one in report.findings if one.kind == "unreadable"]
    assert finding.path == str(flowers / "rose" / "deep.png")
    assert "stores uint8" in finding.detail


def test_unknown_dialect_names_those_there_are(flowers, tmp_path):
    with pytest.raises(UnsupportedError, match="no dialect 'klingon'; there are: array, .*slim"):
        filmroll.pack(flowers, tmp_path / "roll", dialect="klingon")


# Existing files, failures, interruptions


def test_existing_shards_are_not_replaced_unasked(flowers, tmp_path):
    filmroll.pack(flowers, tmp_path / "roll", shards=2)
    before = pictures.tree(tmp_path)
    with pytest.raises(FileExistsError):
        filmroll.pack(flowers, tmp_path / "roll", shards=2, seed=5)
    with pytest.raises(FileExistsError):
        filmroll.pack(flowers, tmp_path / "roll", shards=3)  # a pattern would take both sets together
    assert pictures.tree(tmp_path) == before


def test_overwrite_replaces_an_earlier_set_whole(flowers, tmp_path):
    filmroll.pack(flowers, tmp_path / "roll", shards=4)
    filmroll.pack(flowers, tmp_path / "roll", shards=2, overwrite=True)
    assert {path.name for path in tmp_path.glob("*.tfrecord")} == {f"roll-0000{i}-of-00002.tfrecord" for i in range(2)}
    assert len(filmroll.open(tmp_path / "roll-*.tfrecord")) == 12


def test_error_in_one_shard_leaves_no_half_written_file(flowers, tmp_path, monkeypatch):
    def failing(*arguments, **options):
        raise OSError(28, "No space left on device", str(tmp_path / "roll"))

    monkeypatch.setitem(sink.SERIALIZERS, "example", failing)
    with pytest.raises(OSError, match="No space left"):
        filmroll.pack(flowers, tmp_path / "out" / "roll", shards=3)
    assert names_in(tmp_path / "out") == set()


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_killed_pack_leaves_only_whole_shards_under_final_names(tmp_path):
    source = pictures.folder_of_classes(tmp_path / "flowers", each=40)
    script = (
        "import sys, os, signal, filmroll\n"
        "def progress(done, total):\n"
        "    if done == 70: os.kill(os.getpid(), signal.SIGKILL)\n"
        "filmroll.pack(sys.argv[1], sys.argv[2], shards=4, threads=1, progress=progress)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(source), str(tmp_path / "out" / "roll")], check=False)
    assert done.returncode == -9
    whole = sorted((tmp_path / "out").glob("roll-*.tfrecord"))
    assert len(whole) == 2
    assert filmroll.verify(whole).faults == []
    assert filmroll.verify(whole).records == 60
    assert not (tmp_path / "out" / "filmroll.json").exists()


def test_progress_counts_every_picture_once(flowers, tmp_path):
    seen = []
    filmroll.pack(flowers, tmp_path / "roll", shards=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 12) for number in range(1, 13)]


def test_real_photos_come_back_bit_for_bit(data, tmp_path):
    report = filmroll.pack(data / "photos", tmp_path / "photos", shards=4)
    assert (report.read, report.written, report.changed) == (64, 64, 0)
    filmroll.unpack(report.shards, tmp_path / "back")
    assert pictures.tree(tmp_path / "back") == pictures.tree(data / "photos")


def test_names_with_blanks_come_back_bit_for_bit(data, tmp_path):
    report = filmroll.pack(data / "images" / "caffe", tmp_path / "cats")
    filmroll.unpack(report.shards, tmp_path / "back")
    assert pictures.tree(tmp_path / "back") == pictures.tree(data / "images" / "caffe")
