"""A folder of pictures becomes shards: bytes kept, every picture accounted for, nothing half-written."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import Policies
from filmroll.errors import DecodeError, SourceError, UnsupportedError
from filmroll.messages import example
from filmroll.packing import sink


@pytest.fixture
def flowers(tmp_path):
    return pictures.folder_of_classes(tmp_path / "flowers")


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


# Out of the ordinary


def test_mislabelled_file_is_kept_and_listed_and_the_record_tells_the_truth(flowers, tmp_path):
    (flowers / "rose" / "liar.png").write_bytes(pictures.jpeg(50))
    report = filmroll.pack(flowers, tmp_path / "roll", seed=None)
    [finding] = report.findings
    assert (finding.kind, finding.action) == ("mislabelled", "kept")
    assert finding.detail == "the name says .png, the bytes are JPEG"
    [sample] = [one for one in filmroll.open(report.shards) if one.key.endswith("liar.png")]
    assert bytes(sample.encoded) == pictures.jpeg(50)
    assert sample.header.format == "jpeg"


def test_mislabelled_file_can_get_the_name_that_fits(flowers, tmp_path):
    (flowers / "rose" / "liar.png").write_bytes(pictures.jpeg(50))
    report = filmroll.pack(flowers, tmp_path / "roll", policies=Policies(mislabelled="convert"))
    samples = {one.key: bytes(one.encoded) for one in filmroll.open(report.shards)}
    assert samples["rose/liar.jpg"] == pictures.jpeg(50)
    assert report.changed == 0  # the bytes are the file's


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("cmyk", pictures.cmyk_jpeg()),
        ("cmyk", pictures.cmyk_jpeg(color="ycck")),
        ("rotated", pictures.rotated_jpeg(6)),
        ("rotated", pictures.rotated_jpeg(2)),
    ],
)
def test_cmyk_and_rotated_are_kept_by_default_and_listed(flowers, tmp_path, kind, data):
    (flowers / "rose" / "odd.jpg").write_bytes(data)
    report = filmroll.pack(flowers, tmp_path / "roll")
    assert [(one.kind, one.action) for one in report.findings] == [(kind, "kept")]
    assert (report.written, report.changed) == (13, 0)
    assert data in [bytes(one.encoded) for one in filmroll.open(report.shards)]


@pytest.mark.parametrize("color", ["cmyk", "ycck"])
def test_cmyk_converted_is_an_rgb_jpeg_of_the_same_picture(flowers, tmp_path, color):
    data = pictures.cmyk_jpeg(color=color)
    (flowers / "rose" / "odd.jpg").write_bytes(data)
    report = filmroll.pack(flowers, tmp_path / "roll", policies=Policies(cmyk="convert"))
    assert (report.written, report.changed) == (13, 1)
    [sample] = [one for one in filmroll.open(report.shards) if one.key.endswith("odd.jpg")]
    assert sample.header.color == "ycbcr"
    wanted = filmroll.decode(data, channels=3).astype(int)
    assert np.abs(wanted - sample.image).mean() < 6  # chroma is halved


def test_rotated_converted_is_upright_and_says_so(flowers, tmp_path):
    (flowers / "rose" / "odd.jpg").write_bytes(pictures.rotated_jpeg(6))
    report = filmroll.pack(flowers, tmp_path / "roll", policies=Policies(rotated="convert"))
    assert report.changed == 1
    [sample] = [one for one in filmroll.open(report.shards) if one.key.endswith("odd.jpg")]
    assert (sample.header.height, sample.header.width, sample.header.orientation) == (32, 24, 1)
    wanted = filmroll.decode(pictures.rotated_jpeg(6), orientation="apply").astype(int)
    assert np.abs(wanted - sample.image).mean() < 6  # chroma is halved along the other axis now


@pytest.mark.parametrize(
    ("asked", "kind", "data"),
    [("rotated", "cmyk", pictures.cmyk_jpeg()), ("cmyk", "rotated", pictures.rotated_jpeg(6))],
)
def test_what_is_asked_for_others_leaves_a_picture_as_it_is(flowers, tmp_path, asked, kind, data):
    (flowers / "rose" / "odd.jpg").write_bytes(data)
    report = filmroll.pack(flowers, tmp_path / "roll", policies=Policies(**{asked: "convert"}))
    assert [(one.kind, one.action) for one in report.findings] == [(kind, "kept")]
    assert report.changed == 0
    assert data in [bytes(one.encoded) for one in filmroll.open(report.shards)]


def test_animations_and_alpha_are_kept_and_nothing_out_of_the_ordinary(flowers, tmp_path):
    frames = np.stack([pictures.image(number) for number in range(3)])
    (flowers / "rose" / "moving.gif").write_bytes(filmroll.encode(frames, "gif"))
    filmroll.imwrite(flowers / "rose" / "clear.png", pictures.image(1, channels=4))
    report = filmroll.pack(flowers, tmp_path / "roll")
    assert (report.written, report.changed, report.findings) == (14, 0, [])


def turned_deep_png() -> bytes:
    """A PNG of 16 bits whose EXIF data asks to be turned."""
    from PIL import Image

    file, exif = io.BytesIO(), Image.Exif()
    exif[0x112] = 6
    deep = pictures.image(1, channels=1)[..., 0].astype(np.uint16) * 257
    deep[0, 0] += 1
    Image.fromarray(deep).save(file, "PNG", exif=exif)
    return file.getvalue()


def test_rotated_converted_keeps_16_bits(flowers, tmp_path):
    (flowers / "rose" / "odd.png").write_bytes(turned_deep_png())
    report = filmroll.pack(flowers, tmp_path / "roll", policies=Policies(rotated="convert"))
    [sample] = [one for one in filmroll.open(report.shards) if one.key.endswith("odd.png")]
    wanted = filmroll.decode(turned_deep_png(), dtype="uint16", orientation="apply")
    assert np.array_equal(sample.decode(dtype="uint16"), wanted)


def test_picture_that_was_turned_and_then_has_no_place_in_the_dialect_is_skipped_and_not_changed(flowers, tmp_path):
    (flowers / "rose" / "odd.png").write_bytes(turned_deep_png())
    report = filmroll.pack(flowers, tmp_path / "roll", policies=Policies(rotated="convert"), dialect="mnist")
    assert (report.read, report.written, report.changed, report.skipped) == (13, 12, 12, 1)


@pytest.mark.parametrize("asked", ["cmyk", "rotated"])
def test_rotated_cmyk_becomes_upright_rgb_whichever_was_asked_for(flowers, tmp_path, asked):
    data = pictures.rotated_jpeg(6, pictures.cmyk_jpeg())
    (flowers / "rose" / "odd.jpg").write_bytes(data)
    report = filmroll.pack(flowers, tmp_path / "roll", policies=Policies(**{asked: "convert"}))
    assert [(one.kind, one.action) for one in report.findings] == [("cmyk", "changed"), ("rotated", "changed")]
    [sample] = [one for one in filmroll.open(report.shards) if one.key.endswith("odd.jpg")]
    header = sample.header
    assert (header.height, header.width, header.orientation, header.color) == (32, 24, 1, "ycbcr")
    wanted = filmroll.decode(data, channels=3, orientation="apply").astype(int)
    assert np.abs(wanted - sample.image).mean() < 6


@pytest.mark.parametrize("quality", [0, 101, -1])
def test_quality_that_there_is_not_is_refused_before_anything_is_written(flowers, tmp_path, quality):
    with pytest.raises(UnsupportedError, match=f"a JPEG quality of {quality}; give 1 to 100"):
        Policies(quality=quality)
    with pytest.raises(UnsupportedError, match=f"a JPEG quality of {quality}; give 1 to 100"):
        filmroll.pack(flowers, tmp_path / "out" / "roll", quality=quality)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["mislabelled", "cmyk", "rotated"])
def test_policy_skip_leaves_the_picture_out_and_counts_it(flowers, tmp_path, kind):
    odd = {"mislabelled": pictures.jpeg(), "cmyk": pictures.cmyk_jpeg(), "rotated": pictures.rotated_jpeg(3)}[kind]
    (flowers / "rose" / ("odd.png" if kind == "mislabelled" else "odd.jpg")).write_bytes(odd)
    report = filmroll.pack(flowers, tmp_path / "roll", policies=Policies(**{kind: "skip"}))
    assert (report.read, report.written, report.skipped) == (13, 12, 1)
    assert not report.ok
    assert [(one.kind, one.action) for one in report.findings] == [(kind, "skipped")]


def test_policy_fail_stops_with_the_file_and_leaves_nothing_half_written(flowers, tmp_path):
    (flowers / "rose" / "odd.jpg").write_bytes(pictures.cmyk_jpeg())
    with pytest.raises(DecodeError, match="--on-cmyk says what to do") as caught:
        filmroll.pack(flowers, tmp_path / "out" / "roll", policies=Policies(cmyk="fail"))
    assert caught.value.path == str(flowers / "rose" / "odd.jpg")
    assert names_in(tmp_path / "out") == set()


@pytest.mark.parametrize(
    ("name", "content"),
    [("cut.jpg", pictures.jpeg()[:40]), ("text.png", b"this is no picture"), ("empty.gif", b"")],
)
def test_unreadable_file_is_skipped_listed_and_counted(flowers, tmp_path, name, content):
    (flowers / "rose" / name).write_bytes(content)
    report = filmroll.pack(flowers, tmp_path / "roll", shards=2)
    assert (report.read, report.written, report.skipped) == (13, 12, 1)
    [finding] = report.findings
    assert (finding.kind, finding.action) == ("unreadable", "skipped")
    assert finding.path.endswith(name)
    assert finding.detail


def test_manifest_counts_what_was_written_not_what_was_found(flowers, tmp_path):
    def entry(folder):
        report = filmroll.pack(flowers, folder / "roll", seed=None, shards=1)
        return report, json.loads((folder / "filmroll.json").read_text())["splits"]["roll"]

    _, wanted = entry(tmp_path / "before")
    (flowers / "rose" / "cut.jpg").write_bytes(pictures.jpeg()[:40])
    report, split = entry(tmp_path / "after")
    assert report.skipped == 1
    assert split == wanted
    assert filmroll.verify(report.shards).faults == []


def test_link_to_nowhere_is_unreadable_not_lost(flowers, tmp_path):
    (flowers / "rose" / "gone.jpg").symlink_to(tmp_path / "nowhere")
    report = filmroll.pack(flowers, tmp_path / "roll")
    assert report.skipped == 1
    assert report.findings[0].detail == "No such file or directory"


def test_unreadable_file_stops_where_asked(flowers, tmp_path):
    (flowers / "rose" / "cut.jpg").write_bytes(pictures.jpeg()[:40])
    with pytest.raises(DecodeError) as caught:
        filmroll.pack(flowers, tmp_path / "roll", policies=Policies(unreadable="fail"))
    assert caught.value.path.endswith("cut.jpg")


def test_files_that_are_no_pictures_are_named_and_not_counted(flowers, tmp_path):
    (flowers / "rose" / "notes.txt").write_text("n")
    report = filmroll.pack(flowers, tmp_path / "roll")
    assert report.ignored == ["rose/notes.txt"]
    assert (report.read, report.skipped) == (12, 0)


def test_picture_without_a_class_among_classes_is_told(flowers, tmp_path, run):
    (flowers / "top.jpg").write_bytes(pictures.jpeg())
    code, out, err = run("pack", flowers, tmp_path / "roll")
    assert (code, err) == (0, "without a label: 'top.jpg' is in no folder of a class\n")
    assert out.startswith("13 of 13 pictures")
    code, out, err = run("pack", flowers, tmp_path / "roll", "--overwrite", "--json")
    assert json.loads(out)["remarks"] == ["without a label: 'top.jpg' is in no folder of a class"]


def test_folder_where_no_picture_is_readable_is_an_error_and_leaves_no_shard(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").write_bytes(b"no")
    with pytest.raises(SourceError, match="none of its 1 pictures could be packed"):
        filmroll.pack(tmp_path / "in", tmp_path / "out" / "roll")
    assert names_in(tmp_path / "out") == set()


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
