"""`inspect` prints whatever records hold: bytes, text, numbers, pictures that cannot be read, and none."""

import numpy as np

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
