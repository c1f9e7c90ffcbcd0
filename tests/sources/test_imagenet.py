"""ImageNet's folders and lists, as build_imagenet_data.py takes them."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import FormatError, SourceError
from filmroll.sources import imagenet

SYNSETS = ["n02105855", "n01440764", "n00007846"]


@pytest.fixture
def sets(tmp_path):
    """A training set of three synsets, the last without a picture, and the lists beside it."""
    for place, synset in enumerate(SYNSETS[:2]):
        (tmp_path / "train" / synset).mkdir(parents=True)
        for number in range(3):
            path = tmp_path / "train" / synset / f"{synset}_{number}.JPEG"
            path.write_bytes(pictures.jpeg(10 * place + number))
    (tmp_path / "synsets.txt").write_text("".join(f"{synset}\n" for synset in SYNSETS))
    (tmp_path / "words.txt").write_text("n00007846\tperson\nn01440764\ttench, Tinca tinca\nn02105855\tShetland\n")
    (tmp_path / "boxes.csv").write_text(
        "n01440764_0.JPEG,0.2500,0.5000,0.7500,1.0000\n"
        "n01440764_0.JPEG,0.9000,0.0000,0.1000,1.2000\n"  # the wrong way round, and outside
        "n01440764_0.JPEG,0.5000,0.0000,0.5000,1.0000\n"  # empty
        "n01440764_9.JPEG,0.0000,0.0000,1.0000,1.0000\n"  # of a picture that is not there
    )
    return tmp_path


def lists(folder):
    return {
        "labels_file": folder / "synsets.txt",
        "metadata_file": folder / "words.txt",
        "bounding_box_file": folder / "boxes.csv",
    }


def test_line_of_the_synset_is_the_label_from_0(sets):
    listing = imagenet.read(sets / "train", labels_file=sets / "synsets.txt")
    assert listing.label_names == SYNSETS
    assert {(item.key.split("/")[0], item.label) for item in listing.items} == {("n02105855", 0), ("n01440764", 1)}
    assert listing.items[0].read().features == {"image/class/synset": "n01440764"}
    assert listing.parts == {"label", "features"}


def test_words_are_the_text_and_boxes_are_put_in_order(sets):
    listing = imagenet.read(sets / "train", **lists(sets))
    sample = listing.items[0].read()
    assert (sample.key, sample.text) == ("n01440764/n01440764_0.JPEG", "tench, Tinca tinca")
    np.testing.assert_allclose(sample.boxes.corners, [[0.5, 0.25, 1, 0.75], [0, 0.1, 1, 0.9]], rtol=1e-6)
    assert sample.boxes.labels.tolist() == [1, 1]
    assert len(listing.items[1].read().boxes) == 0
    assert listing.parts == {"label", "text", "boxes", "features"}


def test_folder_that_the_labels_do_not_name_is_left_alone_and_listed(sets):
    (sets / "train" / "n99").mkdir()
    (sets / "train" / "n99" / "n99_1.JPEG").write_bytes(pictures.jpeg())
    (sets / "train" / "loose.JPEG").write_bytes(pictures.jpeg())
    listing = imagenet.read(sets / "train", labels_file=sets / "synsets.txt")
    assert len(listing.items) == 6
    assert listing.ignored == ["loose.JPEG", "n99/"]


def test_packed_as_the_script_packs(sets):
    report = filmroll.pack(
        sets / "train", sets / "out" / "train", dialect="imagenet", suffix="", shards=5, threads=3, **lists(sets)
    )
    assert sorted(path.name for path in (sets / "out").iterdir()) == [
        "filmroll.json",
        *(f"train-{number:05}-of-00005" for number in range(5)),
    ]
    with filmroll.open(report.shards) as roll:
        features = {bytes(one["image/filename"][0]): one for one in map(roll.features, range(len(roll)))}
    one = features[b"n01440764_0.JPEG"]
    assert one["image/class/label"].tolist() == [2]
    assert bytes(one["image/class/synset"][0]) == b"n01440764"
    assert bytes(one["image/class/text"][0]) == b"tench, Tinca tinca"
    assert one["image/object/bbox/xmin"].tolist() == pytest.approx([0.25, 0.1])
    assert one["image/object/bbox/label"].tolist() == [2, 2]
    assert {int(each["image/class/label"][0]) for each in features.values()} == {1, 2}


def test_png_and_cmyk_in_disguise_become_rgb_jpeg(sets):
    folder = sets / "train" / "n01440764"
    filmroll.imwrite(folder / "n01440764_8.JPEG", pictures.image(5), format="png")
    (folder / "n01440764_9.JPEG").write_bytes(pictures.cmyk_jpeg())
    report = filmroll.pack(sets / "train", sets / "roll", dialect="imagenet", labels_file=sets / "synsets.txt")
    assert report.changed == 2
    assert {(one.kind, one.path[-6:]) for one in report.findings} >= {("mislabelled", "8.JPEG"), ("cmyk", "9.JPEG")}
    assert {sample.header.color for sample in filmroll.open(report.shards)} == {"ycbcr"}


@pytest.mark.parametrize(
    ("name", "text", "error", "sentence"),
    [
        ("synsets.txt", "\n", SourceError, "empty labels file"),
        ("synsets.txt", "n1\nn2\nn1\n", SourceError, "names the synset 'n1' twice"),
        ("words.txt", "n02105855\tx\nn01440764 tench\n", FormatError, "line 2: 'n01440764 tench' is no synset, a tab"),
        ("words.txt", "n02105855\tx\n", SourceError, "no words for 2 of the synsets; the first: n01440764"),
        ("boxes.csv", "a.JPEG,0,0,1\n", FormatError, "line 1: 'a.JPEG,0,0,1' is no name and four numbers"),
        ("boxes.csv", "a.JPEG,0,0,1,x\n", FormatError, "line 1: .* is no name and four numbers"),
        ("boxes.csv", "\na.JPEG,0,0,1,nan\n", FormatError, "line 2: .* has a number that is none"),
        ("boxes.csv", b"\xff", FormatError, "not UTF-8"),
    ],
)
def test_list_that_is_none_is_told_by_name_and_line(sets, name, text, error, sentence):
    (sets / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(error, match=sentence) as caught:
        imagenet.read(sets / "train", **lists(sets))
    assert caught.value.path == str(sets / name)


def test_folder_without_any_of_the_synsets_has_no_picture(sets):
    (sets / "synsets.txt").write_text("n5\n")
    with pytest.raises(SourceError, match="no picture"):
        imagenet.read(sets / "train", labels_file=sets / "synsets.txt")
