"""Training copies on the command line: what they are to be like, and what they cost."""

import re
from collections.abc import Callable
from typing import Any

import click
from click.core import ParameterSource

from filmroll.cli import console
from filmroll.cli.param_type import ParamType
from filmroll.packing.copies import Resize
from filmroll.packing.report import Copied


class ResizeType(ParamType[Resize]):
    """How small pictures become: shorter=320."""

    name = "shorter=N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Resize:
        """Turn "shorter=320" into Resize(shorter=320)."""
        match = re.fullmatch(r"shorter=([1-9]\d{0,5})", str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is not the length of the shorter side, such as shorter=320", param, ctx)
        return Resize(shorter=int(match[1]))


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take what training copies are to be like."""
    for option in (
        click.option(
            "--quality", type=click.IntRange(1, 100), default=95, show_default=True, help="Of JPEG encoded again."
        ),
        click.option("--seekable", is_flag=True, help="JPEG of which small crops are decoded alone."),
        click.option("--resize", type=ResizeType(), help="Make larger pictures smaller, as JPEG."),
    ):
        command = option(command)
    return command


def refuse_idle_quality(*, is_used: bool) -> None:
    """Refuse a quality that was typed where no picture is encoded with it.

    Raises:
        UsageError: It would change nothing.
    """
    ctx = click.get_current_context()
    if not is_used and ctx.get_parameter_source("quality") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--quality: no picture is encoded again without --resize or --seekable", ctx)


def show_cost(copied: Copied) -> None:
    """Say what training copies cost."""
    markers = (
        f", {console.human(copied.marker_nbytes)} of it restart markers and their index" if copied.marker_nbytes else ""
    )
    before, now = console.human(copied.source_nbytes), console.human(copied.nbytes)
    console.say(f"{copied.pictures:,} encoded again: {before} before, {now} now{markers}")
