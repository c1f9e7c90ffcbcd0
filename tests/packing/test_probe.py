"""Pictures out of the ordinary: mislabelled, CMYK, rotated, unreadable, and what was asked for them."""

import io
import json

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import Policies
from filmroll.errors import DecodeError, SourceError, UnsupportedError


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
    assert list((tmp_path / "out").iterdir()) == []


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
    assert list((tmp_path / "out").iterdir()) == []
