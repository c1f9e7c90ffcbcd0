"""How far a verb is is drawn on a terminal, on standard error, and nowhere else."""

import io

import pytest
from rich.console import Console

from filmroll.cli import bar, console


def test_bar_has_what_is_done_the_rate_and_is_taken_away(monkeypatch):
    drawn = io.StringIO()
    terminal = Console(file=drawn, force_terminal=True, width=100)
    monkeypatch.setattr(bar, "Console", lambda stderr: terminal)
    with bar.drawn("packing") as advance:
        advance(1, 1200)
        advance(600, 1200)
    assert "packing" in drawn.getvalue()
    assert "600/1200" in drawn.getvalue()
    assert "/s" in drawn.getvalue()
    assert drawn.getvalue().endswith("\x1b[2K")  # the line is cleared


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "verbosity", "is_drawn"), [(Terminal, 0, True), (Terminal, -1, False), (io.StringIO, 0, False)]
)
def test_bar_is_for_terminals_and_for_those_who_want_it(monkeypatch, stream, verbosity, is_drawn):
    monkeypatch.setattr("sys.stderr", stream())
    monkeypatch.setattr(console, "verbosity", verbosity)
    with console.progress("packing") as advance:
        assert (advance is not None) == is_drawn


def test_bar_is_taken_away_when_the_block_fails(monkeypatch):
    monkeypatch.setattr("sys.stderr", Terminal())
    with pytest.raises(ZeroDivisionError), console.progress("packing"):
        raise ZeroDivisionError
