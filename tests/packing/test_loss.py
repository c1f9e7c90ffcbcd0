"""What may be left out must be there to be left out."""

import pytest

import filmroll
import pictures
from filmroll.boxes import Boxes
from filmroll.dialects import datum
from filmroll.errors import UnsupportedError
from filmroll.packing import loss
from filmroll.sample import Sample

FULL = Sample(
    "a.jpg",
    encoded=pictures.jpeg(),
    label=1,
    text="cat",
    boxes=Boxes([[0, 0, 1, 1]], labels=[0], texts=["cat"], masks=[b"PNG"]),
    mask=b"PNG",
    features={"caption": b"c", "id": [7]},
)


def test_parts_and_features_that_some_sample_has_are_known():
    loss.require_known(["label", "boxes", "caption", "id"], features=[{"caption"}, {"other"}, {"id"}])
    loss.require_known(["features"])
    loss.require_known([])


def test_samples_are_looked_through_no_further_than_needed():
    def names():
        yield {"caption"}
        raise AssertionError("looked further")

    loss.require_known(["caption"], features=names())


@pytest.mark.parametrize(("name", "near"), [("captoin", "'caption'"), ("boxs", "'boxes'"), ("lable", "'label'")])
def test_mistyped_name_is_refused_with_the_one_that_is_near(name, near):
    with pytest.raises(UnsupportedError, match=rf"--drop {name}: no sample .*{near} was meant.*caption"):
        loss.require_known([name], features=[{"caption": 1}])


def test_name_that_is_near_to_none_is_refused():
    with pytest.raises(UnsupportedError, match="no sample has such a part; there are: label"):
        loss.require_known(["xyzzy"])


@pytest.mark.parametrize("part", loss.PARTS)
def test_part_that_is_left_out_is_gone_and_all_others_stay(part):
    left = loss.without(FULL, [part])
    gone = {part, "box_masks"} if part == "boxes" else {part}
    assert list(loss.parts_of(FULL)) == list(loss.PARTS)
    assert list(loss.parts_of(left)) == [one for one in loss.PARTS if one not in gone]
    assert (left.key, left.encoded) == (FULL.key, FULL.encoded)


def test_single_feature_is_left_out_by_its_name():
    assert loss.without(FULL, ["caption"]).features == {"id": [7]}
    assert FULL.features == {"caption": b"c", "id": [7]}


def test_label_0_is_a_part_and_a_text_that_is_its_name_is_none():
    named = Sample(label=0, text="daisy")
    assert list(loss.parts_of(named)) == ["label", "text"]
    assert list(loss.parts_of(named, label_names=["daisy", "rose"])) == ["label"]
    assert list(loss.parts_of(named, label_names=["rose", "daisy"])) == ["label", "text"]


def test_all_that_a_dialect_does_not_hold_is_named_with_what_to_say():
    with pytest.raises(UnsupportedError) as caught:
        loss.check(FULL, dialect=datum)
    assert str(caught.value) == (
        "the datum dialect does not hold its text and boxes and box_masks and mask and features caption, id; choose"
        " another dialect, or leave them out with --drop text,boxes,box_masks,mask,features"
    )
    with pytest.raises(UnsupportedError, match="does not hold its text; .* leave it out with --drop text$"):
        loss.check(Sample(label=0, text="daisy"), dialect=datum)
    loss.check(Sample(label=0, text="daisy"), dialect=datum, label_names=["daisy"])


def test_pack_and_convert_refuse_before_anything_is_written(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    with pytest.raises(UnsupportedError, match="'text' was meant"):
        filmroll.pack(folder, tmp_path / "out" / "roll", drop=["txt"])
    filmroll.pack(folder, tmp_path / "roll", shards=1)
    with pytest.raises(UnsupportedError, match="'features' was meant"):
        filmroll.convert(tmp_path / "roll-*", tmp_path / "out" / "other.tar", drop=["featurs"])
    assert not (tmp_path / "out").exists()
