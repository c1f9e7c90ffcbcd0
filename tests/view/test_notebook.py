"""How datasets and samples show themselves in a notebook."""

from html.parser import HTMLParser

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.boxes import Boxes
from filmroll.sample import Sample
from view import rolls

SMALL_NBYTES = 100_000


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.text += data


def read(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    assert len(html) < SMALL_NBYTES
    assert set(tags.tags) <= {"div", "img", "table", "tr", "th", "td", "em"}
    return tags


def test_sample_shows_picture_key_class_size_and_features():
    sample = Sample("a/b.jpg", encoded=pictures.jpeg(1), label=2, text="rose", features={"n": np.array([1, 2])})
    found = read(sample._repr_html_())
    assert found.tags.count("img") == 1
    for part in ("a/b.jpg", "2 (rose)", "jpeg (24, 32, 3)", "int64 (2,): 1, 2"):
        assert part in found.text


def test_large_picture_is_shown_small():
    read(Sample("a", array=pictures.image(1, height=800, width=1200))._repr_html_())


def test_everything_is_escaped():
    sample = Sample(rolls.SCRIPT, encoded=pictures.jpeg(1), text=rolls.SCRIPT)
    sample.features = {rolls.SCRIPT: [memoryview(rolls.SCRIPT.encode())], "b": b"<b>", "c": rolls.SCRIPT}
    assert "script" not in read(sample._repr_html_()).tags


@pytest.mark.parametrize(
    "sample",
    [
        Sample(),
        Sample("a", encoded=b"junk"),
        Sample("a", encoded=pictures.jpeg(0)[:200]),
        Sample("a", array=np.zeros(4)),
        Sample("\udcff", array=np.zeros((3, 3), np.float32), boxes=Boxes(np.zeros((1, 4)))),
        Sample("a", features={str(n): n for n in range(40)}),
    ],
)
def test_sample_of_any_kind_shows_something(sample):
    assert read(sample._repr_html_()).tags


def test_dataset_shows_counts_features_and_first_pictures(tmp_path):
    found = read(filmroll.open(rolls.flowers(tmp_path, count=20))._repr_html_())
    assert "20 records in 1 file" in found.text
    assert "slim" in found.text
    assert "image/encoded" in found.text
    assert found.tags.count("img") == 1


def test_damaged_dataset_shows_what_can_be_read_and_why_not(tmp_path):
    assert read(filmroll.open(rolls.damaged(tmp_path))._repr_html_()).tags.count("img") == 1
    path = rolls.write(tmp_path / "cut.tfrecord", [rolls.sample(0)])
    path.write_bytes(path.read_bytes()[:-9])
    assert "damaged" in read(filmroll.open(path)._repr_html_()).text


def test_records_without_pictures_show_their_features(data):
    found = read(filmroll.open(data / "records" / "torchdata" / "example.tfrecord")._repr_html_())
    assert "x_float" in found.text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (np.array(["a", "b"]), "<U1 (2,): a, b"),
        (np.array([b"a", None], object), "object (2,): a, None"),
        (np.array([0.25, 1e9, 3], np.float32), "float32 (3,): 0.25, 1e+09, 3"),
        (np.arange(9), "int64 (9,): 0, 1, 2, 3, 4, 5"),
        (np.array([True]), "bool (1,): True"),
        (b"text", "text"),
        ([memoryview(b"text")], "text"),
        (b"\x00" * 50, f"{'00 ' * 26}0…"),
        ([b"a", b"b"], "2 values"),
        (1.5, "1.5"),
        (None, "None"),
    ],
)
def test_feature_says_what_it_holds_whatever_was_put_there(value, shown):
    assert read(Sample("a", features={"n": value})._repr_html_()).text.endswith(f"n{shown}")


def test_sample_without_label_or_picture_says_what_it_has():
    assert read(Sample("a", label=3)._repr_html_()).text == "keyaclass3picturenone"
    found = read(Sample("a", array=np.zeros((3, 4), np.uint16), boxes=Boxes(np.zeros((2, 4))), text="x")._repr_html_())
    assert found.text == "keyaclassxpicturearray uint16 (3, 4)boxes2"
    broken = read(Sample("a", encoded=pictures.jpeg(0)[:200])._repr_html_())
    assert "img" not in broken.tags
    assert "picturenone" not in broken.text


@pytest.mark.parametrize(("count", "more"), [(12, ""), (13, "…1 more features"), (40, "…28 more features")])
def test_features_that_are_left_out_are_counted(count, more):
    text = read(Sample("a", features={f"f{n}": n for n in range(count)})._repr_html_()).text
    assert text.partition("picturenone")[2].count("f") - text.count("features") == 12
    assert text.endswith(more)
