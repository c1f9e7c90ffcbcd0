"""What every verb has: help that fits, examples at its end, -v and -q, colours only where they are seen."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import cli
from filmroll.cli import console
from filmroll.messages import example

SCREEN = 40
FILMROLL = (sys.executable, "-m", "filmroll")


def help_of(run, *arguments: str) -> list[str]:
    code, out, _ = run(*arguments)
    assert code == 0
    return out.splitlines()


@pytest.mark.parametrize("verb", cli.VERBS)
def test_help_fits_a_screen_and_ends_with_an_example(run, verb, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = help_of(run, verb, "--help")
    assert len(lines) < SCREEN
    examples = lines[lines.index("Example:") + 1 :]
    assert 1 <= len(examples) <= 4
    assert all(f"filmroll {verb}" in line for line in examples)
    assert max(map(len, lines)) <= 80
    assert "-v, --verbose" in "\n".join(lines)


@pytest.mark.parametrize("verb", ["pack", "convert"])
def test_all_options_are_shown_when_asked_for_and_named_in_the_short_help(run, verb):
    short, long = "\n".join(help_of(run, verb, "--help")), "\n".join(help_of(run, verb, "--help-all"))
    command = cli.verbs.get_command(None, verb)
    for option in (max(one.opts, key=len) for one in command.params if one.param_type_name == "option"):
        assert f"{option} " in long or f"{option}\n" in long
        assert option.lstrip("-") in "".join(line.strip() for line in short.splitlines())  # names break at hyphens
    assert len(long) > len(short)


def test_help_of_the_program_lists_every_verb_and_ends_with_examples(run):
    lines = help_of(run, "--help")
    for verb, what in cli.VERBS.items():
        assert any(line.startswith(f"  {verb} ") for line in lines), what
    assert lines[-1].startswith("  filmroll ")
    assert len(lines) < SCREEN


@pytest.fixture
def damaged(tmp_path):
    """A folder with 13 broken pictures and a sound one."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "sound.jpg").write_bytes(pictures.jpeg())
    for number in range(13):
        (folder / f"{number:02d}.jpg").write_bytes(b"\xff\xd8")
    return folder


def test_lists_are_cut_unless_more_is_to_be_said(run, damaged, tmp_path):
    code, _, err = run("pack", damaged, tmp_path / "a")
    assert code == 1
    assert "... and 3 more; -v lists all" in err
    assert "12.jpg" not in err
    code, out, err = run("pack", "-v", damaged, tmp_path / "b")
    assert code == 1
    assert "12.jpg" in err
    assert "... and" not in err
    assert err.splitlines()[-1].startswith("pack: ")
    assert err.splitlines()[-1].endswith(" s")
    assert "1 of 14 pictures" in out


def test_quiet_prints_results_and_errors_alone(run, damaged, tmp_path):
    code, out, err = run("pack", damaged, tmp_path / "a", "--quiet")
    assert (code, err) == (1, "")
    assert out.startswith("1 of 14 pictures")
    code, out, err = run("inspect", "-q", tmp_path / "nothing")
    assert (code, out) == (2, "")
    assert "No such file" in err


def test_one_command_does_not_quieten_the_next(run, damaged, tmp_path):
    run("pack", "-q", damaged, tmp_path / "a")
    assert console.verbosity == -1
    assert "unreadable" in run("pack", damaged, tmp_path / "b")[2]


def test_error_has_a_traceback_only_when_more_is_to_be_said(run, tmp_path):
    bad = tmp_path / "bad.tfrecord"
    with filmroll.Writer(bad) as writer:
        writer.write(b"x" * 100)
    bad.write_bytes(bad.read_bytes()[:-3])
    code, _, err = run("inspect", bad)
    assert code == 1
    assert len(err.splitlines()) == 1
    code, _, err = run("inspect", "--verbose", bad)
    assert code == 1
    assert "Traceback (most recent call last)" in err
    assert err.splitlines()[-1].startswith("filmroll: ")


@pytest.mark.parametrize(
    ("arguments", "near"), [(["pack", "a", "b", "--shrads", "3"], "--shards"), (["verify", "--decod", "x"], "--decode")]
)
def test_option_that_is_mistyped_names_the_one_that_is_near(run, arguments, near):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert near in err


def test_dialect_that_is_none_names_those_there_are(run, tmp_path):
    code, _, err = run("inspect", "--dialect", "slm", tmp_path)
    assert code == 2
    assert "no dialect 'slm'; there are: array, datum" in err


def on_terminal(*arguments: str, **environment: str) -> bytes:
    """Return what a command prints on a terminal, empty variables unset; Windows has none that a program can make."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    env = {name: value for name, value in {**os.environ, **environment}.items() if value}
    with subprocess.Popen([*FILMROLL, *arguments], stdout=theirs, stderr=theirs, stdin=theirs, env=env):
        os.close(theirs)
        parts = []
        try:
            while part := os.read(ours, 65536):
                parts.append(part)
        except OSError:  # so Linux says that the other side is closed
            pass
    os.close(ours)
    return b"".join(parts)


def test_colours_are_for_terminals_and_for_those_who_want_them(tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(filmroll.encode(np.zeros((8, 8, 3), np.uint8), "png"))
    terminal = {"TERM": "xterm-256color", "NO_COLOR": ""}
    assert b"\x1b[32m" in on_terminal("sizes", str(picture), **terminal)
    plain = on_terminal("sizes", str(picture), **{**terminal, "NO_COLOR": "1"})
    assert not re.search(rb"\x1b\[(?:3[0-8]|4[0-8]|9[0-7])", plain)
    piped = subprocess.run([*FILMROLL, "sizes", str(picture)], capture_output=True, check=True, env=os.environ)
    assert b"\x1b" not in piped.stdout + piped.stderr


def test_picture_in_the_terminal_is_shades_where_colours_are_not_seen(tmp_path, run):
    half = np.zeros((32, 32, 3), np.uint8)
    half[:, 16:] = 255
    with filmroll.Writer(tmp_path / "a.tfrecord") as writer:
        writer.write(example.serialize({"image/encoded": filmroll.encode(half, "png"), "image/format": b"png"}))
    arguments = ("inspect", str(tmp_path / "a.tfrecord"), "--image", "0")
    assert b"\x1b[38;2;" in on_terminal(*arguments, TERM="xterm", COLORTERM="truecolor", NO_COLOR="")
    shown = on_terminal(*arguments, TERM="xterm", NO_COLOR="1").decode()
    assert "\x1b[38" not in shown
    assert "▀" not in shown
    first = run(*arguments)[1].splitlines()[0]
    assert set(first) == {" ", "█"}
    assert first.lstrip() == "█" * (len(first) // 2)


OBEYED = "\x1b[2J"  # clears the screen


@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", "r.tfrecord"),
        ("inspect", "r.tfrecord", "--dialect", "slim"),
        ("inspect", "r.tfrecord", "--dialect", "slim", "--image", "0"),
        ("verify", "r.tfrecord", "--dialect", "slim"),
        ("unpack", "r.tfrecord", "back", "--dialect", "slim"),
        ("convert", "r.tfrecord", "a.lmdb", "--from", "slim"),
        ("pack", f"flow{OBEYED}ers", f"a{OBEYED}.tfrecord"),
        ("sizes", f"flow{OBEYED}ers/ro{OBEYED}se/a{OBEYED}.jpg"),
        ("inspect", f"absent{OBEYED}"),
    ],
    ids=" ".join,
)
def test_no_name_of_a_stranger_moves_the_cursor_of_a_terminal(tmp_path, monkeypatch, arguments):
    pytest.importorskip("pty")
    monkeypatch.chdir(tmp_path)
    with filmroll.Writer("r.tfrecord") as writer:
        writer.write(
            example.serialize(
                {
                    "image/encoded": pictures.jpeg(),
                    "image/filename": f"a{OBEYED}.jpg",
                    "image/class/label": 1,
                    "image/class/text": f"ro{OBEYED}se",
                    f"na{OBEYED}me": f"va{OBEYED}lue",
                }
            )
        )
        writer.write(example.serialize({"image/filename": f"b{OBEYED}.jpg", f"na{OBEYED}me": "x"}))
    folder = tmp_path / f"flow{OBEYED}ers" / f"ro{OBEYED}se"
    folder.mkdir(parents=True)
    (folder / f"a{OBEYED}.jpg").write_bytes(pictures.jpeg())
    (folder / f"b{OBEYED}.jpg").write_bytes(b"\xff\xd8")
    printed = on_terminal(*arguments, TERM="xterm-256color", NO_COLOR="")
    assert printed
    assert OBEYED.encode() not in printed


INTERRUPTED_WHILE_STARTING = """
import sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "filmroll.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
from filmroll.__main__ import main
main()
"""


def test_interruption_while_it_starts_is_one_line_and_exit_130():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_STARTING], capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert done.stderr == "filmroll: interrupted; nothing was begun\n"
    assert done.stdout == ""


def test_package_runs_as_a_module():
    done = subprocess.run([*FILMROLL, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"filmroll, version {filmroll.__version__}\n"
