"""What verbs say of damage and of what they made, for people and for scripts."""

import json

import pytest

import filmroll
import pictures
from filmroll.messages import example


@pytest.fixture
def shard(tmp_path):
    return filmroll.pack(pictures.folder_of_classes(tmp_path / "flowers"), tmp_path / "roll", shards=1).shards[0]


def flip(path, *, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_repair_names_wrong_data_and_wrong_indexes(run, shard, tmp_path):
    flip(shard, at=40)
    shard.with_name(shard.name + ".idx").write_text("0 1\n")
    code, out, _ = run("repair", shard, tmp_path / "fixed.tfrecord", "--keep-bad-data")
    assert code == 1
    assert "record 0 at offset 0" in out
    assert "run 'filmroll repair'" not in out
    assert ".idx: a wrong index; the copy has a new one" in out
    assert "fixed.tfrecord.bad-data: the records with wrong data" in out
    assert "11 records kept, 1 lost" in out


def test_repair_tells_scripts_the_same(run, shard, tmp_path):
    code, out, _ = run("repair", shard, tmp_path / "sound.tfrecord", "--json")
    assert (code, json.loads(out)["kept"]) == (0, 12)
    flip(shard, at=40)
    code, out, _ = run("repair", shard, tmp_path / "fixed.tfrecord", "--json")
    document = json.loads(out)
    assert (code, document["kept"], document["lost"]) == (1, 11, 1)
    assert "filmroll repair" not in document["losses"][0]["error"]


@pytest.mark.parametrize("compression", ["gzip", "zlib"])
def test_repair_of_a_stream_cut_short_does_not_advise_to_repair(run, tmp_path, compression):
    source = pictures.folder_of_classes(tmp_path / "flowers")
    path = filmroll.pack(source, tmp_path / "c", shards=1, compression=compression).shards[0]
    path.write_bytes(path.read_bytes()[:-200])
    code, out, _ = run("repair", path, tmp_path / "fixed.tfrecord")
    assert code == 1
    assert "filmroll repair" not in out


def test_convert_lists_what_it_left_out_and_what_copies_cost(run, shard, tmp_path):
    flip(shard, at=40)
    code, out, err = run("convert", shard, tmp_path / "a.tfrecord", "--on-error", "skip", "--resize", "shorter=16")
    assert code == 1
    assert "11 records into 1 shard" in out
    assert "encoded again" in out
    assert "record 0: left out: " in err


def test_unpack_names_records_without_a_picture(run, tmp_path):
    with filmroll.Writer(tmp_path / "a.tfrecord") as writer:
        for number in range(8):
            picture = {"image/encoded": pictures.jpeg(), "image/format": b"jpeg"} if number == 7 else {}
            writer.write(example.serialize({"image/class/label": number, "image/filename": f"{number}.jpg", **picture}))
    code, out, err = run("unpack", tmp_path / "a.tfrecord", tmp_path / "out", "--dialect", "slim")
    assert code == 1
    assert "record 4: " in err
    assert "record 5: " not in err
    assert "... and 2 more records without a picture; -v lists all" in err
    assert out.startswith("1 pictures of 8 records")


def test_contact_sheet_says_how_many_pictures_are_on_it(run, shard, tmp_path):
    assert (
        run("contact-sheet", shard, tmp_path / "sheet.png", "--count", 5)[1] == f"5 pictures in {tmp_path}/sheet.png\n"
    )
