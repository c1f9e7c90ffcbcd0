"""The shards of one run: room is made for them, tasks write them, the journal notes each, what they replace goes."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from filmroll import atomic, manifest
from filmroll.packing import journal, plan, room, sidecars
from filmroll.packing.engines.counter import Count, Counter
from filmroll.packing.engines.engine import Engine
from filmroll.packing.engines.run import run
from filmroll.packing.journal import Journal
from filmroll.packing.report import Written
from filmroll.records.kinds import Kind


class Task(Protocol):
    """One shard to write."""

    @property
    def path(self) -> Path:
        """The shard."""

    @property
    def digest(self) -> str:
        """A digest of what it is made from."""

    @property
    def count(self) -> int:
        """How many pictures or records it is made from."""


AnyTask = TypeVar("AnyTask", bound=Task)


@dataclass(frozen=True, slots=True)
class ShardSet:
    """Shards that are being written.

    Attributes:
        dest: Their path before the numbers.
        kind: Of the files.
        stale: Shards of other runs that go when all is done.
        done: The journal.
    """

    dest: Path
    kind: Kind
    stale: Sequence[Path]
    done: Journal

    def write(
        self,
        work: Callable[[AnyTask, Count], Written],
        tasks: Iterable[AnyTask],
        *,
        engine: Engine,
        counter: Counter,
        stands: Callable[[Written], bool] = lambda _: True,
        finished: Callable[[Written], None] = lambda _: None,
    ) -> list[Written]:
        """Write the shards that do not stand yet, and return what is known of all.

        Args:
            work: Writes one; a function of a module.
            tasks: They are made when their turn comes.
            engine: Who does them.
            counter: Of pictures.
            stands: Whether a shard of which this is told need not be written again, if its source is unchanged.
            finished: Called with each one that was written.
        """

        def known(task: AnyTask) -> Written | None:
            earlier = self.done.finished.get(task.path.name)
            return earlier if earlier is not None and earlier.digest == task.digest and stands(earlier) else None

        def note(written: Written) -> None:
            self.done.add(written)
            finished(written)

        try:
            return run(
                work,
                tasks,
                engine=engine,
                counter=counter,
                size=lambda task: task.count,
                known=known,
                finished=note,
            )
        finally:
            with suppress(OSError):  # the next run will do it
                self.done.clear()  # of workers that were lost

    def describe(self, split: manifest.Split | None) -> None:
        """Remove what these shards replace, and write `filmroll.json` and what else belongs beside them.

        Args:
            split: Their entry; None where nothing is known of the records.
        """
        room.remove(self.stale)
        if split is not None:
            sidecars.write(self.dest, split, kind=self.kind)


@contextmanager
def opened(
    dest: Path, *, kind: Kind, wanted: Mapping[str, Any], paths: Sequence[Path], overwrite: bool
) -> Iterator[ShardSet]:
    """Make room for shards, or go on where an interrupted run of the same plan stopped.

    Args:
        dest: Their path before the numbers; its folder is made.
        kind: Of the files.
        wanted: The plan, for the journal.
        paths: The shards.
        overwrite: Let shards that are there be replaced.

    Raises:
        FileExistsError: One is there, and `overwrite` is False; or another run is under way, or interrupted.
        OSError: The folder cannot be made, ...
    """
    name = plan.split_name(dest, kind)
    atomic.make_folder(dest.parent)
    with Journal(journal.path_of(dest, name=name), plan=wanted, shards=paths, overwrite=overwrite) as done:
        stale = room.make_room(paths, name=name, overwrite=overwrite or done.resumed, others=done.others)
        done.begin(stale)
        yield ShardSet(dest, kind, stale, done)
