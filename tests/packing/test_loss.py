"""What may be left out must be there to be left out."""

import pytest

import filmroll
import pictures
from filmroll.errors import UnsupportedError
from filmroll.packing import loss


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


def test_pack_and_convert_refuse_before_anything_is_written(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    with pytest.raises(UnsupportedError, match="'text' was meant"):
        filmroll.pack(folder, tmp_path / "out" / "roll", drop=["txt"])
    filmroll.pack(folder, tmp_path / "roll", shards=1)
    with pytest.raises(UnsupportedError, match="'features' was meant"):
        filmroll.convert(tmp_path / "roll-*", tmp_path / "out" / "other.tar", drop=["featurs"])
    assert not (tmp_path / "out").exists()
