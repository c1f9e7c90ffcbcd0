"""`inspect` prints whatever records hold: bytes, text, numbers, pictures that cannot be read, and none."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.messages import example


def write(path, *records):
    with filmroll.Writer(path) as writer:
        for record in records:
            writer.write(record if isinstance(record, bytes) else example.serialize(record))
    return path


def test_record_without_a_picture_has_none_to_show(run, tmp_path):
    path = write(tmp_path / "a.tfrecord", {"id": 7})
    code, out, err = run("inspect", path, "--image", 0)
    assert (code, out) == (1, "")
    assert err == "filmroll: record 0 holds no picture\n"


def test_known_records_that_only_name_their_pictures_say_so(run, data):
    path = data / "records/datumaro/roboflow_dataset/tfrecord/train/train.tfrecord"
    _, out, _ = run("inspect", path)
    assert "pictures   none: no record holds the bytes of one\n" in out
    assert "image/encoded              bytes     1                 2   0 bytes\n" in out


def test_records_without_a_picture_among_others_are_counted(run, tmp_path):
    path = write(tmp_path / "a.tfrecord", {"jpg": pictures.jpeg(1), "id": 1}, {"id": 2}, {"jpg": pictures.jpeg(2)})
    _, out, _ = run("inspect", path)
    assert "kB; none in 1 record\n" in out
    _, out, _ = run("inspect", path, "--image", 2)
    assert out.splitlines()[-1] == "record 2"


def test_files_that_differ_are_told_apart(run, data):
    cows, other = data / "records/cow/test.record", data / "blog/mystery.tfrecords"
    code, out, _ = run("inspect", cows, other)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == f"2 files, {cows} ...: 39 records, 858 kB"
    assert lines[1:6] == [
        "dialect    mixed: the files differ, and are told apart here",
        f"           tfod in {cows}",
        f"           generic in {other}",
        "",
        f"{cows}: 38 records, 790 kB",
    ]
    assert f"\n\n{other}: 1 record, 67.7 kB\nmessage    tf.train.Example\ndialect    generic: jpg is the picture" in out
    assert lines[-1] == "  38  jpg=<67,616 bytes>"
    _, one, _ = run("inspect", other, "--image", 0)
    _, both, _ = run("inspect", cows, other, "--image", 38)
    assert one.splitlines()[:-1] == both.splitlines()[:-1]


def test_one_byte_is_one_byte(run, tmp_path):
    _, out, _ = run("inspect", write(tmp_path / "a.tfrecord", {"grade": b"A"}, {"grade": b"C"}))
    assert "   1 byte, such as 'A'\n" in out


def test_records_that_are_no_messages_are_printed_as_bytes(run, tmp_path):
    code, out, _ = run("inspect", write(tmp_path / "a.tfrecord", b"\xff\xff\xff hello", b"\xff\xff"))
    assert code == 0
    assert "none that is known: the records are read as bytes" in out
    assert r"  0  b'\xff\xff\xff hello'" in out


def test_pictures_that_cannot_be_read_are_listed_and_cut_after_three(run, tmp_path):
    records = [{"image/encoded": b"\xff\xd8 cut", "image/format": b"jpeg", "image/class/label": n} for n in range(5)]
    records.append({"image/encoded": pictures.jpeg(), "image/format": b"jpeg", "image/class/label": 5})
    path = write(tmp_path / "a.tfrecord", *records)
    code, out, err = run("inspect", path)
    assert code == 0
    assert out.count("record 0: ") == 1
    assert "record 2: " in out
    assert "record 3: " not in out
    assert "... and 2 more unreadable; -v lists all" in err
    assert "record 4: " in run("inspect", "-v", path)[1]


def test_values_of_every_kind_are_shown(run, tmp_path):
    record = {
        "text": "a" * 60,
        "binary": b"\x00\xff\x01",
        "control": b"line\nline",
        "many": [1, 2, 3, 4, 5, 6],
        "large": 123456,
        "fraction": np.float32([0.5]),
        "empty": np.zeros(0, np.int64),
    }
    other = {**record, "text": "b", "many": [1], "large": 5}
    code, out, _ = run("inspect", write(tmp_path / "a.tfrecord", record, other))
    assert code == 0
    assert "1 to 60 bytes, such as '" + "a" * 39 + "…'" in out
    assert "<3 bytes>" in out
    assert "<9 bytes>" in out
    assert "[1, 2, 3, 4, ...]" in out
    assert "5 to 123,456" in out
    assert "1 to 6" in out
    assert "0.5" in out


def test_more_than_a_dozen_classes_are_cut(run, tmp_path):
    records = [{"image/encoded": pictures.jpeg(), "image/class/label": number} for number in range(20)]
    _, out, _ = run("inspect", write(tmp_path / "a.tfrecord", *records))
    assert "11: 1, ... 20 in all" in out


def test_file_without_records_is_said_in_a_line(run, tmp_path):
    _, out, _ = run("inspect", write(tmp_path / "a.tfrecord"))
    assert out == f"{tmp_path / 'a.tfrecord'}: 0 records, 0 bytes\n"


def test_shards_of_an_earlier_run_are_told(run, tmp_path, monkeypatch):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    done = []

    def interrupted(*arguments, **options):
        report = pack(*arguments, **options)
        report.resumed = 2
        done.append(report)
        return report

    pack = filmroll.pack
    monkeypatch.setattr(filmroll, "pack", interrupted)
    _, _, err = run("pack", folder, tmp_path / "roll", "--shards", 3)
    assert "2 of 3 shards were finished by an earlier run" in err
    assert done


def page(run, *typed) -> list[str]:
    code, out, err = run("inspect", *typed)
    assert (code, err) == (0, "")
    return [line.rstrip() for line in out.splitlines()]


def flower(number: int, **more) -> dict:
    return {
        "image/encoded": pictures.jpeg(number),
        "image/format": b"jpeg",
        "image/class/label": number % 3 + 1,
        "image/filename": f"{number}.jpg",
    } | more


def test_whole_page_of_pictures_says_what_is_in_them(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    records = [flower(number, score=np.float32([number / 4]), ids=[7] * (number + 1)) for number in range(6)]
    nbytes = write(Path("a.tfrecord"), *records).stat().st_size
    sizes = [len(record["image/encoded"]) for record in records]
    lines = page(run, "a.tfrecord")
    assert lines[:13] == [
        f"a.tfrecord: 6 records, {nbytes / 1000:.1f} kB",
        "message    tf.train.Example",
        "dialect    slim: image/encoded holds a picture file, image/class/label its label",
        f"pictures   6 jpeg; height 24, width 32, channels 3; {sum(sizes) / 1000:.1f} kB",
        "labels     1: 2, 2: 2, 3: 2",
        "",
        "feature             type      values   in records",
        "ids                 int64     1 to 6            6   7",
        "image/class/label   int64     1                 6   1 to 3",
        f"image/encoded       bytes     1                 6   {min(sizes):,} to {max(sizes):,} bytes",
        "image/filename      bytes     1                 6   5 bytes, such as '0.jpg'",
        "image/format        bytes     1                 6   4 bytes, such as 'jpeg'",
        "score               float32   1                 6   0 to 1.25",
    ]
    assert lines[13:15] == ["", "first records"]
    shown = ["7", "[7, 7]", "[7, 7, 7]", "[7, 7, 7, 7]", "[7, 7, 7, 7, ...]"]
    assert lines[15:] == [
        f"  {number}  ids={shown[number]}  image/class/label={number % 3 + 1}  image/encoded=<{sizes[number]:,} bytes>"
        f"  image/filename='{number}.jpg'  image/format='jpeg'  score={number / 4:g}"
        for number in range(5)
    ]


def test_page_of_several_compressed_files_names_the_first_and_how_they_are_compressed(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, options in {"a": {}, "b": {"compression": "gzip"}, "c": {"compression": "zlib"}}.items():
        with filmroll.Writer(name, **options) as writer:
            writer.write(
                example.serialize({"n": 20_000, "none": None, "bytes": [b"\xff" * 70, b"x" * 65, b"", b"y", b"z"]})
            )
    lines = page(run, "a", "b", "c")
    assert lines[0].startswith("3 files, a ...: 3 records, ")
    assert lines[0].endswith(" bytes, gzip, zlib")
    assert lines[3] == "pictures   none"
    assert lines[4:10] == [
        "",
        "feature   type    values   in records",
        "bytes     bytes   5                 3   0 to 70 bytes",
        "n         int64   1                 3   20,000",
        "none      none    0                 3",
        "",
    ]
    assert lines[11] == f"  0  bytes=[<70 bytes>, '{'x' * 39}…', '', 'y', ...]  n=20,000  none=(no kind)"


def test_page_tells_formats_apart_and_names_classes(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pictures.folder_of_classes(tmp_path / "flowers")
    (tmp_path / "flowers" / "rose" / "grey.png").write_bytes(filmroll.encode(np.zeros((9, 1200, 1), np.uint8), "png"))
    shard = filmroll.pack("flowers", "roll.tfrecord", seed=None).shards[0]
    lines = page(run, shard)
    assert lines[2] == "dialect    slim: filmroll.json says so"
    assert lines[3].startswith("pictures   7 png, 6 jpeg; height 9 to 23, width 32 to 1,200, channels 1, 3; ")
    assert lines[4] == "labels     daisy: 4, rose: 5, tulip: 4"


def test_labels_that_are_stored_from_1_are_said_to_be_shown_from_0(run, tmp_path, data):
    lines = page(run, data / "records/tensorflow/build_imagenet_data.tfrecord")
    [labels] = [line for line in lines if line.startswith("labels")]
    assert labels.endswith(" (stored from 1, shown from 0)")


def test_picture_is_shown_with_its_record_key_and_class(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write(
        tmp_path / "a.tfrecord",
        flower(0),
        flower(1, **{"image/class/text": b"rose"}),
        {"image/encoded": pictures.jpeg()},
    )
    assert page(run, path, "--image", 0)[-1] == "record 0: 0.jpg label 1"
    assert page(run, path, "--dialect", "slim", "--image", 1)[-1] == "record 1: 1.jpg label 2 (rose)"
    assert page(run, path, "--dialect", "slim", "--image", 2)[-1] == "record 2"
    assert page(run, path, "--image", 1, "--out", "one") == ["one"]
    assert Path("one").read_bytes() == pictures.jpeg(1)
    assert page(run, path, "--out", "zero") == ["zero"]
    assert Path("zero").read_bytes() == pictures.jpeg(0)
    for number in (-1, 3):
        assert run("inspect", path, "--image", number) == (
            2,
            "",
            f"filmroll: --image {number}: there are 3 records, numbered from 0\n",
        )


def test_array_is_written_in_the_format_of_the_name(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pictures.folder_of_classes(tmp_path / "flowers", each=1)
    filmroll.pack("flowers", "a.tfrecord", dialect="array", seed=None)
    with filmroll.open("a.tfrecord") as roll:
        wanted = roll[1].array
    for name in ("x.png", "x.npy", "x.bmp"):
        assert page(run, "a.tfrecord", "--image", 1, "--out", name) == [name]
        assert np.array_equal(filmroll.imread(name), wanted)
    assert run("inspect", "a.tfrecord", "--out", "x.xyz")[0] == 2


@pytest.mark.parametrize(("encoding", "shown"), [("utf-8:strict", "花".encode()), ("cp1252:strict", b"\\u82b1")])
def test_text_that_the_output_has_no_letters_for_is_escaped(tmp_path, encoding, shown):
    with filmroll.Writer(tmp_path / "a.tfrecord") as writer:
        writer.write(example.serialize({"image/encoded": pictures.jpeg(), "image/class/text": "花"}))
    command = [sys.executable, "-c", "from filmroll.cli import main; main()", "inspect", str(tmp_path / "a.tfrecord")]
    done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding}, check=True)
    assert shown in done.stdout
    assert done.stderr == b""
