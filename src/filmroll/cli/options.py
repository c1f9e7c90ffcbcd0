"""Options and parameter types that several verbs share."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from filmroll.cli import stdin
from filmroll.cli.param_type import ParamType
from filmroll.cli.verb import rare
from filmroll.errors import FormatError, UnsupportedError
from filmroll.packing.engines import choice
from filmroll.records.kinds import KINDS

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class Nbytes(ParamType[int]):
    """A number of bytes: 1000000, 100MB, 128MiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Turn "128MiB" into 134217728."""
        match = re.fullmatch(r"(\d{1,18}(?:\.\d+)?)\s*([kmg]i?)?b?", str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is no size such as 100MB or 128MiB", param, ctx)
        return int(float(match[1]) * UNITS[match[2] or ""])


class Extent(ParamType[tuple[int, int]]):
    """Height and width in pixels: 600x400."""

    name = "HxW"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Turn "600x400" into (600, 400)."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"(\d{1,9})x(\d{1,9})", str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is no height x width such as 600x400", param, ctx)
        return int(match[1]), int(match[2])


class Dialect(ParamType[str]):
    """The name of a dialect; they are imported when one is named."""

    name = "NAME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Refuse a name that is none."""
        from filmroll import dialects

        try:
            dialects.get(value)
        except UnsupportedError as exc:
            self.fail(exc.message, param, ctx)
        return str(value)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the names."""
        from filmroll import dialects

        return [CompletionItem(name) for name in sorted(dialects.DIALECTS) if name.startswith(incomplete)]


def records(name: str = "records") -> Decorator:
    """Take the record files: names, patterns or folders, or "-" for standard input."""
    return click.argument(name, nargs=-1, required=True, type=click.Path(), callback=stdin.taken)


def dialect(what: str = "How the features are named; found out when not given.", *names: str) -> Decorator:
    """Take the name of a dialect."""
    return click.option(*names or ("--dialect",), type=Dialect(), metavar="NAME", help=what)


def to() -> Decorator:
    """Take the kind of file to write."""
    return click.option(
        "--to", type=click.Choice(KINDS), metavar="KIND", help=f"{', '.join(KINDS)}. [default: by DEST]"
    )


def labels() -> Decorator:
    """Take the names of classes, from a file."""
    return click.option(
        "--labels",
        "label_names",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Class names by label, one a line.",
        callback=_lines,
    )


def _lines(ctx: click.Context, param: click.Parameter, value: Path | None) -> list[str] | None:
    if value is None:
        return None
    try:
        lines = [line.strip() for line in value.read_text("utf-8-sig").rstrip().split("\n")]
    except UnicodeDecodeError as exc:
        raise FormatError(f"not UTF-8: byte {exc.object[exc.start]:#04x}", path=value, offset=exc.start) from exc
    for number, line in enumerate(lines, 1):
        if not line:
            raise FormatError(f"line {number} is blank, expected the name of class {number - 1}", path=value)
    return lines


def drop() -> Decorator:
    """Take the parts of samples that may be lost."""
    return click.option(
        "--drop",
        metavar="PARTS",
        default="",
        help="What may be left out: text,boxes,features, ...",
        callback=lambda ctx, param, value: tuple(value.split(",")) if value else (),
    )


def compression() -> Decorator:
    """Take how files that are read are compressed."""
    return click.option(
        "--compression",
        type=click.Choice(["auto", "none", "gzip", "zlib"]),
        metavar="NAME",
        default="auto",
        show_default=True,
        help="Of files read: none, gzip, zlib.",
        callback=lambda ctx, param, value: None if value == "none" else value,
    )


def engine() -> Decorator:
    """Take who does the work, and where the cluster is."""

    def both(command: Callable[..., Any]) -> Callable[..., Any]:
        named = click.option(
            "--engine",
            type=click.Choice(choice.NAMES),
            metavar="NAME",
            default="threads",
            show_default=True,
            help=f"{', '.join(choice.NAMES)}.",
        )
        at = rare("--address", metavar="HOST:PORT", help="Of the Ray cluster. [default: one here, else new]")
        return named(at(command))

    return both


def as_json() -> Decorator:
    """Take the wish for JSON."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
