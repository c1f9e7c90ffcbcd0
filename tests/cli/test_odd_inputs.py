"""What a newcomer names by mistake: one line that says what it is, never a traceback, a long wait or a false hint."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import filmroll
import pictures
from filmroll.messages import example

READERS = ["inspect", "verify", "unpack", "convert", "repair"]
NOT_UTF8 = os.fsdecode(b"caf\xe9.record")


@pytest.fixture
def odd(data, tmp_path, monkeypatch):
    """A folder of odd inputs, as the current one."""
    sound = (data / "records/models/pets_examples.record").read_bytes()
    (tmp_path / "empty folder").mkdir()
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "text").write_text("hello, this is a text and no records\n")
    (tmp_path / "table.csv").write_text("path,label\na.jpg,1\n")
    (tmp_path / "pointer").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    (tmp_path / "a.jpg").write_bytes(pictures.jpeg())
    (tmp_path / "cut").write_bytes(sound[:100_000])
    (tmp_path / NOT_UTF8).write_bytes(sound[:100_000])
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_bytes(pictures.jpeg())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def arguments_of(verb: str, name: str) -> list[str]:
    return [verb, name] if verb in ("inspect", "verify", "sizes") else [verb, name, "out/made"]


@pytest.mark.parametrize(
    "arguments",
    [("repair", "cut", "pointer", "text"), ("repair", "cut", "text/"), ("pack", "pictures", "text/a")],
    ids=" ".join,
)
def test_file_where_a_folder_is_wanted_is_called_that(odd, run, arguments):
    code, _, err = run(*arguments)
    assert code == 2
    assert err.endswith("text: a file, where a folder is wanted; choose another name\n")


STRANGERS = [
    ("empty folder", 1, "empty folder: a folder without record files"),
    ("pictures", 1, "a folder without record files; 'filmroll pack' makes records of pictures"),
    ("text", 1, "no record file but a text"),
    ("table.csv", 1, "no record file but a text"),
    ("pointer", 1, "no record file but a pointer of Git LFS in place of the file; 'git lfs pull' fetches the file"),
    ("a.jpg", 1, "no record file but a JPEG picture; 'filmroll pack' makes records of pictures"),
    ("nothing-*", 1, "nothing-*: no file fits this pattern"),
    ("absent", 2, "absent: No such file or directory"),
    ("", 1, "an empty path; an empty variable of the shell, perhaps"),
]
DAMAGED = [(name, 1, "record 1 at offset 18446") for name in ("cut", NOT_UTF8)]


@pytest.mark.parametrize(
    ("verb", "name", "code", "words"),
    [
        *((verb, *case) for verb in READERS for case in STRANGERS),
        *((verb, *case) for verb in READERS for case in DAMAGED if verb != "repair"),
    ],
)
def test_records_that_are_none_are_one_line_that_says_what_they_are(odd, run, verb, name, code, words):
    before = pictures.tree(odd)
    found, out, err = run(*arguments_of(verb, name))
    assert found == code
    assert words in out + err
    assert "Traceback" not in err
    assert len([line for line in (out + err).splitlines() if words in line]) == 1
    assert not err or len(err.splitlines()) == 1
    assert pictures.tree(odd) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
@pytest.mark.parametrize("verb", READERS)
def test_named_pipe_is_refused_at_once(odd, run, verb):
    os.mkfifo("pipe")
    code, out, err = run(*arguments_of(verb, "pipe"))
    assert code in (1, 2)
    assert "only regular files can be read, no pipes or devices" in out + err


def test_empty_file_is_sound_and_no_features_are_made_up(odd, run):
    assert run("inspect", "empty") == (0, "empty: 0 records, 0 bytes\n", "")
    assert run("verify", "empty") == (0, "0 records, 0 pictures, 0 bytes: all sound\n", "")


@pytest.mark.parametrize("verb", ["unpack", "convert"])
def test_file_without_records_leaves_nothing_to_make(odd, run, verb):
    code, _, err = run(*arguments_of(verb, "empty"))
    assert code == 1
    assert err.startswith("filmroll: empty: ")
    assert "no record" in err


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("empty folder", 1, "an empty folder: there is nothing to pack"),
        ("a.jpg", 1, "one picture; name the folder it is in"),
        ("cut", 1, "for records there is 'convert'"),
        ("text", 1, "--source-kind names it: cifar, folder"),
        ("nothing-*", 2, "No such file or directory"),
        ("absent", 2, "No such file or directory"),
    ],
)
def test_source_that_is_none_is_one_line_that_says_what_to_do(odd, run, name, code, words):
    found, out, err = run("pack", name, "out/made")
    assert (found, out) == (code, "")
    [line] = err.splitlines()
    assert line.startswith(f"filmroll: {name}: ")
    assert words in line
    assert not (odd / "out").exists()


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("pictures", 2, "a folder; name one file in it"),
        ("empty", 1, "empty: there are no bytes to decode"),
        ("text", 1, "no known picture format: the first bytes are b'hello, this is a'"),
        ("absent", 2, "No such file or directory"),
    ],
)
def test_picture_that_is_none_is_one_line(odd, run, name, code, words):
    found, out, err = run("sizes", name)
    assert (found, out) == (code, "")
    [line] = err.splitlines()
    assert line.startswith(f"filmroll: {name}: ")
    assert words in line


@pytest.mark.parametrize("verb", ["pack", "convert"])
@pytest.mark.parametrize("dest", ["", ".", "..", "/", "pictures/..", "s3://bucket"])
def test_folder_in_place_of_a_name_for_shards_is_one_line_and_makes_nothing(odd, run, verb, dest):
    before = pictures.tree(odd)
    code, out, err = run(verb, {"pack": "pictures", "convert": NOT_UTF8}[verb], dest)
    assert (code, out) == (2, "")
    shown = dest if "://" in dest else Path(dest)
    assert err == f"filmroll: {shown}: a folder; give a name for the shards in it, too\n"
    assert pictures.tree(odd) == before


@pytest.mark.parametrize("verb", ["pack", "convert"])
@pytest.mark.parametrize(
    ("dest", "names"),
    [
        ("pictures/", f"such as {Path('pictures/train')}"),
        ("absent/", f"such as {Path('absent/train')}"),
        ("pictures", f"such as {Path('pictures/train')}, or a suffix for shards beside it, pictures.tfrecord"),
        ("s3://bucket/folder/", "such as s3://bucket/folder/train"),
    ],
)
def test_folder_that_shards_may_be_meant_to_go_into_gets_none_beside_it(odd, run, verb, dest, names):
    """Whoever knows `cp` means into it; the names of shards there are theirs to choose."""
    before = pictures.tree(odd)
    code, out, err = run(verb, {"pack": "pictures", "convert": NOT_UTF8}[verb], dest)
    assert (code, out) == (2, "")
    assert err == f"filmroll: {dest.rstrip('/')}: a folder; give a name for the shards in it, too, {names}\n"
    assert pictures.tree(odd) == before


def test_name_with_a_suffix_puts_shards_beside_a_folder_and_lmdb_is_a_folder_itself(odd, run):
    assert run("pack", "pictures", "pictures.tfrecord", "--shards", 1)[0] == 0
    assert Path("pictures.tfrecord").is_file()
    assert [run("pack", "pictures", "made.lmdb/", "--overwrite")[0] for _ in range(2)] == [0, 0]
    assert sorted(os.listdir("made.lmdb")) == ["data.mdb"]


@pytest.mark.parametrize("out", ["", ".", "/"])
def test_folder_in_place_of_a_picture_file_is_one_line(odd, run, out):
    (odd / "records").write_bytes((odd / NOT_UTF8).read_bytes()[:18446])
    code, _, err = run("inspect", "records", "--out", out)
    assert (code, err) == (2, f"filmroll: {Path(out)}: a folder; name one file in it\n")


@pytest.mark.parametrize("url", ["s3://", "gs://", "http://", "https:///"])
@pytest.mark.parametrize("verb", ["inspect", "verify", "convert", "repair"])
def test_url_without_a_bucket_or_a_server_is_one_line(odd, run, verb, url):
    code, out, err = run(*arguments_of(verb, url))
    assert (code, out) == (2, "")
    assert err == f"filmroll: {url!r} names no bucket and no server; expected one behind the '://'\n"


@pytest.mark.parametrize("verb", ["pack", "convert"])
def test_names_of_classes_that_are_no_utf8_are_one_line(odd, run, verb):
    (odd / "names.txt").write_bytes(b"daisy\nr\xf6se\n")
    code, out, err = run(verb, {"pack": "pictures", "convert": NOT_UTF8}[verb], "made", "--labels", "names.txt")
    assert (code, out) == (1, "")
    assert err == "filmroll: names.txt: at offset 7: not UTF-8: byte 0xf6\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [("", 1), ("\n \n", 1), ("\ndaisy\n", 1), ("daisy\n\nrose\n", 2), ("daisy\r\nrose\r\n \t\r\ntulip", 3)],
)
@pytest.mark.parametrize("verb", ["pack", "convert"])
def test_blank_line_is_no_name_of_a_class(odd, run, verb, text, line):
    (odd / "names.txt").write_bytes(text.encode())
    code, out, err = run(verb, {"pack": "pictures", "convert": NOT_UTF8}[verb], "made", "--labels", "names.txt")
    assert (code, out) == (1, "")
    assert err == f"filmroll: names.txt: line {line} is blank, expected the name of class {line - 1}\n"


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n\r\n \t\r\n"])
def test_names_of_classes_may_begin_with_the_mark_that_windows_writes_and_end_in_blank_lines(run, tmp_path, end):
    pictures.folder_of_classes(tmp_path / "flowers")
    (tmp_path / "names.txt").write_bytes(b"\xef\xbb\xbfdaisy\r\nrose\r\ntulip" + end)
    arguments = ("pack", tmp_path / "flowers", tmp_path / "a.tfrecord", "--labels", tmp_path / "names.txt")
    assert run(*arguments)[0] == 0
    with filmroll.open(tmp_path / "a.tfrecord") as roll:
        assert roll.label_names == ["daisy", "rose", "tulip"]


@pytest.mark.parametrize("verb", ["verify", "repair", "convert", "pack"])
@pytest.mark.parametrize("threads", ["0", "-3"])
def test_no_threads_are_none(odd, run, verb, threads):
    code, out, err = run(*arguments_of(verb, "pictures"), "--threads", threads)
    assert (code, out) == (2, "")
    assert f"{threads} is not in the range x>=1" in err


@pytest.mark.parametrize("encoding", ["utf-8:strict", "cp1252:strict", "ascii:strict"])
def test_names_and_texts_that_the_output_has_no_letters_for_are_escaped_and_json_gives_them_back(tmp_path, encoding):
    path = tmp_path / os.fsdecode(b"caf\xe9.tfrecord")
    with filmroll.Writer(path, index=False) as writer:
        writer.write(example.serialize({"image/encoded": pictures.jpeg(), "image/class/text": "花"}))
    os.truncate(path, path.stat().st_size - 2)

    def said(*arguments: object) -> bytes:
        command = [sys.executable, "-c", "from filmroll.cli import main; main()", *map(os.fspath, arguments)]
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run(command, capture_output=True, env=environment, check=False)
        assert (done.returncode, done.stderr) == (1, b"")
        return done.stdout

    assert b"caf\\udce9.tfrecord: record 0 at offset 0" in said("verify", path)
    assert json.loads(said("verify", "--json", path))["faults"][0]["path"] == str(path)
