"""filmroll repair: clean copies of damaged record files."""

import click

import filmroll
from filmroll.cli import console, options
from filmroll.cli.verb import verb
from filmroll.records.kinds import Choice
from filmroll.repairing.report import Repaired

SHOWN_LOSSES = 20


@verb("repair")
@options.records("source")
@click.argument("dest", type=click.Path())
@click.option("--keep-bad-data", is_flag=True, help="Keep what is left out, if it may be of use.")
@options.compression()
@click.option("--threads", type=click.IntRange(1), help="Files repaired at a time. [default: processors]")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@options.as_json()
def repair_command(
    *,
    source: tuple[str, ...],
    dest: str,
    keep_bad_data: bool,
    compression: Choice,
    threads: int | None,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Write clean copies of damaged files: every undamaged record, in order, byte for byte.

    SOURCE are TFRecord or ArrayRecord files, or tars, and only read. DEST is the copy; of several files, the folder
    for the copies. After damage the next record is found by its own checksums, in a tar the next member by that of its
    header. Of compressed files all records before the damage are kept. What is left out goes into DEST.bad-data with
    --keep-bad-data.

    Exits with 1 when anything was lost.

    \b
    Example:
      filmroll repair broken.tfrecord fixed.tfrecord
      filmroll repair --keep-bad-data out/flowers-*.tfrecord repaired/
    """
    with console.progress("repairing") as progress:
        report = filmroll.repair(
            source,
            dest,
            keep_bad_data=keep_bad_data,
            compression=compression,
            threads=threads,
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        console.print_json(report.to_json())
        return 1 if report.losses else 0
    for loss in console.first(report.losses, SHOWN_LOSSES, what=" places"):
        inside = f"; {loss.doubtful:,} frames inside seem to be part of it" if loss.doubtful else ""
        place = f"{loss.path}: record {loss.record} at offset {loss.offset}: {loss.nbytes:,} bytes"
        console.say(f"{place}: {loss.error}{inside}")
    for path in report.bad_indexes:
        console.say(f"{path}: a wrong index; the copy has a new one")
    for path in report.bad_data:
        is_sound = any(loss.kind == "left out" for loss in report.losses)
        console.say(f"{path}: {'what is left of samples' if is_sound else 'the records with wrong data'}")
    lost = f"{_count(report)} lost, {report.lost_nbytes:,} bytes" if report.losses else "none lost"
    headless = f" ({report.headless:,} found without their header)" if report.headless else ""
    where = report.shards[0] if len(report.shards) == 1 else f"{len(report.shards)} files in {report.shards[0].parent}"
    console.say(f"{console.counted(report.kept, 'record')} kept{headless}, {lost}: {where}")
    console.note_unchecked(report.without_checksums)
    return 1 if report.losses else 0


def _count(report: Repaired) -> str:
    if report.lost or report.lost_is_exact:
        return f"{report.lost:,}" if report.lost_is_exact else f"at least {report.lost:,}"
    return "nobody knows how many"
