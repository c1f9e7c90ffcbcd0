"""How verbs print: plain lines into files and pipes, cut and coloured on terminals, and no more than is wanted."""

import json
import sys
from pathlib import Path

import click
import pytest

from filmroll.cli import console


@pytest.fixture(autouse=True)
def _verbosity(monkeypatch):
    monkeypatch.setattr(console, "verbosity", 0)


@pytest.fixture
def terminal(monkeypatch):
    """Standard output is a terminal of 20 columns."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "20")


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 records"), (1, "1 record"), (2, "2 records"), (1200, "1,200 records")]
)
def test_things_are_counted_in_one_or_many(count, text):
    assert console.counted(count, "record") == text


def test_bytes_have_commas():
    assert console.nbytes(720_000) == "720,000"


@pytest.mark.parametrize(
    ("length", "shown"), [(19, "x" * 19), (20, "x" * 20), (21, "x" * 19 + "…"), (99, "x" * 19 + "…")]
)
def test_line_is_cut_to_the_terminal(terminal, length, shown):
    assert console.cut("x" * length) == shown


def test_line_that_goes_into_a_pipe_is_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert console.cut("x" * 99) == "x" * 99
    assert console.width() == 200


def test_text_is_wrapped_to_the_terminal_and_never_beyond_a_hundred_columns(terminal, monkeypatch):
    assert console.width() == 20
    assert console.wrapped("one two three four five six", indent=4) == "one two three four\n    five six"
    monkeypatch.setenv("COLUMNS", "300")
    assert max(map(len, console.wrapped("word " * 60).splitlines())) == 99


def test_json_is_one_document_in_the_letters_of_its_texts(capsys):
    console.print_json({"name": "été", "path": Path("a"), "n": [1, 2]})
    out = capsys.readouterr().out
    assert out == '{\n  "name": "été",\n  "path": "a",\n  "n": [\n    1,\n    2\n  ]\n}\n'
    assert json.loads(out)["path"] == "a"


def test_json_of_a_name_that_is_no_utf8_is_one_document_that_gives_the_name_back(capsys, monkeypatch):
    monkeypatch.setitem(console.called, "photos/caf\udce9", "stdin")
    console.print_json({"path": "caf\udce9.jpg", "name": "été", "from": "photos/caf\udce9"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"path": "caf\udce9.jpg", "name": "été", "from": "stdin"}


@pytest.mark.parametrize(("verbosity", "said"), [(-1, ""), (0, "note\n"), (1, "note\ndetail\n")])
def test_notes_and_details_are_said_where_they_are_wanted(capsys, monkeypatch, verbosity, said):
    monkeypatch.setattr(console, "verbosity", verbosity)
    console.note("note")
    console.detail("detail")
    assert capsys.readouterr() == ("", said)


def test_name_of_a_file_that_is_no_utf8_can_be_noted(capsys):
    console.note("caf\udce9.jpg")
    assert capsys.readouterr().err == "caf\\udce9.jpg\n"


@pytest.mark.parametrize(
    ("count", "verbosity", "shown", "said"),
    [
        (2, 0, 2, ""),
        (3, 0, 3, ""),
        (4, 0, 3, "  ... and 1 more faults; -v lists all, and so does --json\n"),
        (1240, 0, 3, "  ... and 1,237 more faults; -v lists all, and so does --json\n"),
        (4, -1, 3, ""),
        (4, 1, 4, ""),
    ],
)
def test_long_list_is_cut_and_says_how_many_are_left(capsys, monkeypatch, count, verbosity, shown, said):
    monkeypatch.setattr(console, "verbosity", verbosity)
    assert list(console.first(range(count), 3, what=" faults", indent="  ")) == list(range(shown))
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(("resumed", "said"), [(0, ""), (2, "2 of 3 shards were finished by an earlier run\n")])
def test_what_an_earlier_run_did_is_noted_if_there_was_one(capsys, resumed, said):
    console.note_resumed(resumed, 3)
    assert capsys.readouterr() == ("", said)


def test_table_in_a_pipe_is_plain_lines_without_blanks_at_their_ends(capsys):
    table = console.table(("name", "left"), ("bytes", "right"), ("", "left"))
    table.add_row("a.jpg", "1,234", "[green]identical[/]")
    table.add_row("long name.jpg", "9", "")
    console.show(table)
    assert capsys.readouterr().out.splitlines() == [
        "name            bytes",
        "a.jpg           1,234   identical",
        "long name.jpg       9",
    ]


def test_long_cells_are_not_cut_in_a_pipe(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    table = console.table(("name", "left"), ("n", "right"))
    table.add_row("x" * 150, "1")
    console.show(table)
    assert "x" * 150 in capsys.readouterr().out


@pytest.mark.parametrize(
    ("is_terminal", "no_color", "seen"), [(True, "", True), (True, "1", False), (False, "", False)]
)
def test_colours_are_for_terminals_unless_they_are_not_wanted(monkeypatch, is_terminal, no_color, seen):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_terminal, raising=False)
    monkeypatch.setenv("NO_COLOR", no_color)
    assert console.has_colours() == seen


def test_file_goes_to_a_pipe_and_not_to_a_terminal(capsysbinary, monkeypatch):
    console.print_bytes(b"\xff\xd8\x00")
    assert capsysbinary.readouterr().out == b"\xff\xd8\x00"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    with pytest.raises(click.UsageError, match="'-' is standard output, a terminal; name a file, or pipe it"):
        console.print_bytes(b"\xff")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain 1.5 é 猫 🐈\u200d\u3000", "plain 1.5 é 猫 🐈\u200d\u3000"),
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("title\x1b]0;owned\x07", "title\\x1b]0;owned\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("back\x08\x7f", "back\\x08\\x7f"),
        ("two\nlines\r\tand a tab", "two\\nlines\\r\\tand a tab"),
        ("caf\udce9", "caf\\udce9"),
    ],
)
def test_what_a_terminal_would_obey_and_what_is_no_character_is_escaped(capsys, text, shown):
    console.say(text)
    console.note(text)
    assert capsys.readouterr() == (f"{shown}\n", f"{shown}\n")
    assert console.wrapped(text).replace("\n", " ").split() == shown.split()


def test_lines_of_a_traceback_are_lines(capsys, monkeypatch):
    monkeypatch.setattr(console, "verbosity", 1)
    console.detail("Traceback:\n  File x\x1b[2J\nError")
    assert capsys.readouterr().err == "Traceback:\n  File x\\x1b[2J\nError\n"
