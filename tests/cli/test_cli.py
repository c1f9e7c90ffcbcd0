"""The command line: exit codes, one clear line for bad input, JSON for scripts, help that fits."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import filmroll
import pictures
import small_files
from filmroll.messages import example


@pytest.fixture
def flowers(tmp_path):
    return pictures.folder_of_classes(tmp_path / "flowers")


@pytest.fixture
def shards(flowers, tmp_path):
    return [str(path) for path in filmroll.pack(flowers, tmp_path / "out" / "roll", shards=2).shards]


def one_line(err: str) -> str:
    [line] = err.splitlines()
    assert line.startswith("filmroll: ")
    return line


# pack


def test_pack_says_what_it_wrote(run, flowers, tmp_path):
    code, out, err = run("pack", flowers, tmp_path / "out" / "roll", "--shards", 2)
    assert code == 0
    assert "12 of 12 pictures in 2 shards" in out
    assert err == ""


def test_pack_json_has_the_keys_that_scripts_rely_on(run, flowers, tmp_path):
    code, out, _ = run("pack", flowers, tmp_path / "roll", "--json")
    document = json.loads(out)
    assert code == 0
    assert {"read", "written", "changed", "skipped", "shards"} <= set(document)
    assert (document["read"], document["written"]) == (12, 12)


def test_pack_that_lost_a_picture_exits_1_and_names_it(run, flowers, tmp_path):
    (flowers / "rose" / "cut.jpg").write_bytes(b"\xff\xd8")
    code, out, err = run("pack", flowers, tmp_path / "roll")
    assert code == 1
    assert "12 of 13 pictures" in out
    assert "unreadable, skipped: 1" in err
    assert "cut.jpg" in err


def test_pack_lists_what_is_out_of_the_ordinary(run, flowers, tmp_path):
    (flowers / "rose" / "odd.jpg").write_bytes(pictures.rotated_jpeg(6))
    (flowers / "rose" / "liar.png").write_bytes(pictures.jpeg())
    (flowers / "rose" / "notes.txt").write_text("n")
    code, _, err = run("pack", flowers, tmp_path / "roll")
    assert code == 0
    assert "rotated, kept: 1" in err
    assert "EXIF orientation 6" in err
    assert "the name says .png, the bytes are JPEG" in err
    assert "left alone: rose/notes.txt" in err


def test_pack_options_reach_the_packer(run, flowers, tmp_path):
    (flowers / "rose" / "odd.jpg").write_bytes(pictures.cmyk_jpeg())
    labels = tmp_path / "labels.txt"
    labels.write_text("tulip\nrose\ndaisy\n")
    code, out, _ = run(
        "pack", flowers, tmp_path / "roll", "--on-cmyk", "convert", "--no-shuffle", "--labels", labels,
        "--shard-size", "3kB", "--compression", "gzip", "--dialect", "slim", "--threads", 1, "--json",
    )  # fmt: skip
    document = json.loads(out)
    assert code == 0
    assert document["changed"] == 1
    assert len(document["shards"]) > 2
    with filmroll.open(document["shards"]) as roll:
        assert next(sample.label for sample in roll) == 2
        keys = [sample.key for sample in roll]
    assert keys == sorted(keys)


def test_pack_makes_copies_and_says_what_they_cost(run, flowers, tmp_path):
    code, out, err = run(
        "pack", flowers, tmp_path / "roll", "--resize", "shorter=16", "--quality", 90, "--seekable", "--shards", 1
    )
    assert (code, err) == (0, "")
    assert "12 of 12 pictures in 1 shard" in out
    assert "(12 changed, 0 skipped)" in out
    [line] = [line for line in out.splitlines() if "encoded again" in line]
    nbytes = sum(len(data) for data in pictures.tree(flowers).values())
    assert line.startswith(f"12 encoded again: {nbytes / 1000:.1f} kB before, ")
    assert line.endswith(" of it restart markers and their index")
    with filmroll.open(tmp_path / "roll-*.tfrecord") as roll:
        assert {min(sample.header.height, sample.header.width) for sample in roll} == {16}


def test_pack_without_copies_says_nothing_of_them(run, flowers, tmp_path):
    assert "again" not in run("pack", flowers, tmp_path / "roll")[1]
    document = json.loads(run("pack", flowers, tmp_path / "copies", "--seekable", "--json")[1])
    assert document["copied"]["pictures"] == document["changed"] == 12


@pytest.mark.parametrize("resize", ["320", "longer=320", "shorter=0", "shorter=x"])
def test_pack_with_a_size_that_is_none_exits_2(run, flowers, tmp_path, resize):
    code, _, err = run("pack", flowers, tmp_path / "roll", "--resize", resize)
    assert code == 2
    assert "such as shorter=320" in err


@pytest.mark.parametrize(
    ("content", "sentence"), [({}, "an empty folder"), ({"a.txt": b"x"}, "no picture among its 1 files")]
)
def test_folder_with_nothing_to_pack_is_one_line_and_exit_1(run, tmp_path, content, sentence):
    (tmp_path / "in").mkdir()
    for name, data in content.items():
        (tmp_path / "in" / name).write_bytes(data)
    code, out, err = run("pack", tmp_path / "in", tmp_path / "out")
    assert (code, out) == (1, "")
    assert sentence in one_line(err)
    assert str(tmp_path / "in") in err


def test_missing_folder_is_one_line_and_exit_2(run, tmp_path):
    code, out, err = run("pack", tmp_path / "absent", tmp_path / "out")
    assert (code, out) == (2, "")
    assert "No such file or directory" in one_line(err)


def test_existing_shards_are_one_line_and_exit_2(run, flowers, tmp_path):
    assert run("pack", flowers, tmp_path / "roll")[0] == 0
    code, _, err = run("pack", flowers, tmp_path / "roll")
    assert code == 2
    assert "--overwrite" in one_line(err)
    assert run("pack", flowers, tmp_path / "roll", "--overwrite")[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on file sizes")
def test_full_disk_is_one_line_exit_1_and_leaves_nothing(flowers, tmp_path):
    code = small_files.at_most(4000) + "from filmroll.cli import main; main()"
    command = [sys.executable, "-c", code, "pack", flowers, tmp_path / "out" / "roll"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "File too large" in one_line(done.stderr)
    assert list((tmp_path / "out").iterdir()) == []


# inspect, verify, unpack, sizes


def test_inspect_tells_records_pictures_labels_and_features(run, shards):
    code, out, err = run("inspect", *shards)
    assert (code, err) == (0, "")
    assert "12 records" in out
    assert "6 jpeg, 6 png" in out
    assert "daisy: 4, rose: 4, tulip: 4" in out
    for name in ("image/encoded", "image/class/label", "image/height"):
        assert name in out


def test_inspect_of_text_that_looks_like_markup_is_printed_as_it_is(run, tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(example.serialize({"[red]a": b"[bold]x[/nothing]"}))
    code, out, _ = run("inspect", tmp_path / "r.tfrecord")
    assert code == 0
    assert "[red]a" in out
    assert "[bold]x[/nothing]" in out


def test_inspect_shows_a_picture_in_the_terminal(run, shards):
    code, out, _ = run("inspect", shards[0], "--image", 0)
    assert code == 0
    assert set(out.splitlines()[0]) <= set(" ░▒▓█")
    assert "record 0" in out


def test_inspect_writes_a_picture_as_it_is_stored(run, shards, flowers, tmp_path):
    code, _out, _ = run("inspect", shards[0], "--image", 3, "--out", tmp_path / "picture")
    assert code == 0
    assert (tmp_path / "picture").read_bytes() in pictures.tree(flowers).values()


def test_inspect_of_a_number_that_is_not_there_is_one_line_and_exit_2(run, shards):
    code, _, err = run("inspect", shards[0], "--image", 99)
    assert code == 2
    assert "--image 99: there are 6 records, numbered from 0" in one_line(err)


@pytest.mark.parametrize("verb", ["inspect", "unpack"])
def test_damaged_record_is_one_line_with_file_record_and_offset_and_exit_1(run, shards, tmp_path, verb):
    data = bytearray(Path(shards[0]).read_bytes())
    data[-10] ^= 1
    Path(shards[0]).write_bytes(data)
    code, _, err = run(verb, shards[0], *([tmp_path / "back"] if verb == "unpack" else []))
    assert code == 1
    line = one_line(err)
    assert shards[0] in line
    assert "record 5 at offset" in line
    assert "checksum" in line


def test_truncated_record_is_one_line_with_file_record_and_offset_and_exit_1(run, shards):
    data = Path(shards[0]).read_bytes()
    Path(shards[0]).write_bytes(data[:-3])
    code, _, err = run("inspect", shards[0])
    assert code == 1
    assert "record 5 at offset" in one_line(err)


def test_compressed_file_opened_as_plain_is_one_line_and_exit_1(run, flowers, tmp_path):
    filmroll.pack(flowers, tmp_path / "roll.tfrecord", compression="gzip")
    code, _, err = run("inspect", tmp_path / "roll.tfrecord", "--compression", "none")
    assert code == 1
    assert "gzip" in one_line(err)


def test_verify_exits_1_with_each_fault_on_a_line(run, shards):
    assert run("verify", *shards)[0] == 0
    data = bytearray(Path(shards[1]).read_bytes())
    data[-10] ^= 1
    Path(shards[1]).write_bytes(data)
    code, out, _ = run("verify", *shards)
    assert code == 1
    assert ": 1 fault\n" in out
    assert f"{shards[1]}: record 5 at offset" in out
    code, out, _ = run("verify", *shards, "--json")
    assert code == 1
    assert len(json.loads(out)["faults"]) == 1


def test_unpack_gives_the_files_again(run, shards, flowers, tmp_path):
    code, out, _ = run("unpack", *shards, tmp_path / "back")
    assert code == 0
    assert "12 pictures of 12 records" in out
    assert pictures.tree(tmp_path / "back") == pictures.tree(flowers)


def test_unpack_json_counts(run, shards, tmp_path):
    _, out, _ = run("unpack", *shards, tmp_path / "back", "--json")
    assert json.loads(out)["written"] == 12


def test_sizes_prints_the_table(run, data):
    code, out, err = run("sizes", data / "blog" / "freedom.png")
    assert code == 0
    for figure in ("720,000", "720,128", "46,567", "33,192", "9,330", "identical", "changed"):
        assert figure in out
    assert out.splitlines()[0] == f"{data / 'blog' / 'freedom.png'}: 600 x 400 x 3 uint8"  # on one line
    assert "alpha left out" in err


def test_sizes_json_has_the_keys_that_scripts_rely_on(run, flowers):
    _, out, _ = run("sizes", flowers / "rose" / "rose 0.jpg", "--json")
    assert {"name", "nbytes", "share", "identical"} == set(json.loads(out)["candidates"][0])


# the command line itself


def test_demo_does_the_main_job_and_names_its_contact_sheet(run, tmp_path):
    code, out, _ = run("demo", tmp_path / "demo")
    assert code == 0
    assert "24 of 24 files are the same, byte for byte" in out
    assert "all sound" in out
    sheet = out.rsplit("contact sheet: ", 1)[1].strip()
    image = filmroll.imread(sheet)
    assert image.shape[2] == 3
    assert image.std() > 20  # something is drawn on it


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["pack"], ["pack", "a", "b", "--shards", "x"], ["sizes", "a", "--size", "big"]],
)
def test_wrong_command_exits_2(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err


def test_interruption_is_one_line(run, flowers, tmp_path, monkeypatch):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(filmroll, "pack", interrupted)
    code, _, err = run("pack", flowers, tmp_path / "roll")
    assert code == 130
    assert "interrupted" in one_line(err.strip())


@pytest.mark.parametrize("options", [[], ["--json"], ["--image", "1"]])
def test_reader_that_had_enough_is_no_error(shards, options):
    command = [sys.executable, "-c", "from filmroll.cli import main; main()", "inspect", *options, *shards]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("verb", ["inspect", "verify", "--help"])
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_output_is_no_error(shards, verb, closed):
    command = f"{sys.executable} -c 'from filmroll.cli import main; main()' {verb} {' '.join(shards)} {closed}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_full_output_is_one_line_and_exit_1(shards):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full on this system")
    command = f"{sys.executable} -c 'from filmroll.cli import main; main()' inspect {shards[0]} >/dev/full"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert one_line(done.stderr) == "filmroll: No space left on device"


@pytest.mark.parametrize(("typed", "meant"), [("packk", "pack"), ("verfy", "verify"), ("converts", "convert")])
def test_verb_that_is_mistyped_names_the_one_that_is_near(run, typed, meant):
    code, _, err = run(typed)
    assert code == 2
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in err
    assert "Did you mean" not in run("xyz")[2]


def test_no_colours_reach_a_pipe(shards):
    command = [sys.executable, "-c", "from filmroll.cli import main; main()", "inspect", *shards]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "\x1b" not in done.stdout


def test_convert_says_what_it_wrote_and_what_would_be_lost(data, run, tmp_path):
    code, out, _ = run("convert", "--check", data / "records/models/pets_examples.record", tmp_path / "pets.tar")
    assert code == 0
    assert out.startswith("10 records into 1 shard, ")
    assert "read again and equal" in out
    code, out, err = run("convert", tmp_path / "pets.tar", tmp_path / "pets.lmdb")
    assert (code, out) == (2, "")
    assert "record 0: the datum dialect does not hold its boxes and features image/object/difficult" in err
    assert err.count("\n") == 1
    assert not (tmp_path / "pets.lmdb").exists()
    code, out, _ = run("convert", tmp_path / "pets.tar", tmp_path / "pets.lmdb", "--drop", "boxes,features", "--json")
    assert (code, json.loads(out)["written"], json.loads(out)["changed"]) == (0, 10, 0)
