"""Standard input in place of a file: `-`."""

import shutil
import sys
import tempfile
from pathlib import Path

import click

from filmroll import atomic
from filmroll.cli import console

DASH = "-"


def kept(ctx: click.Context) -> Path:
    """Keep what comes in through standard input in a file, as long as the command runs: readers want to go back.

    Raises:
        UsageError: Standard input is a terminal, where nobody types records.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise click.UsageError("'-' is standard input, and nothing is piped into it", ctx)
    folder = ctx.with_resource(tempfile.TemporaryDirectory(prefix="filmroll-"))
    path = Path(folder) / "stdin"
    console.called[str(path)] = "stdin"
    with atomic.writing(path) as file:
        shutil.copyfileobj(sys.stdin.buffer, file, 2**20)
    return path


def taken(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Put the file with standard input in the place of each `-`; there may be one."""
    if value.count(DASH) > 1:
        raise click.UsageError("standard input can be read once; '-' is given more often", ctx)
    return tuple(str(kept(ctx)) if one == DASH else one for one in value)
