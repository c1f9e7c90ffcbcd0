"""`-` is standard input for records and pictures, and standard output for a picture."""

import io
import json
import os
import subprocess
import sys

import pytest

import filmroll
import pictures
from filmroll.cli import stdin

FILMROLL = (sys.executable, "-m", "filmroll")


@pytest.fixture
def records(tmp_path):
    shards = filmroll.pack(pictures.folder_of_classes(tmp_path / "flowers"), tmp_path / "roll", shards=1).shards
    return shards[0].read_bytes()


def piped(data: bytes, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run([*FILMROLL, *arguments], input=data, capture_output=True, check=False)
    assert done.returncode == code, done.stderr
    return done


def test_records_are_read_from_standard_input(records, tmp_path):
    assert json.loads(piped(records, "inspect", "-", "--json").stdout)["records"] == 12
    assert piped(records, "verify", "-").stdout.startswith(b"12 records, 12 pictures")
    assert piped(records, "unpack", "-", str(tmp_path / "out")).stdout.startswith(b"12 pictures of 12 records")
    assert len(pictures.tree(tmp_path / "out")) == 12


def test_records_of_standard_input_are_converted(records, tmp_path):
    piped(records, "convert", "-", str(tmp_path / "flowers.tar"), "--check")
    with filmroll.open(tmp_path / "flowers.tar") as roll:
        assert len(roll) == 12


def test_damaged_records_of_standard_input_are_repaired(records, tmp_path):
    done = piped(records[:-3], "repair", "-", str(tmp_path / "fixed.tfrecord"), code=1)
    assert b"11 records kept" in done.stdout


def test_standard_input_is_called_that_and_not_by_the_file_that_keeps_it(records):
    assert piped(records, "inspect", "-").stdout.startswith(b"stdin: 12 records")
    assert piped(records[:-3], "inspect", "-", code=1).stderr.startswith(b"filmroll: stdin: record 11 at offset ")
    assert piped(records[:-3], "verify", "-", code=1).stdout.startswith(b"stdin: record 11 at offset ")
    [fault] = json.loads(piped(records[:-3], "verify", "-", "--json", code=1).stdout)["faults"]
    assert fault["path"] == "stdin"
    assert piped(pictures.jpeg(), "sizes", "-").stdout.startswith(b"stdin: 24 x 32 x 3 uint8\n")


def test_nothing_of_standard_input_stays_behind(records, tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    (tmp_path / "temporary").mkdir()
    subprocess.run([*FILMROLL, "inspect", "-"], input=records, capture_output=True, check=True, env=environment)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_picture_goes_to_standard_output_as_it_is_stored(records):
    picture = piped(records, "inspect", "-", "--image", "3", "--out", "-").stdout
    assert filmroll.read_header(picture).format == "jpeg"
    assert picture in records


def test_array_goes_to_standard_output_as_png(tmp_path):
    filmroll.pack(pictures.folder_of_classes(tmp_path / "flowers"), tmp_path / "a.tfrecord", shards=1, dialect="array")
    picture = piped(b"", "inspect", str(tmp_path / "a.tfrecord"), "--out", "-").stdout
    assert filmroll.read_header(picture).format == "png"


def test_contact_sheet_goes_to_standard_output_as_png(records):
    sheet = piped(records, "contact-sheet", "-", "-").stdout
    assert filmroll.decode(sheet).shape[2] == 3


def test_picture_is_measured_from_standard_input():
    assert json.loads(piped(pictures.jpeg(), "sizes", "-", "--json").stdout)["format"] == "jpeg"
    assert b"empty: there are no bytes" in piped(b"", "sizes", "-", code=1).stderr


def test_standard_input_is_read_once(records):
    assert b"'-' is given more often" in piped(records, "inspect", "-", "-", code=2).stderr


@pytest.mark.parametrize("verb", [("inspect", "-"), ("sizes", "-")])
def test_terminal_is_no_standard_input_for_records(run, monkeypatch, verb):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for keyboard in (Terminal(), None):
        monkeypatch.setattr(stdin.sys, "stdin", keyboard)
        code, out, err = run(*verb)
        assert (code, out) == (2, "")
        assert "nothing is piped into it" in err


def test_terminal_is_no_standard_output_for_a_picture(run, records, tmp_path, monkeypatch):
    path = tmp_path / "r.tfrecord"
    path.write_bytes(records)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    code, _, err = run("inspect", path, "--image", 0, "--out", "-")
    assert code == 2
    assert "'-' is standard output, a terminal" in err
