"""The command packs every source: its options reach the reader of the source, and its errors are one line."""

import json

import pytest

import filmroll
import pictures


@pytest.fixture
def photos(tmp_path):
    for number in range(2):
        (tmp_path / f"{number}.jpg").write_bytes(pictures.jpeg(number))  # 32 wide, 24 high
    (tmp_path / "t.csv").write_text('path,label,boxes\n0.jpg,cat,"[[0, 0, 8, 6]]"\n1.jpg,dog,"[[30, 0, 8, 6]]"\n')
    return tmp_path


def test_mnist_is_packed_from_its_folder(run, data, tmp_path):
    code, out, err = run("pack", data / "mnist", tmp_path / "m", "--dialect", "array")
    assert (code, err) == (0, "")
    assert out.startswith("10,000 of 10,000 pictures in 1 shard")


def test_several_splits_ask_for_one(run, data, tmp_path):
    code, _, err = run("pack", data / "mnist" / "tiny", tmp_path / "m")
    assert code == 1
    assert "holds several splits: train, test; choose one of them, or 'all', with --split" in err
    assert run("pack", data / "mnist" / "tiny", tmp_path / "m", "--split", "train")[0] == 0


def test_table_needs_the_form_of_its_boxes(run, photos):
    code, _, err = run("pack", photos / "t.csv", photos / "out" / "roll")
    assert code == 1
    assert len(err.splitlines()) == 1
    assert "say what their numbers are: coco, pascal, xyxy, yxyx" in err


def test_box_outside_is_one_line_that_names_the_option(run, photos):
    arguments = ["pack", photos / "t.csv", photos / "out" / "roll", "--box-format", "coco"]
    code, _, err = run(*arguments)
    assert code == 1
    assert len(err.splitlines()) == 1
    assert "t.csv: line 3: box 0 is" in err
    code, out, _ = run(*arguments, "--on-outside", "convert", "--json")
    assert code == 0
    assert [one["kind"] for one in json.loads(out)["findings"]] == ["outside"]


def test_list_of_caffe_has_a_root(run, photos, tmp_path_factory):
    path = tmp_path_factory.mktemp("lists") / "train.txt"
    path.write_text("0.jpg 1\n1.jpg 0\n")
    code, out, _ = run("pack", path, photos / "roll", "--root", photos, "--no-shuffle", "--json")
    assert code == 0
    assert [sample.label for sample in filmroll.open(json.loads(out)["shards"])] == [1, 0]


def test_imagenet_has_its_lists_and_its_names_of_shards(run, tmp_path):
    pictures.folder_of_classes(tmp_path / "train")
    (tmp_path / "synsets.txt").write_text("tulip\nrose\ndaisy\n")
    (tmp_path / "words.txt").write_text("tulip\ta tulip\nrose\ta rose\ndaisy\ta daisy\n")
    (tmp_path / "boxes.csv").write_text("rose 0.jpg,0,0,0.5,2\n")
    code, out, err = run(
        "pack", tmp_path / "train", tmp_path / "out" / "train", "--dialect", "imagenet", "--suffix", "",
        "--labels-file", tmp_path / "synsets.txt", "--metadata-file", tmp_path / "words.txt",
        "--bounding-box-file", tmp_path / "boxes.csv", "--shards", 3, "--json",
    )  # fmt: skip
    assert code == 0, err
    shards = json.loads(out)["shards"]
    assert [path.rpartition("/")[2] for path in shards] == [f"train-0000{number}-of-00003" for number in range(3)]
    samples = {sample.key: sample for sample in filmroll.open(shards)}
    assert (samples["rose 0.jpg"].label, samples["rose 0.jpg"].text) == (1, "a rose")
    assert samples["rose 0.jpg"].boxes.corners.tolist() == [[0, 0, 1, 0.5]]


def test_kind_can_be_named(run, photos):
    (photos / "list.data").write_text("0.jpg 1\n")
    assert run("pack", photos / "list.data", photos / "roll")[0] == 1
    assert run("pack", photos / "list.data", photos / "roll", "--source-kind", "list")[0] == 0


def test_what_is_left_out_is_said(run, photos, monkeypatch):
    from filmroll.dialects import slim

    monkeypatch.setattr(slim, "HOLDS", frozenset({"label"}))
    (photos / "t.csv").write_text("path,width\n0.jpg,32\n")
    code, _, err = run("pack", photos / "t.csv", photos / "roll")
    assert code == 2
    assert "does not hold features; choose another, or say --drop features" in err
    code, _, err = run("pack", photos / "t.csv", photos / "roll", "--drop", "features")
    assert code == 0
    assert "left out, the dialect does not hold it: features" in err
