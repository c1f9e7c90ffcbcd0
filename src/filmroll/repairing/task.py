"""One file to repair, and what all kinds of files have in common when that is done."""

from dataclasses import dataclass
from pathlib import Path

from filmroll import manifest
from filmroll.errors import Error, FormatError
from filmroll.records.compression import Compression
from filmroll.records.kinds import Kind
from filmroll.repairing.report import Repaired

ADVICE = "; run 'filmroll repair'"  # that errors give
BAD_DATA_SUFFIX = ".bad-data"


@dataclass(frozen=True, slots=True)
class Task:
    """One file to repair: the work of one thread."""

    source: Path
    dest: Path
    kind: Kind
    compression: Compression | None
    keep_bad_data: bool

    @property
    def bad_data(self) -> Path:
        """Where what is left out goes, if it is to be kept."""
        return bad_data_of(self.dest)


def bad_data_of(dest: Path) -> Path:
    """Return the file beside a copy for what is left out of it."""
    return dest.with_name(dest.name + BAD_DATA_SUFFIX)


def count_lost(report: Repaired, expected: int | None, *, at_least: int, is_exact: bool) -> None:
    """Note how many records were lost, from the number there was before, if that is known and not below what is kept.

    Args:
        report: Of one file.
        expected: Records before the damage.
        at_least: Records that were lost for all one can see.
        is_exact: Whether one can see all.
    """
    is_known = expected is not None and expected >= report.kept
    report.lost = expected - report.kept if expected is not None and is_known else at_least
    report.lost_is_exact = is_known or is_exact
    report.lost_nbytes = sum(loss.nbytes for loss in report.losses)


def expected_by_manifest(source: Path) -> int | None:
    """Return how many records a file had, if `filmroll.json` says so."""
    try:
        split = manifest.find(source) or {}
    except FormatError:
        return None
    return next((one["records"] for one in split.get("shards", ()) if one["path"] == source.name), None)


def why(error: Error) -> str:
    """Return what is wrong, without the advice to repair it: that is being done."""
    return error.message.partition(ADVICE)[0]
