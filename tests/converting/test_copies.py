"""Training copies made of records: the same pictures that packing makes of their files."""

import io

import numpy as np
import pytest
from PIL import Image

import filmroll
import pictures
from filmroll import dialects
from filmroll.boxes import Boxes
from filmroll.codecs import jpeg_restarts
from filmroll.errors import UnsupportedError
from filmroll.messages import example
from filmroll.packing.copies import Resize
from filmroll.packing.sink import Sink
from filmroll.sample import Sample


@pytest.fixture
def folder(tmp_path):
    return pictures.folder_of_classes(tmp_path / "in", each=4)


def encoded(pattern) -> dict:
    with filmroll.open(pattern) as roll:
        return {sample.key: bytes(sample.encoded) for sample in roll}


@pytest.mark.parametrize(
    "options", [{"resize": Resize(shorter=16)}, {"seekable": True}, {"resize": Resize(24), "seekable": True}]
)
@pytest.mark.parametrize("name", ["out.tfrecord", "out.tar"])
def test_copies_of_records_are_those_of_their_files(folder, tmp_path, options, name):
    filmroll.pack(folder, tmp_path / "kept", shards=2)
    packed = filmroll.pack(folder, tmp_path / "copies", shards=1, **options)
    made = filmroll.convert(str(tmp_path / "kept-*.tfrecord"), tmp_path / name, **options)
    assert encoded(tmp_path / name) == encoded(packed.shards)
    assert (made.copied, made.changed, made.written) == (packed.copied, packed.changed, packed.written)
    assert made.copied.pictures > 0


def test_bytes_stay_where_nothing_is_to_be_done(folder, tmp_path):
    filmroll.pack(folder, tmp_path / "kept", shards=1)
    report = filmroll.convert(str(tmp_path / "kept-*"), tmp_path / "same.tfrecord", resize=Resize(shorter=10_000))
    assert report.changed == report.copied.pictures == 0
    assert encoded(tmp_path / "same.tfrecord") == encoded(str(tmp_path / "kept-*.tfrecord"))


def test_quality_is_that_of_the_copies_and_they_are_seekable(folder, tmp_path):
    filmroll.pack(folder, tmp_path / "kept", shards=1)
    nbytes = []
    for quality in (50, 95):
        dest = tmp_path / f"{quality}.tfrecord"
        filmroll.convert(str(tmp_path / "kept-*"), dest, seekable=True, quality=quality)
        nbytes.append(sum(map(len, encoded(dest).values())))
        assert all(jpeg_restarts.is_seekable(data) for data in encoded(dest).values())
    assert nbytes[0] < nbytes[1]


def test_transparency_that_is_left_out_is_reported_with_its_record(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    image = np.dstack((pictures.image(1, height=40, width=30), np.full((40, 30, 1), 128, np.uint8)))
    filmroll.imwrite(folder / "a.png", image)
    filmroll.pack(folder, tmp_path / "kept", shards=1)
    report = filmroll.convert(str(tmp_path / "kept-*"), tmp_path / "out.tfrecord", resize=Resize(shorter=15))
    assert report.kinds() == {"transparent, changed": 1}
    assert "record 0" in report.findings[0].path
    with filmroll.open(tmp_path / "out.tfrecord") as roll:
        assert roll[0].header.shape == (20, 15, 3)


def test_arrays_and_checks_are_refused(tmp_path):
    filmroll.pack(pictures.folder_of_classes(tmp_path / "in", each=1), tmp_path / "arrays", dialect="array", shards=1)
    source = str(tmp_path / "arrays-*.tfrecord")
    with pytest.raises(UnsupportedError, match=r"arrays-00000-of-00001.tfrecord: record 0: .* not of arrays"):
        filmroll.convert(source, tmp_path / "out.tfrecord", resize=Resize(shorter=10))
    with pytest.raises(UnsupportedError, match="leave out check"):
        filmroll.convert(source, tmp_path / "out.tfrecord", resize=Resize(shorter=10), check=True)
    assert not (tmp_path / "out.tfrecord").exists()


def test_rotated_photo_is_turned_with_its_boxes(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    buffer = io.BytesIO()
    Image.fromarray(pictures.image(1, height=30, width=60)).save(buffer, "JPEG", exif=exif)
    boxes = Boxes(np.array([[0.0, 0.0, 0.5, 0.25]], np.float32))
    with Sink(tmp_path / "a.tfrecord", dialect=dialects.get("tfod")) as sink:
        sink.write(Sample(key="a.jpg", encoded=buffer.getvalue(), label=1, boxes=boxes))
    filmroll.convert(tmp_path / "a.tfrecord", tmp_path / "b.tfrecord", resize=Resize(shorter=15), dialect="tfod")
    with filmroll.open(tmp_path / "b.tfrecord") as roll:
        assert roll[0].header.shape == (30, 15, 3)
        assert roll[0].header.orientation == 1
        assert np.allclose(roll[0].boxes.corners, [[0.0, 0.5, 0.25, 1.0]])


def test_records_without_a_picture_stay_what_they_are(tmp_path):
    path = tmp_path / "in.tfrecord"
    with filmroll.Writer(path) as writer:
        for number, picture in enumerate((pictures.jpeg(), b"")):
            writer.write(example.serialize({"image/encoded": picture, "image/source_id": str(number)}))
    report = filmroll.convert(path, tmp_path / "out.tfrecord", dialect="tfod", resize=Resize(shorter=8))
    assert (report.written, report.changed, report.copied.pictures) == (2, 1, 1)
    small, none = filmroll.open(report.shards)
    assert (small.header.height, none.has_image, none.key) == (8, False, "")
    assert bytes(none.features["image/source_id"][0]) == b"1"


def test_picture_with_a_mask_is_not_made_smaller(tmp_path):
    png = filmroll.encode(pictures.image(1, channels=1), "png")
    path = tmp_path / "in.tfrecord"
    with Sink(path, dialect=dialects.get("tfod")) as sink:
        sink.write(Sample("a", encoded=pictures.jpeg(), mask=png))
    with pytest.raises(UnsupportedError, match="a picture with a mask is packed as it is"):
        filmroll.convert(path, tmp_path / "small.tfrecord", resize=Resize(shorter=8))
    [copy] = filmroll.open(filmroll.convert(path, tmp_path / "same.tfrecord", seekable=True).shards)
    assert (bytes(copy.mask), copy.header.height) == (png, 24)
