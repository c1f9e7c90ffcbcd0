"""Training copies: encoded again once, upright, no larger than asked for, with a marker every few blocks."""

import numpy as np
import pytest
from PIL import Image

import filmroll
import pictures
from filmroll import Policies
from filmroll.codecs import jpeg_restarts, jpeg_scan
from filmroll.errors import DecodeError, EncodeError, UnsupportedError
from filmroll.packing.copies import Copies, Resize, reduce, restart_blocks
from filmroll.sample import Sample


def packed(source, dest, **options) -> tuple[filmroll.packing.report.Report, dict[str, Sample]]:
    report = filmroll.pack(source, dest, **options)
    with filmroll.open(report.shards) as roll:
        return report, {sample.key: Sample(sample.key, bytes(sample.encoded), label=sample.label) for sample in roll}


def coded(pixels: np.ndarray, size: tuple[int, int] | None = None) -> np.ndarray:
    """What is to come out where these pixels, (height, width) made smaller, went in."""
    if size is not None:
        pixels = np.asarray(Image.fromarray(pixels).resize(size[::-1], Image.Resampling.LANCZOS))
    return filmroll.decode(filmroll.encode(pixels, "jpeg", quality=95))


# Size


@pytest.mark.parametrize(
    ("height", "width", "wanted"),
    [
        (3000, 4000, (320, 427)),
        (4000, 3000, (427, 320)),
        (321, 321, (320, 320)),
        (320, 4000, (320, 4000)),
        (100, 50, (100, 50)),
    ],
)
def test_shorter_side_becomes_what_was_asked_for_and_nothing_is_enlarged(height, width, wanted):
    assert Resize(shorter=320).size(height, width) == wanted


@pytest.mark.parametrize("shorter", [0, -3])
def test_impossible_sides_are_refused(shorter):
    with pytest.raises(UnsupportedError, match="give 1 or more"):
        Resize(shorter=shorter)


@pytest.mark.parametrize("channels", [1, 3])
def test_reducing_is_pillows_lanczos(channels):
    image = pictures.image(1, height=90, width=60, channels=channels)
    wanted = Image.fromarray(image[..., 0] if channels == 1 else image).resize((20, 30), Image.Resampling.LANCZOS)
    assert np.array_equal(reduce(image, (30, 20)), np.asarray(wanted).reshape(30, 20, channels))


def test_resized_copies_are_the_reduced_pictures(tmp_path):
    folder = tmp_path / "in" / "rose"
    folder.mkdir(parents=True)
    for suffix, height, width in (("png", 300, 400), ("jpg", 400, 300), ("webp", 200, 200)):
        filmroll.imwrite(folder / f"{suffix}.{suffix}", pictures.image(1, height=height, width=width))
    _, copies = packed(tmp_path / "in", tmp_path / "roll", resize=Resize(shorter=100), quality=95)
    assert {key: one.header.shape for key, one in copies.items()} == {
        "rose/png.png": (100, 133, 3),
        "rose/jpg.jpg": (133, 100, 3),
        "rose/webp.webp": (100, 100, 3),
    }
    for key, copy in copies.items():
        assert copy.header.format == "jpeg"
        assert np.array_equal(copy.image, coded(filmroll.imread(tmp_path / "in" / key), copy.image.shape[:2]))


def test_resize_alone_leaves_the_bytes_of_small_pictures_and_writes_no_markers(flowers, tmp_path):
    report, copies = packed(flowers, tmp_path / "roll", resize=Resize(shorter=22))
    before = pictures.tree(flowers)
    same = {key for key, copy in copies.items() if copy.encoded == before[key]}
    assert same == {key for key in before if filmroll.read_header(before[key]).height <= 22}
    assert len(same) == 9
    assert (report.changed, report.copied.pictures, report.copied.marker_nbytes) == (3, 3, 0)


# Seekable


@pytest.mark.parametrize(
    ("width", "block", "blocks"),
    [
        *[(427, 16, 3), (480, 16, 2), (320, 16, 2), (570, 16, 2), (400, 16, 5), (460, 16, 1), (320, 8, 4), (408, 8, 1)],
        *[(16, 16, 1), (32, 16, 2), (70, 16, 5), (1, 16, 1), (70, 8, 9), (104, 16, 1)],
    ],
)
def test_markers_are_so_far_apart_that_they_stand_below_each_other(width, block, blocks):
    assert restart_blocks(width, block) == blocks


def test_seekable_copies_are_baseline_with_a_marker_every_few_blocks(tmp_path):
    (tmp_path / "in").mkdir()
    filmroll.imwrite(tmp_path / "in" / "a.jpg", pictures.image(1, height=100, width=70))
    filmroll.imwrite(tmp_path / "in" / "b.png", pictures.image(2, height=50, width=70, channels=1))
    report, copies = packed(tmp_path / "in", tmp_path / "roll", seekable=True)
    assert jpeg_scan.read_scan(copies["a.jpg"].encoded).interval == 5
    assert jpeg_scan.read_scan(copies["b.png"].encoded).interval == 9
    assert copies["b.png"].header.color == "gray"
    assert copies["b.png"].image.shape == (50, 70, 1)
    for key, copy in copies.items():
        assert jpeg_restarts.is_seekable(copy.encoded)
        assert np.array_equal(copy.image, coded(filmroll.imread(tmp_path / "in" / key)))
    index = 4 + len(b"restarts\0") + 2 * 7
    assert report.copied.marker_nbytes == 2 * (6 + 6 * 2 + index)


def test_bytes_of_the_markers_are_those_found_in_the_file():
    data = filmroll.encode(pictures.image(1, height=200, width=90), "jpeg", restart_rows=1)
    found = sum(data.count(bytes([0xFF, 0xD0 + number])) for number in range(8))
    assert found == 12
    assert jpeg_restarts.marker_nbytes(data) == 2 * found + len(b"\xff\xdd\x00\x04\x00\x06")
    assert jpeg_restarts.marker_nbytes(pictures.jpeg()) == 0
    assert jpeg_restarts.marker_nbytes(b"") == 0


@pytest.mark.parametrize(
    ("options", "seekable"),
    [
        ({"restart_rows": 1}, True),
        ({"restart_rows": 2}, False),
        ({}, False),
        ({"restart_rows": 1, "progressive": True}, False),
    ],
)
def test_picture_is_seekable_where_each_row_can_be_cut_out(options, seekable):
    assert jpeg_restarts.is_seekable(filmroll.encode(pictures.image(1, height=90), "jpeg", **options)) == seekable


def test_one_row_of_blocks_is_seekable_as_it_is():
    assert jpeg_restarts.is_seekable(filmroll.encode(pictures.image(1, height=16), "jpeg"))
    assert not jpeg_restarts.is_seekable(filmroll.encode(pictures.image(1, height=17), "jpeg"))


def test_copies_of_copies_keep_their_bytes(flowers, tmp_path):
    _, first = packed(flowers, tmp_path / "first", seekable=True, quality=80)
    filmroll.unpack(tmp_path / "first-*.tfrecord", tmp_path / "again")
    report, second = packed(
        tmp_path / "again", tmp_path / "second", seekable=True, quality=80, resize=Resize(shorter=99)
    )
    assert {key: one.encoded for key, one in second.items()} == {key: one.encoded for key, one in first.items()}
    assert (report.changed, report.copied.pictures) == (0, 0)


# The report


def test_report_counts_copies_and_what_they_cost_without_a_line_for_each(flowers, tmp_path):
    report, copies = packed(flowers, tmp_path / "roll", seekable=True, shards=3)
    assert (report.read, report.written, report.changed, report.skipped) == (12, 12, 12, 0)
    assert report.findings == []
    before = pictures.tree(flowers)
    assert report.to_json()["copied"] == {
        "pictures": 12,
        "source_nbytes": sum(map(len, before.values())),
        "nbytes": sum(len(copy.encoded) for copy in copies.values()),
        "marker_nbytes": 12 * (6 + 2 + 4 + len(b"restarts\0") + 2 * 2),
    }


def test_plain_pack_reports_no_copies(flowers, tmp_path):
    assert filmroll.pack(flowers, tmp_path / "roll").to_json()["copied"]["pictures"] == 0


def test_quality_is_that_of_the_copies(flowers, tmp_path):
    sizes = {
        quality: packed(flowers, tmp_path / f"q{quality}", seekable=True, quality=quality)[0].copied.nbytes
        for quality in (30, 95)
    }
    by_policies = packed(flowers, tmp_path / "p", seekable=True, policies=Policies(quality=30))[0].copied.nbytes
    assert sizes[30] == by_policies < sizes[95]


def test_threads_and_shards_change_no_copy(flowers, tmp_path):
    _, one = packed(flowers, tmp_path / "one", seekable=True, shards=1, threads=1)
    _, three = packed(flowers, tmp_path / "three", seekable=True, shards=3, threads=3)
    assert {key: copy.encoded for key, copy in one.items()} == {key: copy.encoded for key, copy in three.items()}


# What a copy cannot keep


@pytest.mark.parametrize("policy", ["keep", "convert"])
@pytest.mark.parametrize("options", [{"seekable": True}, {"resize": Resize(shorter=12)}])
def test_rotated_photo_is_turned_and_reported(tmp_path, policy, options):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "odd.jpg").write_bytes(pictures.rotated_jpeg(6))
    report, copies = packed(tmp_path / "in", tmp_path / "roll", policies=Policies(rotated=policy), **options)
    assert [(one.kind, one.action) for one in report.findings] == [("rotated", "changed")]
    upright = filmroll.decode(pictures.rotated_jpeg(6), orientation="apply")
    assert np.array_equal(copies["odd.jpg"].image, coded(upright, (16, 12) if "resize" in options else None))
    assert copies["odd.jpg"].header.orientation == 1


def test_rotated_photo_that_needs_no_copy_is_kept(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "odd.jpg").write_bytes(pictures.rotated_jpeg(6))
    report, copies = packed(tmp_path / "in", tmp_path / "roll", resize=Resize(shorter=100))
    assert [(one.kind, one.action) for one in report.findings] == [("rotated", "kept")]
    assert copies["odd.jpg"].encoded == pictures.rotated_jpeg(6)


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_that_is_left_out_is_reported_of_gray_as_well(tmp_path, channels):
    (tmp_path / "in").mkdir()
    filmroll.imwrite(tmp_path / "in" / "clear.png", pictures.image(1, channels=channels))
    report, copies = packed(tmp_path / "in", tmp_path / "out", seekable=True)
    assert [(one.kind, one.action) for one in report.findings] == [("transparent", "changed")]
    assert [copy.header.channels for copy in copies.values()] == [channels - 1]


def test_cmyk_becomes_rgb_and_is_reported(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "odd.jpg").write_bytes(pictures.cmyk_jpeg())
    report, copies = packed(tmp_path / "in", tmp_path / "roll", seekable=True)
    assert [(one.kind, one.action) for one in report.findings] == [("cmyk", "changed")]
    assert np.array_equal(copies["odd.jpg"].image, coded(filmroll.decode(pictures.cmyk_jpeg(), channels=3)))


@pytest.mark.parametrize(("kind", "data"), [("cmyk", pictures.cmyk_jpeg()), ("rotated", pictures.rotated_jpeg(3))])
def test_policies_skip_and_fail_hold_for_copies(flowers, tmp_path, kind, data):
    (flowers / "rose" / "odd.jpg").write_bytes(data)
    report, _ = packed(flowers, tmp_path / "roll", seekable=True, policies=Policies(**{kind: "skip"}))
    assert (report.written, report.skipped, report.copied.pictures) == (12, 1, 12)
    with pytest.raises(DecodeError, match=f"--on-{kind} says what to do"):
        filmroll.pack(flowers, tmp_path / "no", seekable=True, policies=Policies(**{kind: "fail"}))


def test_animation_and_alpha_that_are_left_out_are_reported(tmp_path):
    (tmp_path / "in").mkdir()
    frames = np.stack([pictures.image(1), pictures.image(2)])
    clear = np.concatenate([pictures.image(3), np.full((24, 32, 1), 9, np.uint8)], axis=-1)
    filmroll.imwrite(tmp_path / "in" / "frames.gif", frames)
    filmroll.imwrite(tmp_path / "in" / "clear.png", clear)
    report, copies = packed(tmp_path / "in", tmp_path / "roll", seekable=True)
    assert {(one.kind, one.action, one.detail) for one in report.findings} == {
        ("animated", "changed", "2 frames, the first is copied"),
        ("transparent", "changed", "alpha is left out"),
    }
    first = filmroll.imread(tmp_path / "in" / "frames.gif")[0]
    assert np.array_equal(copies["frames.gif"].image, coded(first[..., :3]))
    assert np.array_equal(copies["clear.png"].image, coded(clear[..., :3]))


def test_drawing_is_drawn_on_white(tmp_path):
    (tmp_path / "in").mkdir()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="20" height="30"/></svg>'
    (tmp_path / "in" / "half.svg").write_bytes(svg)
    report, copies = packed(tmp_path / "in", tmp_path / "roll", seekable=True)
    assert report.findings == []
    assert copies["half.svg"].image[15, 5].tolist() == [0, 0, 0]
    assert copies["half.svg"].image[15, 35].tolist() == [255, 255, 255]


def test_16_bits_become_8(tmp_path):
    (tmp_path / "in").mkdir()
    image = pictures.image(1)
    filmroll.imwrite(tmp_path / "in" / "deep.png", image.astype(np.uint16) * 257)
    _, copies = packed(tmp_path / "in", tmp_path / "roll", seekable=True)
    assert np.array_equal(copies["deep.png"].image, coded(image))


@pytest.mark.parametrize("dtype", [np.float32, np.uint16])
@pytest.mark.parametrize("options", [{"seekable": True}, {"resize": Resize(shorter=5)}])
def test_array_that_is_no_picture_is_skipped_and_listed(flowers, tmp_path, options, dtype):
    filmroll.imwrite(flowers / "rose" / "depth.npy", np.zeros((30, 40, 3), dtype))
    report = filmroll.pack(flowers, tmp_path / "roll", **options)
    [finding] = report.findings
    assert (finding.kind, finding.action, report.written) == ("unreadable", "skipped", 12)
    assert "uint8" in finding.detail


def test_damaged_picture_is_skipped_and_listed(flowers, tmp_path):
    (flowers / "rose" / "cut.jpg").write_bytes(pictures.jpeg()[:-300])  # its header is whole
    report = filmroll.pack(flowers, tmp_path / "roll", seekable=True)
    assert (report.read, report.written, report.skipped, report.copied.pictures) == (13, 12, 1, 12)
    assert report.findings[0].kind == "unreadable"


def test_name_stays_unless_mislabelled_files_are_to_be_renamed(flowers, tmp_path):
    _, kept = packed(flowers, tmp_path / "kept", seekable=True)
    _, renamed = packed(flowers, tmp_path / "renamed", seekable=True, policies=Policies(mislabelled="convert"))
    assert set(kept) == set(pictures.tree(flowers))
    assert {key.rsplit(".")[1] for key in renamed} == {"jpg"}


def test_encode_of_another_quality_is_refused():
    with pytest.raises(EncodeError):
        Copies(seekable=True).encode(Sample(encoded=pictures.jpeg()), quality=0)


# What it is for


def test_batches_of_seekable_copies_are_those_of_copies_without_markers(data, tmp_path):
    options = {"resize": Resize(shorter=160), "quality": 90}  # smaller than any of the photos
    seekable, plain = (
        filmroll.pack(data / "photos", tmp_path / f"seekable-{choice}", seekable=choice, **options)
        for choice in (True, False)
    )
    assert seekable.copied.marker_nbytes >= seekable.copied.pictures * (6 + 2 * 9)
    assert plain.copied.nbytes < seekable.copied.nbytes < plain.copied.nbytes * 1.04
    assert 1.3 < (seekable.copied.nbytes - plain.copied.nbytes) / seekable.copied.marker_nbytes < 1.7  # as Copied says
    wanted = {"size": 64, "crop": "random", "shuffle": True, "seed": 5, "resampler": "pillow"}
    with filmroll.open(seekable.shards) as one, filmroll.open(plain.shards) as two:
        for less_detail, rounding in ((False, 0), (True, 1)):  # of the resampler, which is given fewer rows
            for left, right in zip(
                one.batches(16, less_detail=less_detail, **wanted),
                two.batches(16, less_detail=less_detail, **wanted),
                strict=True,
            ):
                assert np.abs(left["image"].astype(int) - right["image"]).max() <= rounding
