"""filmroll pack: pictures from anywhere into shards of records."""

from collections import defaultdict
from pathlib import Path
from typing import Literal

import click

import filmroll
from filmroll.cli import console, copies, options
from filmroll.cli.verb import rare, verb
from filmroll.packing.copies import Resize
from filmroll.packing.engines import choice
from filmroll.packing.probe import POLICIES, Policies, Policy
from filmroll.packing.report import Finding, Report
from filmroll.records.compression import Compression
from filmroll.records.kinds import Kind
from filmroll.sources import corners, kinds

BOX_FORMS = f"{', '.join(corners.FORMATS)}: a table's boxes."
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SHOWN_FINDINGS = 10  # of each kind


def _policy(kind: str, what: str, default: str, choices: tuple[str, ...] = POLICIES) -> options.Decorator:
    named = click.Choice(choices)
    return rare(f"--on-{kind}", type=named, metavar="POLICY", default=default, show_default=True, help=what)


@verb("pack")
@click.argument("source", type=click.Path())
@click.argument("dest", type=click.Path())
@options.to()
@options.dialect("How to name the features.")
@click.option("--shards", type=int, help="Number of shards. [default: by size]")
@click.option("--shard-size", type=options.Nbytes(), help="Size of a shard to aim at. [default: 128MiB]")
@rare("--suffix", help="After the shards' numbers. [default: .tfrecord]")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the order.")
@click.option("--no-shuffle", is_flag=True, help="Keep the order of the source.")
@rare("--source-kind", type=click.Choice(kinds.KINDS), metavar="KIND", help=f"{', '.join(kinds.KINDS)}.")
@rare("--split", metavar="NAME", help="train, test or all, where there are several.")
@options.labels()
@rare("--root", type=FOLDER, help="Where the paths of a table start.")
@rare("--box-format", type=click.Choice(corners.FORMATS), metavar="FORM", help=BOX_FORMS)
@rare("--labels-file", type=FILE, help="ImageNet: synsets by label, one a line.")
@rare("--metadata-file", type=FILE, help="ImageNet: synset, tab, words, one a line.")
@rare("--bounding-box-file", type=FILE, help="ImageNet: name,xmin,ymin,xmax,ymax.")
@_policy("mislabelled", "Name and bytes differ.", "keep")
@_policy("cmyk", "A JPEG in CMYK or YCCK.", "keep")
@_policy("rotated", "EXIF data want it turned.", "keep")
@_policy("unreadable", "It is no picture.", "skip", ("skip", "fail"))
@_policy("outside", "A box leaves it.", "fail", ("convert", "skip", "fail"))
@copies.options
@rare(
    "--compression",
    type=click.Choice(["none", "gzip", "zlib"]),
    metavar="NAME",
    default="none",
    show_default=True,
    callback=lambda ctx, param, value: None if value == "none" else value,
    help="none, gzip or zlib.",
)
@rare("--threads", type=click.IntRange(1), help="Shards at a time. [default: processors]")
@options.engine()
@options.drop()
@click.option("--overwrite", is_flag=True, help="Replace shards that are there already.")
@options.as_json()
def pack_command(
    source: str,
    dest: str,
    *,
    dialect: str | None,
    to: Kind | None,
    shards: int | None,
    shard_size: int | None,
    seed: int,
    no_shuffle: bool,
    suffix: str | None,
    source_kind: str | None,
    split: str | None,
    root: Path | None,
    box_format: str | None,
    labels_file: Path | None,
    metadata_file: Path | None,
    bounding_box_file: Path | None,
    label_names: list[str] | None,
    on_mislabelled: Policy,
    on_cmyk: Policy,
    on_rotated: Policy,
    on_unreadable: Literal["skip", "fail"],
    on_outside: Literal["convert", "skip", "fail"],
    resize: Resize | None,
    seekable: bool,
    quality: int,
    compression: Compression | None,
    threads: int | None,
    engine: choice.Name,
    address: str | None,
    drop: tuple[str, ...],
    overwrite: bool,
    as_json: bool,
) -> int:
    """Pack pictures into record files, byte for byte.

    SOURCE is a folder of pictures, here or in a bucket, whose folders are the classes; a table (CSV, JSON lines);
    Caffe's list; or the files of MNIST, CIFAR or ImageNet. DEST is a name, no folder: out/flowers makes
    out/flowers-00000-of-00008.tfrecord and so on, an index beside each. What is out of the ordinary is listed; exits
    with 1 when a picture was not packed. Interrupted, the same command goes on where it stopped.
    \f
    The folders on the first level are the classes, numbered from 0 in the order of their names. A table has a column
    path or file_name, or is metadata.csv in a folder; a list is a .txt file; ImageNet's folders need --labels-file.

    filmroll.json stands beside the shards. A POLICY says what to do about what is out of the ordinary: keep, convert,
    skip or fail. --resize and --seekable encode pictures again, once, upright: copies that are decoded sooner.

    \b
    Example:
      filmroll pack flowers/ out/flowers --shards 8
      filmroll pack mnist/ mnist.lmdb
      filmroll pack photos/ out/copies --resize shorter=320 --quality 90 --seekable
    """
    encodes = resize is not None or seekable or "convert" in (on_cmyk, on_rotated)
    copies.refuse_idle_quality(is_used=encodes)
    with console.progress("packing") as progress:
        report = filmroll.pack(
            source,
            dest,
            to=to,
            dialect=dialect,
            shards=shards,
            shard_nbytes=shard_size,
            seed=None if no_shuffle else seed,
            label_names=label_names,
            source_kind=source_kind,
            split=split,
            root=root,
            box_format=box_format,
            labels_file=labels_file,
            metadata_file=metadata_file,
            bounding_box_file=bounding_box_file,
            policies=Policies(on_mislabelled, on_cmyk, on_rotated, on_unreadable, quality, on_outside),
            resize=resize,
            seekable=seekable,
            compression=compression,
            threads=threads,
            engine=engine,
            address=address,
            suffix=suffix,
            drop=drop,
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
        console.note(f"left alone: {report.ignored[0]}{more}")
    for remark in report.remarks:
        console.note(remark)
    if report.lost:
        console.note(f"left out, the dialect does not hold it: {', '.join(report.lost)}")
    console.note_resumed(report.resumed, len(report.shards))
    shards = "1 shard" if len(report.shards) == 1 else f"{len(report.shards)} shards"
    console.say(
        f"{report.written:,} of {report.read:,} pictures in {shards}, {console.human(report.nbytes)}"
        f" ({report.changed:,} changed, {report.skipped:,} skipped)"
    )
    if report.copied.pictures:
        copies.show_cost(report.copied)
    console.say(str(report.shards[0]) + (f" ... {report.shards[-1].name}" if len(report.shards) > 1 else ""))


def _print_findings(report: Report) -> None:
    groups: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        groups[finding.kind, finding.action].append(finding)
    for (kind, action), findings in groups.items():
        console.note(f"{kind}, {action}: {len(findings)}")
        for finding in console.first(findings, SHOWN_FINDINGS, indent="  "):
            console.note(f"  {finding.path}: {finding.detail}")
