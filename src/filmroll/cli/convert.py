"""filmroll convert: records of any kind into any other."""

import warnings

import click

import filmroll
from filmroll.cli import console, copies, options
from filmroll.cli.verb import rare, verb
from filmroll.errors import DamageWarning
from filmroll.leniency import OnError
from filmroll.packing.copies import Resize
from filmroll.packing.engines import choice
from filmroll.records.compression import Compression
from filmroll.records.kinds import Choice, Kind

SHOWN_DAMAGED = 10


@verb("convert")
@options.records("source")
@click.argument("dest", type=click.Path())
@options.to()
@options.dialect("How to name the features.")
@options.dialect("How they are named in SOURCE.", "--from", "source_dialect")
@options.drop()
@click.option("--check", is_flag=True, help="Read the result again and compare it.")
@options.labels()
@copies.options
@click.option("--shards", type=int, help="Number of shards. [default: by size]")
@click.option("--shard-size", type=options.Nbytes(), help="Size of a shard to aim at. [default: 128MiB]")
@rare("--compress", type=click.Choice(["gzip", "zlib"]), help="Of TFRecord files that are written.")
@options.compression()
@rare("--threads", type=click.IntRange(1), help="Shards written at a time. [default: processors]")
@options.engine()
@click.option("--overwrite", is_flag=True, help="Replace shards that are there.")
@click.option(
    "--on-error",
    type=click.Choice(["raise", "skip", "salvage"]),
    metavar="WHAT",
    default="raise",
    show_default=True,
    help="At damage: raise, skip it, or salvage.",
)
@options.as_json()
def convert_command(
    *,
    source: tuple[str, ...],
    dest: str,
    to: Kind | None,
    dialect: str | None,
    source_dialect: str | None,
    drop: tuple[str, ...],
    check: bool,
    label_names: list[str] | None,
    resize: Resize | None,
    seekable: bool,
    quality: int,
    shards: int | None,
    shard_size: int | None,
    compress: Compression | None,
    compression: Choice,
    threads: int | None,
    engine: choice.Name,
    address: str | None,
    overwrite: bool,
    on_error: OnError,
    as_json: bool,
) -> int:
    """Convert records into another kind of file or another dialect, in their order.

    SOURCE is record files of any kind; the suffix of DEST says what they become: .tfrecord, .lmdb, .tar, .parquet or
    .array_record. Pictures are kept byte for byte; labels and boxes are translated. What the other dialect does not
    hold is an error, unless --drop names it. Interrupted, the same command goes on where it stopped.

    \b
    Example:
      filmroll convert out/flowers-*.tfrecord flowers.lmdb --drop text
      filmroll convert --to tar --check mnist.lmdb out/mnist
      filmroll convert train-* copies/train --resize shorter=320 --quality 90
    """
    copies.refuse_idle_quality(is_used=resize is not None or seekable)
    with console.progress("converting") as progress, warnings.catch_warnings():
        warnings.simplefilter("ignore", DamageWarning)  # said below, with the number
        report = filmroll.convert(
            source,
            dest,
            to=to,
            dialect=dialect,
            source_dialect=source_dialect,
            drop=drop,
            check=check,
            label_names=label_names,
            resize=resize,
            seekable=seekable,
            quality=quality,
            shards=shards,
            shard_nbytes=shard_size,
            compression=compress,
            source_compression=compression,
            threads=threads,
            engine=engine,
            address=address,
            overwrite=overwrite,
            on_error=on_error,
            progress=progress,
        )
    damaged = [one for one in report.findings if one.kind == "damaged"]
    if as_json:
        console.print_json(report.to_json())
    else:
        for remark in report.remarks:
            console.note(remark)
        shard_count = len(report.shards)
        console.note_resumed(report.resumed, shard_count)
        changed = f", {console.counted(report.changed, 'picture')} encoded again" if report.changed else ""
        console.say(
            f"{console.counted(report.written, 'record')} into {console.counted(shard_count, 'shard')}, "
            f"{console.human(report.nbytes)}{changed}{', read again and equal' * check}: {report.shards[0]}"
        )
        if report.copied.pictures:
            copies.show_cost(report.copied)
    for one in console.first(damaged, SHOWN_DAMAGED):
        console.note(f"{one.path}: left out: {one.detail}")
    return 1 if damaged else 0
