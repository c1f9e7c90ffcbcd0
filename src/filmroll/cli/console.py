"""How verbs print: tables, numbers, progress, JSON. What draws them is imported when there is something to draw."""

import io
import json
import os
import re
import shutil
import sys
import textwrap
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from filmroll import figures
from filmroll.errors import DamageWarning, StaleWarning

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

verbosity = 0  # -1 with --quiet, 1 with --verbose; one command runs at a time
called: dict[str, str] = {}  # path of a temporary file -> what it is to the user, of one command
human = figures.human
Item = TypeVar("Item")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
PLAIN_WIDTH = 200  # of a table that goes into a file or a pipe, where nothing is to be cut


def show(renderable: "RenderableType") -> None:
    """Print a table or a picture to standard output: in colours on a terminal, as plain lines anywhere else."""
    from rich.console import Console

    if sys.stdout.isatty():
        Console(highlight=False).print(renderable)
        return
    plain = Console(highlight=False, width=PLAIN_WIDTH, file=io.StringIO(), color_system=None)
    with plain.capture() as captured:
        plain.print(renderable)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def has_colours() -> bool:
    """Tell whether colours are seen, and wanted: https://no-color.org."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def cut(line: str) -> str:
    """Cut a line to the width of the terminal; where there is none it stays whole."""
    width = shutil.get_terminal_size().columns
    return line if len(line) <= width or not sys.stdout.isatty() else line[: width - 1] + "…"


def width() -> int:
    """Return the width of the terminal in characters, or that of plain lines where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else PLAIN_WIDTH


def wrapped(text: str, *, indent: int = 0) -> str:
    """Break a text into lines of the terminal's width, those after the first indented."""
    return "\n".join(textwrap.wrap(plain(text), min(width(), 100), subsequent_indent=" " * indent))


def print_json(document: dict[str, Any]) -> None:
    """Print one JSON document to standard output; in ASCII where that takes not all of its characters as they are."""
    text = json.dumps(document, indent=2, ensure_ascii=False, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
        is_ascii = False
    except UnicodeEncodeError:  # names of files may be no text at all
        text, is_ascii = json.dumps(document, indent=2, default=str), True
    for path, name in called.items():
        text = text.replace(json.dumps(path, ensure_ascii=is_ascii)[1:-1], name)
    click.echo(text)


def note_resumed(resumed: int, shards: int) -> None:
    """Say on standard error how much of the work an earlier run had done, if any."""
    if resumed:
        note(f"{resumed} of {shards} shards were finished by an earlier run")


def print_bytes(data: bytes) -> None:
    """Print a file to standard output.

    Raises:
        UsageError: That is a terminal.
    """
    if sys.stdout.isatty():
        raise click.UsageError("'-' is standard output, a terminal; name a file, or pipe it into a program")
    sys.stdout.buffer.write(data)


def plain(text: str) -> str:
    """Return a text with all escaped that moves a terminal's cursor, changes its colours, or is no character.

    Names of files and features, keys and labels come from strangers. Temporary files are called what they are.
    """
    for path, name in called.items():
        text = text.replace(path, name)
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


def say(text: str = "") -> None:
    """Print a line to standard output."""
    click.echo(plain(text))


def note_unchecked(kinds: Collection[str]) -> None:
    """Say which kinds of files keep no checksums, if there are any."""
    if kinds:
        names = " and ".join(name.replace("lmdb", "LMDB") for name in sorted(kinds))
        note(f"note: files of {names} keep no checksums: changed bytes of a picture may go unnoticed")


def note(text: str) -> None:
    """Print a line to standard error, unless nothing is to be said."""
    if verbosity >= 0:
        click.echo(plain(text), err=True)


def detail(text: str) -> None:
    """Print lines to standard error where more is to be said."""
    for line in text.splitlines() if verbosity > 0 else ():
        note(line)


def first(items: Sequence[Item], count: int, *, what: str = "", indent: str = "") -> Iterator[Item]:
    """Yield the first of many things, all of them where more is to be said; then note how many are left."""
    shown = items if verbosity > 0 else items[:count]
    yield from shown
    if len(shown) < len(items):
        note(f"{indent}... and {len(items) - len(shown):,} more{what}; -v lists all, and so does --json")


def table(*columns: tuple[str, str]) -> "Table":
    """Return an empty table; a column is its heading and "left" or "right"."""
    from rich.table import Table

    made = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for heading, justify in columns:
        made.add_column(heading, justify="right" if justify == "right" else "left", no_wrap=justify == "right")
    return made


def nbytes(count: int) -> str:
    """Write a number of bytes with commas: 720,000."""
    return f"{count:,}"


def counted(count: int, noun: str) -> str:
    """Write a number of things: 1 record, 1,200 records."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


@contextmanager
def warnings_in_a_line() -> Iterator[None]:
    """Print filmroll's own warnings as a line each, without the place in the program that Python names."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def say(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, DamageWarning | StaleWarning):
                note(f"filmroll: {message}")
            else:
                show(message, category, *place, **more)

        warnings.showwarning = say
        yield


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on standard error with rate and time left while the block runs; nothing where it is no terminal."""
    if not sys.stderr.isatty() or verbosity < 0:
        yield None
        return
    from filmroll.cli import bar

    with bar.drawn(what) as advance:
        yield advance
