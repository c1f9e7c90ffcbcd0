"""The measuring itself: every candidate on every picture, then the slow encoders, then reading, as time allows.

    picture by picture   all quick candidates: when time is up, all of them have measured the same pictures
    slow encoders        Zopfli and Guetzli on as many of the first pictures as the budget was planned to allow
    reading              each candidate in a TFRecord file, through `batches`

The plan goes by what each step is known to cost, not by the clock: the clock only ends what takes much longer.
"""

import math
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from statistics import median

from filmroll.advising import apart, equal_quality, measurement, quality, reading
from filmroll.advising.candidate import Candidate, every
from filmroll.advising.measurement import Measurement, Result
from filmroll.advising.picture import Picture
from filmroll.advising.reading import Container
from filmroll.advising.sample import Chosen
from filmroll.errors import EncodeError, Error, LimitError, MissingDependencyError, UnsupportedError
from filmroll.packing.engines.counter import Counter
from filmroll.packing.engines.engine import Engine
from filmroll.packing.engines.run import run
from filmroll.sample import Sample

Progress = Callable[[int, int], None]

MEASURING_UNTIL, READING_UNTIL = 0.6, 0.85  # shares of the budget by which these stages end, on a machine however slow
USUAL_SIZE = 224
SEEN_PIXELS, SEEN_PICTURES = 2**18, 4  # of SSIMULACRA2, which takes more than a second a million pixels
FEW_PICTURES, REPEATS = 8, 3  # of few pictures each is encoded and decoded so often, the quickest counts
READ_PICTURES = 64
READ_COST_S = 12.0  # of encoding whole pictures for one candidate's reading: a candidate that needs more has no figure
REFUSALS = (EncodeError, UnsupportedError, MissingDependencyError)


class Survey:
    """Measure the candidates.

    Args:
        chosen: The sample.
        start: When the time began to count, by `time.perf_counter`.
        budget_s: How long it may take, in seconds.
        edge: Shorter side of copies that are compared as well, or None.
        size: Side of the pictures that the training takes; None decides by the sample.
        without: What the names of candidates begin with that are left out.
        helpers: Who runs slow encoders side by side; None runs one after the other.
        progress: Called with the steps done and their number.

    Attributes:
        measurements: The means, in the order of the table.
        left_out: Candidate -> why it was not measured.
        notes: What was not measured as planned.
        size: Side of the pictures that the training takes; None for their own.
    """

    def __init__(
        self,
        chosen: Chosen,
        *,
        start: float,
        budget_s: float,
        edge: int | None,
        size: int | None,
        without: Collection[str],
        helpers: Engine | None = None,
        progress: Progress | None,
    ) -> None:
        self._chosen, self._pictures = chosen, chosen.pictures
        self._start, self._budget_s, self._helpers = start, budget_s, helpers
        kept = measurement.kept(chosen.pictures, count=chosen.count)
        gray = self._channels == 1
        self._candidates = [*([] if kept is None else [kept]), *every(edge=edge, gray=gray, without=without)]
        self._results: dict[str, dict[int, Result]] = {}
        self._side = _side_seen(self._pictures) if quality.has_ssimulacra2() else 0
        self._speeds: dict[str, float] = {}
        self._progress = progress or (lambda done, total: None)
        self._done, self._steps = 0, len(self._pictures) + 2 * len(self._candidates)
        self.measurements: list[Measurement] = []
        self.left_out: dict[str, str] = {}
        self.notes: list[str] = []
        self.size = size or _size_of(self._pictures)

    def run(self) -> None:
        """Measure all that there is time for."""
        self._measure_quick()
        self._read()
        self._measure_slow()
        means = [self._mean(one) for one in self._candidates if one.name in self._results]
        self.measurements = equal_quality.compare(means)

    def contain(self, one: Measurement) -> list[Container]:
        """Measure what the recommended candidate costs in each kind of record file."""
        if one.candidate.is_slow or not self._fits(one.candidate, until=1.0):
            return []
        samples, found = self._stored(one.candidate), []
        for name, *_ in reading.CONTAINERS:
            with suppress(Error):  # not every kind of file holds such pictures
                found.append(reading.contain(samples, name, size=self.size, channels=self._channels))
        return found

    def _measure_quick(self) -> None:
        quick = [one for one in self._candidates if not one.is_slow and not one.gzip]
        for number in range(len(self._pictures)):
            if number and self._is_late(MEASURING_UNTIL):
                self.notes.append(f"time was up after {number} of {len(self._pictures)} pictures")
                del self._pictures[number:]
                break
            for candidate in quick:
                self._measure(candidate, number)
            self._step()
        for candidate in self._candidates:
            if candidate.gzip:
                mean = measurement.measure_gzip(self._pictures)
                self._results[candidate.name] = dict.fromkeys(range(len(self._pictures)), mean)

    def _measure(self, candidate: Candidate, number: int) -> None:
        if candidate.name in self.left_out:
            return
        side = self._side if number < SEEN_PICTURES else 0
        repeats = 1 if len(self._pictures) >= FEW_PICTURES else REPEATS
        try:
            result = measurement.measure(candidate, self._pictures[number], ssimulacra2_side=side, repeats=repeats)
        except REFUSALS as exc:
            self._leave_out(candidate, exc.message)
        else:
            self._results.setdefault(candidate.name, {})[number] = result

    def _measure_slow(self) -> None:
        for candidate in self._candidates:
            if candidate.is_slow:
                self._measure_apart(candidate)
            self._step()

    def _measure_apart(self, candidate: Candidate) -> None:
        """Measure a slow candidate on as many pictures, from the first, as the plan has time for."""
        if candidate.like not in self._results:
            self._leave_out(candidate, f"it is compared with {candidate.like}, which is left out")
            return
        count, why = self._planned(candidate)
        for number, encoded, seconds in self._encoded(candidate, self._pictures[:count]):
            if isinstance(encoded, Error):
                why = encoded.message
                break
            side = self._side if number < SEEN_PICTURES else 0
            picture = self._pictures[number]
            result = measurement.judge(candidate, picture, encoded, encode_s=seconds, ssimulacra2_side=side)
            self._results.setdefault(candidate.name, {})[number] = result
        if candidate.name not in self._results:
            self._leave_out(candidate, why)

    def _planned(self, candidate: Candidate) -> tuple[int, str]:
        """Return for how many pictures the plan has time, and why for no more: the first is encoded alone."""
        planned_s = self._budget_s * candidate.slow_share
        for number, picture in enumerate(self._pictures):
            need_s = candidate.cost_s * picture.image.size / 3e6
            planned_s -= need_s / (self._helpers.workers if self._helpers and number else 1)
            if planned_s < 0:
                enough_s = math.ceil(need_s / candidate.slow_share) + 1
                return number, f"about {need_s:.0f} s a picture: --budget {enough_s} has time for one"
        return len(self._pictures), ""

    def _encoded(
        self, candidate: Candidate, pictures: Sequence[Picture]
    ) -> Iterator[tuple[int, bytes | Error, float | None]]:
        """Yield number, bytes and time of each picture: alone, or without a time side by side after the first."""
        alone = pictures[:1] if self._helpers else pictures
        for number, picture in enumerate(alone):
            try:
                encoded, seconds = apart.encode(
                    picture.image, candidate.family, candidate.options, timeout_s=self._left_s()
                )
            except (*REFUSALS, LimitError) as exc:
                yield number, exc, None
                return
            yield number, encoded, seconds
        if self._helpers and len(pictures) > 1:
            tasks = [
                apart.Task(one.image, candidate.family, dict(candidate.options), self._left_s()) for one in pictures[1:]
            ]
            found = run(apart.encode_one, tasks, engine=self._helpers, counter=Counter(len(tasks)))
            for number, made in enumerate(found, 1):
                yield number, made, None

    def _mean(self, candidate: Candidate) -> Measurement:
        like = self._results.get(candidate.like) if candidate.is_slow else None
        found = self._results[candidate.name]
        mean = measurement.mean(candidate, found, self._pictures, count=self._chosen.count, like=like)
        return replace(mean, read_per_s=self._speeds.get(candidate.name))

    def _read(self) -> None:
        """Measure reading of every candidate; those that are slow to encode whole pictures with have no figure."""
        for candidate in self._candidates:
            if candidate.name in self._results and not candidate.gzip and self._fits(candidate, until=READING_UNTIL):
                with suppress(Error):  # batches hold uint8 pictures, the records other arrays too
                    samples = self._stored(candidate)
                    self._speeds[candidate.name] = reading.speed(samples, size=self.size, channels=self._channels)
            self._step()

    def _fits(self, candidate: Candidate, *, until: float) -> bool:
        pixels = sum(one.whole.size / 3 for one in self._pictures[:READ_PICTURES])
        return candidate.cost_s * pixels / 1e6 <= READ_COST_S and not self._is_late(until)

    def _stored(self, candidate: Candidate) -> list[Sample]:
        found = self._results[candidate.name]
        return [
            reading.stored(candidate, picture, encoded=found[number].encoded)
            for number, picture in enumerate(self._pictures[:READ_PICTURES])
        ]

    @property
    def _channels(self) -> int:
        return 1 if all(one.whole.ndim == 3 and one.whole.shape[2] == 1 for one in self._pictures) else 3

    def _leave_out(self, candidate: Candidate, why: str) -> None:
        self.left_out[candidate.name] = why
        self._results.pop(candidate.name, None)

    def _left_s(self) -> float:
        return self._budget_s - (time.perf_counter() - self._start)

    def _is_late(self, share: float) -> bool:
        return self._left_s() < (1 - share) * self._budget_s

    def _step(self) -> None:
        self._done += 1
        self._progress(min(self._done, self._steps), self._steps)


def _side_seen(pictures: list[Picture]) -> int:
    """Return the side of the middle parts that SSIMULACRA2 is computed on."""
    return math.isqrt(SEEN_PIXELS // min(len(pictures), SEEN_PICTURES))


def _size_of(pictures: list[Picture]) -> int | None:
    """Return the usual size of training, or None where the pictures are smaller."""
    shorter = median(min(one.whole.shape[:2], default=1) for one in pictures)
    return USUAL_SIZE if shorter >= USUAL_SIZE else None
