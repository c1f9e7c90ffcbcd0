"""Records become files again: the same bytes under the same names, and no name leads astray."""

import os
import time

import numpy as np
import pytest
from PIL import Image

import filmroll
import pictures
import realdata
from filmroll import unpacking
from filmroll.dialects import array
from filmroll.errors import SourceError
from filmroll.messages import example
from filmroll.sample import Sample


def write(path, *records):
    with filmroll.Writer(path) as writer:
        for features in records:
            writer.write(example.serialize(features))
    return path


def test_packed_folder_comes_back_byte_for_byte(tmp_path):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    packed = filmroll.pack(flowers, tmp_path / "roll", shards=2)
    report = filmroll.unpack(packed.shards, tmp_path / "back")
    assert (report.read, report.written, report.skipped) == (12, 12, {})
    assert pictures.tree(tmp_path / "back") == pictures.tree(flowers)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.jpg",
        "/etc/evil.jpg",
        "a/../../evil.jpg",
        "..\\..\\evil.jpg",
        "c:/../evil.jpg",
        "./././evil.jpg",
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    roll = write(tmp_path / "r.tfrecord", {"image/encoded": pictures.jpeg(), "image/filename": name})
    filmroll.unpack(roll, tmp_path / "deep" / "back")
    [found] = list(tmp_path.rglob("*.jpg"))
    assert found.is_relative_to(tmp_path / "deep" / "back")
    assert found.name == "evil.jpg"


def test_name_with_a_zero_byte_or_of_monstrous_length_is_made_safe(tmp_path):
    records = [
        {"image/encoded": pictures.jpeg(n), "image/filename": name}
        for n, name in enumerate(["a\x00b\nc.jpg", "x" * 5000 + ".jpg", "..", ""])
    ]
    report = filmroll.unpack(write(tmp_path / "r.tfrecord", *records), tmp_path / "back")
    assert report.written == 4
    names = sorted(pictures.tree(tmp_path / "back"))
    assert "a_b_c.jpg" in names
    assert "00000002.jpg" in names
    assert "00000003.jpg" in names


@pytest.mark.parametrize("letter", ["x", "é", "花"])
def test_name_of_any_length_has_room_for_suffix_and_number(tmp_path, letter):
    for nbytes in range(190, 260, 3):
        name = letter * (nbytes // len(letter.encode()))
        records = [{"image/encoded": pictures.jpeg(), "image/filename": name}] * 12
        folder = tmp_path / str(nbytes)
        assert filmroll.unpack(write(tmp_path / "r.tfrecord", *records), folder).written == 12
        assert len({path.name for path in folder.iterdir()}) == 12


def test_of_a_path_that_is_too_long_the_last_folders_are_made(tmp_path):
    name = "/".join(f"{number:04}" for number in range(2000)) + "/a.jpg"
    roll = write(tmp_path / "r.tfrecord", {"image/encoded": pictures.jpeg(), "image/filename": name})
    filmroll.unpack(roll, tmp_path / "back")
    [found] = pictures.tree(tmp_path / "back")
    assert found.endswith("/1998/1999/a.jpg")
    assert unpacking.PATH_LIMIT_NBYTES - 5 <= len(found) < unpacking.PATH_LIMIT_NBYTES


def test_second_picture_of_the_same_name_gets_a_number(tmp_path):
    records = [
        {"image/encoded": pictures.jpeg(n), "image/filename": name}
        for n, name in enumerate(["a.jpg", "a.jpg", "A.JPG"])
    ]
    filmroll.unpack(write(tmp_path / "r.tfrecord", *records), tmp_path / "back")
    assert sorted(pictures.tree(tmp_path / "back")) == ["A-2.JPG", "a-1.jpg", "a.jpg"]


def unpacked(tmp_path, *names: str) -> dict[str, int]:
    """Unpack a picture under each of these names; return which picture is where."""
    seen = {pictures.jpeg(number): number for number in range(len(names))}
    roll = write(
        tmp_path / "r.tfrecord",
        *({"image/encoded": data, "image/filename": names[number]} for data, number in seen.items()),
    )
    assert filmroll.unpack(roll, tmp_path / "back").written == len(names)
    return {name: seen[data] for name, data in pictures.tree(tmp_path / "back").items()}


def test_name_with_a_number_that_somebody_has_already_gets_another(tmp_path):
    assert unpacked(tmp_path, "a-1.jpg", "a.jpg", "a.jpg", "a.jpg", "a-1.jpg", "b/a.jpg") == {
        "a-1.jpg": 0,
        "a.jpg": 1,
        "a-2.jpg": 2,
        "a-3.jpg": 3,
        "a-1-1.jpg": 4,
        "b/a.jpg": 5,
    }


def test_picture_whose_name_is_the_folder_of_another_and_the_other_way_round_are_both_written(tmp_path):
    found = unpacked(tmp_path, "a.jpg", "a.jpg/b.jpg", "A.JPG/deep/c.jpg", "d/e.jpg/f.jpg", "d/e.jpg", "d/e.jpg/g.jpg")
    assert found == {"a.jpg": 0, "b.jpg": 1, "c.jpg": 2, "d/e.jpg/f.jpg": 3, "d/e-1.jpg": 4, "d/e.jpg/g.jpg": 5}


def test_thousands_of_pictures_of_one_name_take_time_in_proportion_to_their_number(tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(unpacking, "_write", lambda path, data, overwrite: written.append(path.name))
    data = pictures.jpeg()
    count = 10_000  # 50 million names would be tried, if each search began at the first number
    roll = write(tmp_path / "r.tfrecord", *({"image/encoded": data, "image/filename": "a.jpg"} for _ in range(count)))
    began = time.process_time()
    filmroll.unpack(roll, tmp_path / "back")
    assert time.process_time() - began < 60
    assert written == ["a.jpg", *(f"a-{number}.jpg" for number in range(1, count))]


def test_picture_without_a_name_gets_its_number_and_its_class_folder(tmp_path):
    records = [
        {"image/encoded": pictures.jpeg(0), "image/class/label": 3},
        {"image/encoded": pictures.jpeg(1), "image/class/label": 4, "image/class/text": "cat/tiger"},
    ]
    filmroll.unpack(write(tmp_path / "r.tfrecord", *records), tmp_path / "back", dialect="slim")
    assert sorted(pictures.tree(tmp_path / "back")) == ["3/00000000.jpg", "cat_tiger/00000001.jpg"]


def test_picture_in_a_folder_of_its_own_is_in_none_of_its_class(tmp_path):
    records = [
        {"image/encoded": pictures.jpeg(), "image/filename": name, "image/class/label": 3, "image/class/text": "cat"}
        for name in ("a.jpg", "b/a.jpg")
    ]
    filmroll.unpack(write(tmp_path / "r.tfrecord", *records), str(tmp_path / "back"), dialect="slim")
    assert sorted(pictures.tree(tmp_path / "back")) == ["b/a.jpg", "cat/a.jpg"]


def test_arrays_become_png_or_npy(tmp_path):
    wide = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    deep = np.arange(24, dtype=np.uint16).reshape(2, 12, 1) * 1000
    records = [
        {
            "image_bytes": one.tobytes(),
            "image_shape": one.shape,
            "image_dtype": one.dtype.name,
            "filename": name,
        }
        for name, one in {"photo.jpg": pictures.image(1), "wide": wide, "deep": deep}.items()
    ]
    filmroll.unpack(write(tmp_path / "r.tfrecord", *records), tmp_path / "back")
    assert sorted(pictures.tree(tmp_path / "back")) == ["deep.png", "photo.png", "wide.npy"]
    assert np.array_equal(filmroll.imread(tmp_path / "back" / "photo.png"), pictures.image(1))
    assert np.array_equal(filmroll.imread(tmp_path / "back" / "deep.png", dtype="uint16"), deep)
    assert np.array_equal(np.load(tmp_path / "back" / "wide.npy"), wide)


def test_record_without_a_picture_is_skipped_and_named(tmp_path):
    roll = write(
        tmp_path / "r.tfrecord",
        {"image/encoded": pictures.jpeg(), "image/filename": "a.jpg"},
        {"image/encoded": b"", "image/filename": "b.jpg"},
        {"image/encoded": b"garbage", "image/filename": "c.jpg"},
    )
    report = filmroll.unpack(roll, tmp_path / "back", dialect="slim")
    assert (report.read, report.written, sorted(report.skipped)) == (3, 1, [1, 2])
    assert report.skipped[1] == "the record holds no picture"


def test_records_without_any_picture_are_an_error(tmp_path):
    with pytest.raises(SourceError, match="no picture in its 1 records"):
        filmroll.unpack(write(tmp_path / "r.tfrecord", {"a": 1.5}), tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_existing_file_is_not_replaced_unasked(tmp_path):
    roll = write(tmp_path / "r.tfrecord", {"image/encoded": pictures.jpeg(), "image/filename": "a.jpg"})
    (tmp_path / "back").mkdir()
    (tmp_path / "back" / "a.jpg").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        filmroll.unpack(roll, tmp_path / "back")
    assert (tmp_path / "back" / "a.jpg").read_bytes() == b"mine"
    filmroll.unpack(roll, tmp_path / "back", overwrite=True)
    assert (tmp_path / "back" / "a.jpg").read_bytes() == pictures.jpeg()
    with pytest.raises(FileExistsError, match="a file, where a folder is wanted"):
        filmroll.unpack(roll, roll)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no file names that are no Unicode")
def test_name_that_is_no_utf8_comes_back_as_it_was(tmp_path):
    (tmp_path / "in").mkdir()
    with open(os.fsencode(tmp_path / "in") + b"/caf\xe9.jpg", "wb") as file:
        file.write(pictures.jpeg())
    filmroll.unpack(filmroll.pack(tmp_path / "in", tmp_path / "roll").shards, tmp_path / "back")
    assert os.listdir(os.fsencode(tmp_path / "back")) == [b"caf\xe9.jpg"]


# Record files of others: how many pictures come out
PICTURES = {
    "records/cow/test.record": 38,
    "records/models/pets_examples.record": 10,
    "records/tensorflow/build_imagenet_data.tfrecord": 3,
    "records/tfrecorder/sample_tfrecords/validation-00000-of-00001.tfrecord.gz": 2,
    "records/datumaro/tf_detection_api_dataset/test.tfrecord": 1,
    "records/datumaro/tf_detection_api_dataset/train.tfrecord": 1,
    "records/datumaro/tf_detection_api_dataset/val.tfrecord": 1,
    "blog/mystery.tfrecords": 1,
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_strangers_open_in_a_viewer(data, tmp_path, name):
    report = filmroll.unpack(data / name, tmp_path / "back")
    assert (report.read, report.written) == (PICTURES[name], PICTURES[name])
    files = [path for path in (tmp_path / "back").rglob("*") if path.is_file()]
    assert len(files) == PICTURES[name]
    for path in files:
        with Image.open(path) as picture:
            picture.load()


def test_raw_pixels_in_base64_are_those_of_the_source_photo(data, tmp_path):
    folder = data / "records" / "tfrecorder"
    filmroll.unpack(folder / "sample_tfrecords" / "validation-00000-of-00001.tfrecord.gz", tmp_path)
    [cat] = tmp_path.rglob("cat-800x600-2.png")
    source = filmroll.imread(folder / "images" / "VALIDATION" / "cat" / "cat-800x600-2.jpg").astype(int)
    difference = np.abs(source - filmroll.imread(cat))
    assert difference.mean() < 2  # its writer decoded with another JPEG decoder, or in BGR order


@pytest.mark.parametrize("path", realdata.params("records/not-examples/*"))
def test_records_that_are_no_examples_are_an_error(path, tmp_path):
    with pytest.raises(SourceError, match="no Examples"):
        filmroll.unpack(path, tmp_path / "back")


@pytest.mark.parametrize(
    ("shape", "dtype", "suffix"),
    [
        ((6, 5), "uint8", ".png"),
        ((6, 5, 1), "uint8", ".png"),
        ((6, 5, 2), "uint8", ".png"),
        ((6, 5, 3), "uint8", ".png"),
        ((6, 5, 4), "uint8", ".png"),
        ((6, 5, 3), "uint16", ".png"),
        ((6, 5, 5), "uint8", ".npy"),
        ((6, 5, 0), "uint8", ".npy"),
        ((0, 5, 3), "uint8", ".npy"),
        ((6,), "uint8", ".npy"),
        ((2, 3, 4, 3), "uint8", ".npy"),
        ((6, 5, 3), "int16", ".npy"),
        ((6, 5, 3), "float32", ".npy"),
    ],
)
def test_array_of_any_shape_comes_back_value_by_value(tmp_path, shape, dtype, suffix):
    values = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(example.serialize(array.to_features(Sample(key="a", array=values, label=2))))
    filmroll.unpack(tmp_path / "r.tfrecord", tmp_path / "back", dialect="array")
    [path] = [path for path in (tmp_path / "back").rglob("*") if path.is_file()]
    assert path.relative_to(tmp_path / "back").as_posix() == f"2/a{suffix}"
    found = filmroll.imread(path, dtype="uint16") if dtype == "uint16" else filmroll.imread(path)
    assert found.dtype == values.dtype
    assert np.array_equal(found.reshape(shape), values)


def test_class_folder_has_the_name_of_the_class_where_there_is_no_label(tmp_path):
    records = [
        {"image/encoded": pictures.jpeg(0), "image/class/text": "cat"},
        {"image/encoded": pictures.jpeg(1), "image/class/text": "cat", "image/class/label": 7},
        {"image/encoded": pictures.jpeg(2), "image/class/text": "..", "image/class/label": 7},
        {"image/encoded": pictures.jpeg(3), "image/class/text": "a", "image/filename": "own/b.jpg"},
    ]
    filmroll.unpack(write(tmp_path / "r.tfrecord", *records), tmp_path / "back", dialect="slim")
    assert sorted(pictures.tree(tmp_path / "back")) == [
        "00000002.jpg",
        "cat/00000000.jpg",
        "cat/00000001.jpg",
        "own/b.jpg",
    ]


@pytest.mark.parametrize("code", [0, 1, 10, 31])
def test_character_that_no_name_of_a_file_should_have_is_replaced(tmp_path, code):
    assert unpacked(tmp_path, f"a{chr(code)}b.jpg") == {"a_b.jpg": 0}


def test_progress_counts_the_records(tmp_path):
    roll = write(tmp_path / "r.tfrecord", *({"image/encoded": pictures.jpeg(n)} for n in range(3)), {"a": 1})
    seen = []
    report = filmroll.unpack(roll, tmp_path / "b", dialect="slim", progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert (report.read, report.written, list(report.skipped)) == (4, 3, [3])
    assert report.to_json() == {
        "read": 4,
        "written": 3,
        "skipped": [{"record": 3, "why": report.skipped[3]}],
        "folder": str(tmp_path / "b"),
    }


def test_array_keeps_what_stands_behind_a_dot_in_its_name_unless_it_is_a_format(tmp_path):
    image = np.zeros((4, 5, 3), np.uint8)
    names = ["v1.25", "v1.50", "photo.JPG", "plain", "n.npy"]
    roll = write(tmp_path / "r.tfrecord", *(array.to_features(Sample(name, array=image)) for name in names))
    filmroll.unpack(roll, tmp_path / "back")
    assert sorted(pictures.tree(tmp_path / "back")) == ["n.png", "photo.png", "plain.png", "v1.25.png", "v1.50.png"]
