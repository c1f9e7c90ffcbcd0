"""What verbs say of damage and of what they made, for people and for scripts."""

import json

import pytest

import filmroll
import pictures
from filmroll.messages import example
from filmroll.verification.report import Fault, Verification


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
    assert out.startswith("1 picture of 8 records")


def test_contact_sheet_says_how_many_pictures_are_on_it(run, shard, tmp_path):
    assert (
        run("contact-sheet", shard, tmp_path / "sheet.png", "--count", 5)[1] == f"5 pictures in {tmp_path}/sheet.png\n"
    )


def lines_of(run, *typed, code: int = 0) -> tuple[list[str], list[str]]:
    found, out, err = run(*typed)
    assert found == code, err
    return out.splitlines(), err.splitlines()


@pytest.fixture
def flowers(tmp_path, monkeypatch):
    """A folder of twelve pictures, in the current folder."""
    monkeypatch.chdir(tmp_path)
    return pictures.folder_of_classes(tmp_path / "flowers")


@pytest.fixture
def harmed(flowers):
    """Two shards: of the first, the data of record 0 and the footer of record 5 are wrong; the second is cut."""
    first, second = filmroll.pack("flowers", "out/roll", shards=2).shards
    flip(first, at=40)
    flip(first, at=-1)
    second.write_bytes(second.read_bytes()[:-5])
    return str(first), str(second)


def test_verify_says_of_each_fault_where_it_is_how_long_what_was_found_and_what_to_do(run, harmed):
    first, second = harmed
    out, err = lines_of(run, "verify", first, second, code=1)
    assert [line.split(" checksum ")[0] for line in out[:2]] == [
        f"{first}: record 0 at offset 0, 1,846 bytes: data",
        f"{first}: record 5 at offset 8097, 1,223 bytes: data",
    ]
    assert all(line.endswith("; run 'filmroll repair' to keep the records around it") for line in out[:2])
    assert out[2] == (
        f"{second}: record 5 at offset 7284, 1,380 bytes: truncated record: 1380 bytes are left, it needs 1385 "
        "with its 16 of framing; run 'filmroll repair' to keep the records before it"
    )
    assert out[3:] == ["11 records, 9 pictures, 18.0 kB: 3 faults"]
    assert err == []


def test_verify_names_what_is_there_twice_and_calls_it_no_fault(run, flowers):
    (shard,) = filmroll.pack("flowers", "roll", shards=1).shards
    copy = shard.with_name("copy.tfrecord")
    copy.write_bytes(shard.read_bytes())
    out, err = lines_of(run, "verify", shard.name, copy.name)
    assert out == ["24 records, 24 pictures, 36.0 kB: all sound"]
    what = ["key"] * 5 + ["picture"] * 5
    wanted = [f"copy.tfrecord: record {n % 5} has the {w} of {shard.name}: record {n % 5}" for n, w in enumerate(what)]
    wanted.insert(5, "... and 7 more with the key of an earlier one; -v lists all, and so does --json")
    assert err == [*wanted, "... and 7 more with the picture of an earlier one; -v lists all, and so does --json"]


def test_one_record_is_one(run, flowers):
    filmroll.pack("flowers/rose/more", "one.tfrecord", shards=1)
    nbytes = len((flowers.parent / "one.tfrecord").read_bytes())
    assert lines_of(run, "verify", "one.tfrecord")[0] == [f"1 record, 1 picture, {nbytes / 1000:.1f} kB: all sound"]
    assert lines_of(run, "unpack", "one.tfrecord", "back")[0] == ["1 picture of 1 record in back"]
    assert lines_of(run, "repair", "one.tfrecord", "fixed.tfrecord")[0] == ["1 record kept, none lost: fixed.tfrecord"]
    assert lines_of(run, "contact-sheet", "one.tfrecord", "sheet.png")[0] == ["1 picture in sheet.png"]
    assert lines_of(run, "convert", "one.tfrecord", "a.tar")[0] == ["1 record into 1 shard, 10.2 kB: a.tar"]


def test_repair_says_what_it_lost_what_it_kept_and_where(run, harmed):
    first, second = harmed
    out, err = lines_of(run, "repair", first, second, "fixed", code=1)
    assert err == []
    assert [line.partition(": data checksum")[0] for line in out[:2]] == [
        f"{first}: record 0 at offset 0: 1,846 bytes",
        f"{first}: record 5 at offset 8097: 1,223 bytes",
    ]
    assert out[2:] == [
        f"{second}: record 5 at offset 7284: 1,380 bytes: truncated record: 1380 bytes are left, it needs 1385 with "
        "its 16 of framing",
        "9 records kept, 3 lost, 4,449 bytes: 2 files in fixed",
    ]
    assert lines_of(run, "repair", "fixed/roll-00000-of-00002.tfrecord", "twice.tfrecord") == (
        ["4 records kept, none lost: twice.tfrecord"],
        [],
    )


def test_repair_says_which_records_were_found_without_their_header(run, flowers):
    (shard,) = filmroll.pack("flowers", "roll", shards=1).shards
    data = shard.read_bytes()
    shard.write_bytes(b"\xee" * 12 + data[12:])
    out, _ = lines_of(run, "repair", shard.name, "fixed.tfrecord")
    assert out == ["12 records kept (1 found without their header), none lost: fixed.tfrecord"]
    assert (flowers.parent / "fixed.tfrecord").read_bytes() == data


def test_repair_of_a_compressed_file_says_that_more_may_be_lost_than_is_known(run, flowers):
    (shard,) = filmroll.pack("flowers", "roll", shards=1, compression="gzip").shards
    shard.write_bytes(shard.read_bytes()[:-2000])
    (flowers.parent / "filmroll.json").unlink()  # which says how many there were
    out, _ = lines_of(run, "repair", shard.name, "fixed.tfrecord", code=1)
    assert out[-1] == "9 records kept, at least 1 lost, 734 bytes: fixed.tfrecord"


def test_convert_says_what_it_made_of_how_many_records(run, flowers):
    filmroll.pack("flowers", "roll", shards=1)
    roll = "roll-00000-of-00001.tfrecord"
    assert lines_of(run, "convert", roll, "a.tar") == (["12 records into 1 shard, 51.2 kB: a.tar"], [])
    assert lines_of(run, "convert", roll, "a.lmdb", "--check") == (
        ["12 records into 1 shard, 32.8 kB, read again and equal: a.lmdb"],
        [],
    )
    (first, second), _ = lines_of(run, "convert", roll, "b.tfrecord", "--seekable", "--shards", 2)
    assert first.startswith("12 records into 2 shards, ")
    assert first.endswith(" kB, 12 pictures encoded again: b-00000-of-00002.tfrecord")
    assert second.startswith("12 encoded again: 15.1 kB before, ")


def test_convert_lists_ten_damaged_records_and_counts_the_others(run, flowers):
    (shard,) = filmroll.pack("flowers", "roll", shards=1).shards
    with filmroll.Reader(shard) as reader:
        offsets = reader.offsets.tolist()
    for offset in offsets[:11]:
        flip(shard, at=offset + 30)
    out, err = lines_of(run, "convert", shard.name, "a.tfrecord", "--on-error", "skip", code=1)
    assert out[0].startswith("1 record into 1 shard, ")
    assert [line.split(": ")[:3] for line in err[:10]] == [
        [shard.name, f"record {number}", "left out"] for number in range(10)
    ]
    assert err[10:] == ["... and 1 more; -v lists all, and so does --json"]


def test_pack_says_how_many_into_what_and_names_the_first_and_the_last_shard(run, flowers):
    assert lines_of(run, "pack", "flowers", "p/roll", "--shards", 3) == (
        [
            "12 of 12 pictures in 3 shards, 18.0 kB (0 changed, 0 skipped)",
            "p/roll-00000-of-00003.tfrecord ... roll-00002-of-00003.tfrecord",
        ],
        [],
    )
    assert lines_of(run, "pack", "flowers", "q.tfrecord") == (
        ["12 of 12 pictures in 1 shard, 18.0 kB (0 changed, 0 skipped)", "q.tfrecord"],
        [],
    )


def test_pack_groups_what_is_out_of_the_ordinary_by_kind_and_by_what_was_done(run, flowers):
    for number in range(12):
        (flowers / "rose" / f"cut {number:02d}.jpg").write_bytes(b"\xff\xd8")
    (flowers / "rose" / "liar.png").write_bytes(pictures.jpeg())
    (flowers / "rose" / "notes.txt").write_text("n")
    (flowers / "rose" / "words.txt").write_text("n")
    out, err = lines_of(run, "pack", "flowers", "q.tfrecord", code=1)
    assert out[0].startswith("13 of 25 pictures in 1 shard, ")
    assert out[0].endswith(" (0 changed, 12 skipped)")
    first, second = (err.index(line) for line in ("unreadable, skipped: 12", "mislabelled, kept: 1"))
    assert [line.partition(": ")[0] for line in err[first + 1 : first + 11]] == [
        f"  flowers/rose/cut {number:02d}.jpg" for number in range(10)
    ]
    assert err[first + 11] == "  ... and 2 more; -v lists all, and so does --json"
    assert err[second + 1] == "  flowers/rose/liar.png: the name says .png, the bytes are JPEG"
    assert err[-1] == "left alone: rose/notes.txt and 1 more"
    assert len(err) == 15


def test_sizes_prints_a_row_for_each_form(run, flowers):
    out, err = lines_of(run, "sizes", "flowers/rose/rose 0.jpg")
    nbytes = len((flowers / "rose" / "rose 0.jpg").read_bytes())
    assert out[:5] == [
        "flowers/rose/rose 0.jpg: 20 x 32 x 3 uint8",
        "                           bytes   of the array   comes back",
        f"the file as it is (JPEG)   {nbytes:,}          {nbytes / 1920:.1%}   identical",
        "raw array                  1,920         100.0%   identical",
        "NPY                        2,048         106.7%   identical",
    ]
    assert [line.split()[-1] for line in out[5:]] == ["changed", "changed", "identical", "changed", "identical"]
    assert err == ["note: the file is a JPEG already: encoding as JPEG again loses once more"]


def test_pictures_that_are_there_twice_under_other_names_are_told_from_names_that_are(run, flowers):
    with filmroll.Writer("a.tfrecord") as writer:
        for name, picture in (("a.jpg", 0), ("b.jpg", 0), ("a.jpg", 1)):
            writer.write(example.serialize({"image/encoded": pictures.jpeg(picture), "image/filename": name}))
    out, err = lines_of(run, "verify", "a.tfrecord", "--dialect", "slim")
    assert out[0].endswith(": all sound")
    assert err == [
        "a.tfrecord: record 2 has the key of a.tfrecord: record 0",
        "a.tfrecord: record 1 has the picture of a.tfrecord: record 0",
    ]
    document = json.loads(run("verify", "a.tfrecord", "--dialect", "slim", "--json")[1])
    assert [(one["what"], one["record"], one["first_record"]) for one in document["duplicates"]] == [
        ("key", 2, 0),
        ("picture", 1, 0),
    ]


@pytest.mark.parametrize("verb", ["verify", "repair", "convert", "unpack", "pack", "inspect"])
def test_json_of_what_is_sound_exits_0_and_says_nothing_else(run, flowers, verb):
    filmroll.pack("flowers", "a.tfrecord")
    dest = [] if verb in ("verify", "inspect") else ["made.tfrecord"]
    code, out, err = run(verb, "flowers" if verb == "pack" else "a.tfrecord", *dest, "--json")
    assert (code, err) == (0, "")
    assert isinstance(json.loads(out), dict)


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (("a", None, None, "why", None), "a: why"),
        (("a", 3, None, "why", None), "a: record 3: why"),
        (("a", 3, 1200, "why", None), "a: record 3 at offset 1200: why"),
        (("a", 3, 1200, "why", 4567), "a: record 3 at offset 1200, 4,567 bytes: why"),
        (("a", None, None, "why", 4567), "a: why"),
        (("a", None, 0, "why", 1), "a: at offset 0, 1 bytes: why"),
    ],
)
def test_fault_says_as_much_of_its_place_as_is_known(run, monkeypatch, fault, line):
    monkeypatch.setattr(filmroll, "verify", lambda paths, **options: Verification(faults=[Fault(*fault)]))
    out, _ = lines_of(run, "verify", "a", code=1)
    assert out == [line, "0 records, 0 pictures, 0 bytes: 1 fault"]
    code, out, _ = run("verify", "a", "--json")
    assert (code, json.loads(out)["faults"][0]["error"]) == (1, "why")


def test_convert_remarks_on_labels_with_names_and_without(run, flowers):
    folder = flowers.parent
    run("pack", flowers, folder / "named.tfrecord")
    with filmroll.Writer(folder / "bare.tfrecord") as writer:
        writer.write(example.serialize({"image": pictures.jpeg(1), "label": 0}))
    code, out, err = run("convert", folder / "named.tfrecord", folder / "bare.tfrecord", folder / "all.tfrecord")
    assert code == 0
    assert "all.tfrecord" in out
    assert f"classes have names in {folder / 'named.tfrecord'}, and none in {folder / 'bare.tfrecord'}: " in err
