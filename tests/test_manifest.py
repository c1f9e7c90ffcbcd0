"""filmroll.json beside the shards: read, merged, and refused when it is none."""

import json

import pytest

import filmroll
import pictures
from filmroll import manifest
from filmroll.errors import ParseError

SHARDS = [{"path": "t", "records": 3, "nbytes": 40}, {"path": "u", "records": 4, "nbytes": 60}]
SPLIT = manifest.Split("slim", {"a": {"type": "int64", "shape": []}}, ["cat"], SHARDS)


def test_split_comes_back_with_its_totals(tmp_path):
    manifest.write(tmp_path / manifest.NAME, name="train", split=SPLIT)
    assert manifest.read(tmp_path / manifest.NAME)["train"]["records"] == 7
    assert manifest.read(tmp_path / manifest.NAME)["train"]["nbytes"] == 100
    assert manifest.find(tmp_path / "t")["label_names"] == ["cat"]
    assert manifest.find(tmp_path / "t") == manifest.find(tmp_path / "u") == SPLIT.to_json()


def test_file_has_the_bytes_that_the_page_on_it_shows(tmp_path):
    split = manifest.Split("slim", {"a": {"type": "int64", "shape": []}}, ["cat"], SHARDS[:1])
    manifest.write(tmp_path / manifest.NAME, name="train", split=split)
    assert (tmp_path / manifest.NAME).read_text() == (
        f'{{\n "filmroll": "{filmroll.__version__}",\n "splits": {{\n  "train": {{\n   "dialect": "slim",\n'
        '   "records": 3,\n   "nbytes": 40,\n   "label_names": [\n    "cat"\n   ],\n   "features": {\n    "a": {\n'
        '     "type": "int64",\n     "shape": []\n    }\n   },\n   "shards": [\n    {\n     "path": "t",\n'
        '     "records": 3,\n     "nbytes": 40\n    }\n   ]\n  }\n }\n}\n'
    )


def test_writing_a_split_keeps_the_others_and_replaces_its_own(tmp_path):
    path = tmp_path / manifest.NAME
    manifest.write(path, name="train", split=SPLIT)
    manifest.write(path, name="test", split=manifest.Split("tfds", {}))
    manifest.write(path, name="train", split=manifest.Split("mnist", {}))
    found = manifest.read(path)
    assert {name: split["dialect"] for name, split in found.items()} == {"train": "mnist", "test": "tfds"}
    assert found["test"]["records"] == found["test"]["nbytes"] == 0
    assert found["test"]["label_names"] == found["test"]["shards"] == []


def test_shard_that_no_split_lists_has_no_entry(tmp_path):
    manifest.write(tmp_path / manifest.NAME, name="train", split=SPLIT)
    assert manifest.find(tmp_path / "other") is None


def test_shard_is_found_in_whichever_split_lists_it(tmp_path):
    for name in ("train", "test"):
        shards = [{"path": f"{name}-{number}", "records": 1, "nbytes": 1} for number in range(3)]
        manifest.write(tmp_path / manifest.NAME, name=name, split=manifest.Split(name, {}, [], shards))
    assert manifest.find(tmp_path / "test-2")["dialect"] == "test"
    assert manifest.find(tmp_path / "train-0")["dialect"] == "train"


def test_absent_manifest_has_no_splits(tmp_path):
    assert manifest.read(tmp_path / manifest.NAME) == {}
    assert manifest.find(tmp_path / "t") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b'{"splits": ', "no JSON"),
        (b"[" * 200_000, "no JSON"),
        (b"[]", "the file is no object"),
        (b"3", "the file is no object"),
        (b"{}", "the file has no 'splits' that is an object"),
        (b'{"splits": 3}', "the file has no 'splits' that is an object"),
        (b'{"splits": {"train": 3}}', "split 'train' is no object"),
        (b'{"splits": {"train": []}}', "split 'train' is no object"),
    ],
)
def test_file_that_is_no_manifest_is_an_error_that_names_it_and_is_not_replaced(tmp_path, content, reason):
    path = tmp_path / manifest.NAME
    path.write_bytes(content)
    with pytest.raises(ParseError) as caught:
        manifest.write(path, name="train", split=SPLIT)
    assert str(caught.value) == f"{path}: no manifest of filmroll: {reason}; move it away or delete it"
    assert path.read_bytes() == content


ABSENT = object()


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        *(("dialect", value, "has no 'dialect' that is a text") for value in (ABSENT, 3, None, ["slim"])),
        *(("records", value, "has no 'records' that is a whole number") for value in (ABSENT, "3", None, 3.5)),
        *(("nbytes", value, "has no 'nbytes' that is a whole number") for value in (ABSENT, "3", [3])),
        *(("label_names", value, "has no 'label_names' that is a list") for value in (ABSENT, None, "cat", {"a": 1})),
        *(("features", value, "has no 'features' that is an object") for value in (ABSENT, 3, [])),
        *(("shards", value, "has no 'shards' that is a list") for value in (ABSENT, 5, {"path": "t"})),
        ("label_names", ["cat", 3], "has names of classes that are no texts"),
    ],
)
def test_split_that_lacks_something_or_has_another_type_is_an_error_that_names_both(tmp_path, member, value, reason):
    split = {name: old for name, old in SPLIT.to_json().items() if name != member or value is not ABSENT}
    if value is not ABSENT:
        split[member] = value
    (tmp_path / manifest.NAME).write_text(json.dumps({"splits": {"train": split}}))
    with pytest.raises(ParseError) as caught:
        manifest.find(tmp_path / "t")
    assert caught.value.message == f"no manifest of filmroll: split 'train' {reason}; move it away or delete it"


@pytest.mark.parametrize(
    ("shard", "reason"),
    [
        (3, "a shard of split 'train' is no object"),
        ({"records": 3, "nbytes": 40}, "a shard of split 'train' has no 'path' that is a text"),
        ({"path": 3, "records": 3, "nbytes": 40}, "a shard of split 'train' has no 'path' that is a text"),
        ({"path": "t", "nbytes": 40}, "a shard of split 'train' has no 'records' that is a whole number"),
        ({"path": "t", "records": 3, "nbytes": "4"}, "a shard of split 'train' has no 'nbytes' that is a whole number"),
        *(
            (
                {"path": path, "records": 3, "nbytes": 40},
                f"split 'train' has the shard {path!r}, which is no name of a file beside it",
            )
            for path in ("", ".", "..", "../t", "/etc/passwd", "a/t", "t/")
        ),
    ],
)
def test_shard_that_is_none_is_an_error_and_no_shard_lies_in_another_folder(tmp_path, shard, reason):
    split = SPLIT.to_json() | {"shards": [*SHARDS, shard]}
    (tmp_path / manifest.NAME).write_text(json.dumps({"splits": {"train": split}}))
    with pytest.raises(ParseError) as caught:
        manifest.find(tmp_path / "t")
    assert caught.value.message == f"no manifest of filmroll: {reason}; move it away or delete it"


@pytest.mark.parametrize("verb", ["inspect", "verify", "repair", "convert", "pack"])
def test_manifest_that_is_none_is_one_line_for_every_verb(run, tmp_path, verb):
    folder = pictures.folder_of_classes(tmp_path / "flowers", each=1)
    (shard,) = filmroll.pack(folder, tmp_path / "roll", shards=1).shards
    (tmp_path / manifest.NAME).write_text('{"splits": {"roll": {"shards": [3]}}}')
    source = folder if verb == "pack" else shard
    code, out, err = run(verb, source, *([] if verb in ("inspect", "verify") else [tmp_path / "made.tfrecord"]))
    said = out + err
    assert "Traceback" not in said
    if verb == "repair":  # which does without it
        assert (code, out) == (0, f"3 records kept, none lost: {tmp_path / 'made.tfrecord'}\n")
    else:
        assert code == 1
        assert said.count("filmroll.json: no manifest of filmroll: split 'roll' has no 'dialect' that is a text") == 1


def test_names_that_are_no_ascii_are_readable_in_the_file(tmp_path):
    split = manifest.Split("slim", {}, ["żółw"], [])
    manifest.write(tmp_path / manifest.NAME, name="train", split=split)
    text = (tmp_path / manifest.NAME).read_text("utf-8")
    assert "żółw" in text
    assert json.loads(text)["splits"]["train"]["label_names"] == ["żółw"]


def test_manifest_that_may_not_be_read_is_no_absent_one(tmp_path, monkeypatch):
    def forbidden(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(manifest, "read", forbidden)
    with pytest.raises(PermissionError) as caught:
        manifest.find(tmp_path / "t")
    assert caught.value.filename == str(tmp_path / manifest.NAME)
