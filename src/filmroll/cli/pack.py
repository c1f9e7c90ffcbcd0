"""filmroll pack: a folder of pictures into shards of records."""

import re
from collections import defaultdict
from pathlib import Path
from typing import Any, Literal

import click

import filmroll
from filmroll.cli import console, options
from filmroll.packing.copies import Resize
from filmroll.packing.probe import POLICIES, Policies, Policy
from filmroll.packing.report import Copied, Finding, Report
from filmroll.records.compression import Compression

SHOWN_FINDINGS = 10  # of each kind; --json and --report list all


class ResizeType(click.ParamType[Resize]):
    """How small pictures become: shorter=320."""

    name = "shorter=N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Resize:
        """Turn "shorter=320" into Resize(shorter=320)."""
        match = re.fullmatch(r"shorter=([1-9]\d{0,5})", str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is not the length of the shorter side, such as shorter=320", param, ctx)
        return Resize(shorter=int(match[1]))


def _policy(kind: str, what: str, default: str, choices: tuple[str, ...] = POLICIES) -> options.Decorator:
    return click.option(f"--on-{kind}", type=click.Choice(choices), default=default, show_default=True, help=what)


@click.command("pack", short_help="Pack a folder of pictures into record files.")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("dest", type=click.Path(path_type=Path))
@options.dialect("slim")
@click.option("--shards", type=int, help="Number of shards. [default: by size]")
@click.option("--shard-size", type=options.Nbytes(), help="Size of a shard to aim at. [default: 128MiB]")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the order of the pictures.")
@click.option("--no-shuffle", is_flag=True, help="Keep the order of the names.")
@click.option("--labels", type=click.Path(exists=True, path_type=Path), help="Class names by label, one a line.")
@_policy("mislabelled", "A file whose name says another format than its bytes.", "keep")
@_policy("cmyk", "A JPEG in CMYK or YCCK colours.", "keep")
@_policy("rotated", "A photo that its EXIF data wants turned.", "keep")
@_policy("unreadable", "A file that is no readable picture.", "skip", ("skip", "fail"))
@click.option("--resize", type=ResizeType(), help="Make larger pictures smaller, as JPEG, for training.")
@click.option("--seekable", is_flag=True, help="Encode again, as JPEG of which small crops are decoded alone.")
@click.option("--quality", type=click.IntRange(1, 100), default=95, show_default=True, help="JPEG encoded again.")
@click.option(
    "--compression",
    type=click.Choice(["none", "gzip", "zlib"]),
    default="none",
    show_default=True,
    callback=lambda ctx, param, value: None if value == "none" else value,
    help="JPEG gains nothing, and random access is lost.",
)
@click.option("--threads", type=click.IntRange(1), help="Shards written at a time. [default: processors]")
@click.option("--overwrite", is_flag=True, help="Replace shards that are there already.")
@options.as_json()
def pack_command(
    source: Path,
    dest: Path,
    *,
    dialect: str,
    shards: int | None,
    shard_size: int | None,
    seed: int,
    no_shuffle: bool,
    labels: Path | None,
    on_mislabelled: Policy,
    on_cmyk: Policy,
    on_rotated: Policy,
    on_unreadable: Literal["skip", "fail"],
    resize: Resize | None,
    seekable: bool,
    quality: int,
    compression: Compression | None,
    threads: int | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Pack a folder of pictures into record files.

    The folders on the first level of SOURCE are the classes, numbered from 0 in the order of their names. DEST names
    the shards: out/flowers makes out/flowers-00000-of-00008.tfrecord and so on, with an index beside each and
    filmroll.json beside them all. Pictures are packed byte for byte; whatever is out of the ordinary is listed.
    Exits with 1 when a picture was found and not packed.

    With --resize or --seekable the pictures are encoded again, once and upright: copies to train from, which are
    decoded sooner.

    \b
    Example:
      filmroll pack flowers/ out/flowers --shards 8
      filmroll pack --resize shorter=320 --quality 90 --seekable photos/ out/copies
    """
    with console.progress("packing") as progress:
        report = filmroll.pack(
            source,
            dest,
            dialect=dialect,
            shards=shards,
            shard_nbytes=shard_size,
            seed=None if no_shuffle else seed,
            label_names=labels.read_text("utf-8").splitlines() if labels else None,
            policies=Policies(on_mislabelled, on_cmyk, on_rotated, on_unreadable, quality),
            resize=resize,
            seekable=seekable,
            compression=compression,
            threads=threads,
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        console.print_json(report.to_json())
    else:
        _print(report)
    return 0 if report.ok else 1


def _print(report: Report) -> None:
    _print_findings(report)
    if report.ignored:
        more = f" and {len(report.ignored) - 1} more" if len(report.ignored) > 1 else ""
        console.note(f"no pictures, left alone: {report.ignored[0]}{more}")
    shards = "1 shard" if len(report.shards) == 1 else f"{len(report.shards)} shards"
    click.echo(
        f"{report.written:,} of {report.read:,} pictures in {shards}, {console.human(report.nbytes)}"
        f" ({report.changed:,} changed, {report.skipped:,} skipped)"
    )
    if report.copied.pictures:
        _print_copied(report.copied)
    click.echo(str(report.shards[0]) + (f" ... {report.shards[-1].name}" if len(report.shards) > 1 else ""))


def _print_copied(copied: Copied) -> None:
    markers = f", {console.human(copied.marker_nbytes)} of it restart markers" if copied.marker_nbytes else ""
    click.echo(
        f"{copied.pictures:,} encoded again: {console.human(copied.source_nbytes)} before,"
        f" {console.human(copied.nbytes)} now{markers}"
    )


def _print_findings(report: Report) -> None:
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        groups[finding.kind, finding.action].append(finding)
    for (kind, action), findings in groups.items():
        console.note(f"{kind}, {action}: {len(findings)}")
        for finding in findings[:SHOWN_FINDINGS]:
            console.note(f"  {finding.path}: {finding.detail}")
        if len(findings) > SHOWN_FINDINGS:
            console.note(f"  ... and {len(findings) - SHOWN_FINDINGS} more; --json lists all")
