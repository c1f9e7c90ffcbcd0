"""WebDataset's members: any sample comes back from them, and those that others wrote are read and kept."""

import json
import os
import urllib.parse

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filmroll
import peers
import pictures
import wild_samples
from filmroll.boxes import Boxes
from filmroll.dialects import document, member_keys, webdataset
from filmroll.errors import EncodeError, ParseError
from filmroll.records import tar
from filmroll.sample import Sample


def through(path, *samples):
    """Send samples through a tar and back."""
    with tar.Writer(path) as writer:
        for sample in samples:
            writer.write(webdataset.to_features(sample))
    return [webdataset.to_sample(record) for record in tar.Reader(path)]


def members(**fields):
    """Members as a reader gives them, of key "a"; "." is written "__" here."""
    found = {"__key__": [memoryview(b"a")]}
    return found | {name.replace("__", "."): [memoryview(value)] for name, value in fields.items()}


@given(wild_samples.samples())
def test_any_sample_comes_back_through_a_tar(tmp_path_factory, sample):
    path = tmp_path_factory.mktemp("any") / "a.tar"
    [back] = through(path, sample)
    wild_samples.assert_same(back, sample)
    assert through(path, back)[0].key == sample.key
    wild_samples.assert_same(through(path, back)[0], back)


def test_usual_sample_has_the_members_that_webdataset_users_expect():
    data = pictures.jpeg(1)
    found = webdataset.to_features(
        Sample("7", encoded=data, label=3, features={"caption": "a rose"}, mask=wild_samples.MASK)
    )
    assert found == {
        "__key__": [b"7"],
        "jpg": [data],
        "seg.png": [wild_samples.MASK],
        "cls": [b"3"],
        "txt": [b"a rose"],
    }
    assert found["jpg"][0] is data


def test_rest_is_json_that_other_people_can_use():
    boxes = Boxes([[0.1, 0.2, 0.3, 0.4]], labels=[5], texts=["cat"], masks=[b"\x89PNG"])
    features = {"size": [1.5], "id": 7, "tags": ["a", "b"], "Blob": b"\xff\x00", "Nothing": None}
    found = webdataset.to_features(Sample("7", encoded=pictures.jpeg(), text="rose", boxes=boxes, features=features))
    assert json.loads(found["json"][0]) == {
        "filmroll": 1,
        "text": "rose",
        "boxes": {"corners": [[0.1, 0.2, 0.3, 0.4]], "labels": [5], "texts": ["cat"], "masks": ["iVBORw=="]},
        "features": {
            "size": {"float32": [1.5]},
            "id": {"int64": [7]},
            "tags": {"text": ["a", "b"]},
            "Blob": {"base64": ["/wA="]},
            "Nothing": None,
        },
    }


@pytest.mark.parametrize(
    ("array", "field"),
    [
        (pictures.image(1), "png"),
        (pictures.image(1, channels=1), "png"),
        (pictures.image(1)[..., 0], "npy"),
        (pictures.image(1).astype(np.float32), "npy"),
        (pictures.image(1).astype(np.uint16), "npy"),
    ],
)
def test_array_is_png_or_npy_where_png_cannot_hold_it(tmp_path, array, field):
    assert field in webdataset.to_features(Sample("a", array=array))
    [back] = through(tmp_path / "a.tar", Sample("a", array=array))
    assert back.image.dtype == array.dtype
    assert np.array_equal(back.image, array)


def test_array_of_objects_is_refused():
    with pytest.raises(EncodeError, match=r"convert with .astype"):
        webdataset.to_features(Sample("a", array=np.array([None])))


@peers.leaves_files_open
def test_webdataset_reads_what_is_written(tmp_path):
    samples = [
        Sample(f"rose/{n}.jpg", encoded=pictures.jpeg(n), label=n, text="rose", features={"caption": f"no. {n}"})
        for n in range(5)
    ]
    through(tmp_path / "a.tar", *samples)
    found = list(peers.load("webdataset").WebDataset(str(tmp_path / "a.tar"), shardshuffle=False))
    assert [urllib.parse.unquote(each["__key__"]) for each in found] == [sample.key for sample in samples]
    assert [each["jpg"] for each in found] == [sample.encoded for sample in samples]
    decoded = list(peers.load("webdataset").WebDataset(str(tmp_path / "a.tar"), shardshuffle=False).decode("rgb8"))
    for each, sample in zip(decoded, samples, strict=True):
        assert (each["cls"], each["txt"], each["json"]["text"]) == (sample.label, sample.features["caption"], "rose")
        assert np.abs(each["jpg"].astype(int) - sample.image).mean() < 2


def test_what_webdataset_writes_is_read(tmp_path):
    image = pictures.image(1)
    with peers.load("webdataset").TarWriter(str(tmp_path / "a.tar")) as writer:
        writer.write(
            {"__key__": "x/0001", "png": image, "cls": 4, "txt": "hello", "json": {"a": [1, 2.5]}, "npy": np.eye(2)}
        )
    [record] = tar.Reader(tmp_path / "a.tar")
    assert webdataset.sniff(record) == "__key__ beside cls: the members of a WebDataset sample"
    sample = webdataset.to_sample(record)
    assert (sample.key, sample.label) == ("x/0001", 4)
    assert np.array_equal(sample.image, image)
    assert bytes(sample.features["caption"][0]) == b"hello"
    assert json.loads(bytes(sample.features["json"][0])) == {"a": [1, 2.5]}
    assert np.array_equal(filmroll.decode(sample.features["npy"][0]), np.eye(2))
    assert set(sample.features) == {"caption", "json", "npy"}


def test_tar_of_others_is_written_again_without_loss(tmp_path):
    foreign = members(
        jpeg=pictures.jpeg(), json=b'{"a": 1}', cls=b"cat", txt=b"words", left__jpg=b"\xff\xd8\xff", meta__xml=b"<a/>"
    )
    [record] = _again(tmp_path / "a.tar", foreign)
    assert {name: bytes(value[0]) for name, value in record.items()} == {
        name.replace("jpeg", "jpg") if name == "jpeg" else name: bytes(value[0]) for name, value in foreign.items()
    }


def _again(path, record):
    with tar.Writer(path) as writer:
        writer.write(webdataset.to_features(webdataset.to_sample(record)))
    return list(tar.Reader(path))


def test_json_of_others_stays_and_what_filmroll_adds_is_beside_it(tmp_path):
    sample = webdataset.to_sample(members(jpg=pictures.jpeg(), json=b'{"a": 1}'))
    sample.text = "rose"
    found = webdataset.to_features(sample)
    assert bytes(found["json"][0]) == b'{"a": 1}'
    assert json.loads(found["filmroll.json"][0]) == {"filmroll": 1, "text": "rose"}
    assert webdataset.to_sample(found).text == "rose"


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "png", "webp", "ppm", "pgm", "gif", "bmp", "tif", "svg", "avif"])
def test_first_member_with_the_suffix_of_a_picture_is_it(suffix):
    found = {"__key__": [memoryview(b"a")], "npy": [memoryview(b"n")], "txt": [memoryview(b"t")]}
    sample = webdataset.to_sample(found | {suffix: [memoryview(b"p")]})
    assert sample.encoded == b"p"


def test_npy_is_the_picture_only_with_two_axes():
    row, square = (filmroll.encode(np.zeros(shape), "npy") for shape in ((9,), (3, 3)))
    assert webdataset.to_sample(members(npy=row)).encoded is None
    assert webdataset.to_sample(members(npy=b"damaged")).encoded is None
    assert webdataset.to_sample(members(npy=square)).encoded == square


def test_picture_with_more_in_front_of_its_suffix_is_one_if_there_is_no_plainer():
    assert webdataset.to_sample(members(rgb__jpg=b"r", depth__png=b"d")).encoded == b"r"
    assert webdataset.to_sample(members(rgb__jpg=b"r", png=b"p")).encoded == b"p"


@pytest.mark.parametrize(
    ("data", "label"), [(b"3", 3), (b" 12\n", 12), (b"-1", -1), (b"cat", None), (b"", None), (b"1.5", None)]
)
def test_cls_is_the_label_if_it_is_a_whole_number(data, label):
    sample = webdataset.to_sample(members(cls=data))
    assert sample.label == label
    assert ("cls" in sample.features) == (label is None)


def test_mask_is_seg_png_or_else_mask_png():
    both = webdataset.to_sample(members(jpg=b"j", seg__png=b"s", mask__png=b"m"))
    assert (both.mask, list(both.features)) == (b"s", ["mask.png"])
    assert webdataset.to_sample(members(jpg=b"j", mask__png=b"m")).mask == b"m"


def test_sample_without_a_key_is_numbered_by_the_writer_and_has_none_again(tmp_path):
    back = through(tmp_path / "a.tar", Sample(label=1), Sample(label=2))
    assert [sample.key for sample in back] == ["", ""]
    assert [bytes(record["__key__"][0]) for record in tar.Reader(tmp_path / "a.tar")] == [b"000000000", b"000000001"]


def test_pictures_of_one_name_and_two_suffixes_stay_two(tmp_path):
    back = through(
        tmp_path / "a.tar", Sample("a.jpg", encoded=pictures.jpeg()), Sample("a.png", array=pictures.image(1))
    )
    assert [sample.key for sample in back] == ["a.jpg", "a.png"]


@pytest.mark.parametrize(
    ("key", "member"),
    [
        ("00000017", "00000017"),
        ("rose/a.jpg", "rose/a%2Ejpg"),
        ("IMG.2020.01.jpg", "IMG%2E2020%2E01%2Ejpg"),
        ("v1.2/a", "v1.2/a"),
        (".hidden", "%2Ehidden"),
        ("../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd"),
        ("/etc/passwd", "%2Fetc/passwd"),
        ("__notes__/a", "%5F_notes__/a"),
        ("50%", "50%"),
        ("a%2Eb", "a%252Eb"),
        ("folder/", "folder%2F"),
    ],
)
def test_key_becomes_one_that_a_tar_can_have(key, member):
    assert member_keys.to_member(key) == member
    assert member_keys.from_member(member) == key


@given(wild_samples.keys.filter(bool), wild_samples.keys.filter(bool))
def test_keys_stay_apart_and_come_back_and_urllib_undoes_them(one, other):
    assert member_keys.from_member(member_keys.to_member(one)) == one
    assert (member_keys.to_member(one) == member_keys.to_member(other)) == (one == other)
    if one.isascii():
        assert urllib.parse.unquote(member_keys.to_member(one)) == one


@given(st.text(max_size=12).filter(bool))
def test_any_key_of_others_comes_back_once_it_is_a_samples(member):
    key = member_keys.from_member(member)
    assert member_keys.from_member(member_keys.to_member(key)) == key


def test_members_without_a_key_are_an_error():
    with pytest.raises(ParseError, match="no feature '__key__'; there are: jpg"):
        webdataset.to_sample({"jpg": [memoryview(b"j")]})


def test_json_that_names_an_absent_picture_is_an_error():
    data = document.serialize({"picture": "webp"})
    with pytest.raises(ParseError, match="no member 'webp', which the JSON calls the picture; there are: jpg"):
        webdataset.to_sample(members(jpg=b"j", json=data))


@pytest.mark.parametrize(
    "features",
    [
        {"__key__": [b"a"]},
        {"jpg": [b"j"]},
        {"__key__": [b"a"], "jpg": np.zeros(1)},
        {"__key__": [b"a"], "jpg": [b"a", b"b"]},
        {"__key__": [b"a"], "data": [b"x"]},
    ],
)
def test_other_features_are_not_taken_for_members(features):
    assert webdataset.sniff(features) is None


@pytest.mark.parametrize("suffix", ["pyd", "pickle", "pkl", "pth"])
def test_pickles_in_a_tar_stay_bytes_and_are_not_run(tmp_path, suffix):
    trap = b"cos\nmkdir\n(V" + os.fsencode(tmp_path / "ran") + b"\ntR."
    with tar.Writer(tmp_path / "a.tar") as writer:
        writer.write({"jpg": pictures.jpeg(1), suffix: trap}, key="a")
    with filmroll.open(tmp_path / "a.tar") as roll:
        [sample] = roll
        assert bytes(sample.features[suffix][0]) == trap
        assert [batch["record"].tolist() for batch in roll.batches(1, size=8)] == [[0]]
    assert not (tmp_path / "ran").exists()
