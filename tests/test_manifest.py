"""filmroll.json beside the shards: read, merged, and refused when it is none."""

import json

import pytest

from filmroll import manifest
from filmroll.errors import ParseError

SPLIT = manifest.Split(
    "slim", {"a": {"type": "int64", "shape": []}}, ["cat"], [{"path": "t", "records": 3, "nbytes": 40}]
)


def test_split_comes_back_with_its_totals(tmp_path):
    manifest.write(tmp_path / manifest.NAME, name="train", split=SPLIT)
    assert manifest.read(tmp_path / manifest.NAME)["train"]["records"] == 3
    assert manifest.find(tmp_path / "t")["label_names"] == ["cat"]


def test_shard_that_no_split_lists_has_no_entry(tmp_path):
    manifest.write(tmp_path / manifest.NAME, name="train", split=SPLIT)
    assert manifest.find(tmp_path / "other") is None


def test_absent_manifest_has_no_splits(tmp_path):
    assert manifest.read(tmp_path / manifest.NAME) == {}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"splits": 3}', b"\xff\xfe", b'{"splits": '])
def test_file_that_is_no_manifest_is_an_error_that_names_it_and_is_not_replaced(tmp_path, content):
    path = tmp_path / manifest.NAME
    path.write_bytes(content)
    with pytest.raises(ParseError, match="delete it") as caught:
        manifest.write(path, name="train", split=SPLIT)
    assert caught.value.path == str(path)
    assert path.read_bytes() == content


def test_names_that_are_no_ascii_are_readable_in_the_file(tmp_path):
    split = manifest.Split("slim", {}, ["żółw"], [])
    manifest.write(tmp_path / manifest.NAME, name="train", split=split)
    text = (tmp_path / manifest.NAME).read_text("utf-8")
    assert "żółw" in text
    assert json.loads(text)["splits"]["train"]["label_names"] == ["żółw"]
