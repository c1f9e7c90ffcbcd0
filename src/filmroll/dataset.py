"""Any records as a sequence of samples: open, len, [i], iterate."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, overload

from filmroll import dialects, leniency, stale
from filmroll.errors import Error
from filmroll.leniency import OnError
from filmroll.messages import Features
from filmroll.recognition import Recognition
from filmroll.records import cache as caches
from filmroll.records import storage
from filmroll.records.cache import Where
from filmroll.records.kinds import Choice, Record
from filmroll.records.remote_shards import shards_of
from filmroll.records.shards import Place, Shards
from filmroll.sample import Sample, class_name
from filmroll.schema import Schema

if TYPE_CHECKING:
    from filmroll.loading.loader import Loader
    from filmroll.records.salvage import Gap


def open(
    paths: storage.Paths,
    *,
    dialect: str | None = None,
    compression: Choice = "auto",
    verify: bool = True,
    on_error: OnError = "raise",
    cache: Where = None,
    cache_nbytes: int | None = None,
) -> "Dataset":
    """Open record files as a sequence of samples.

    Args:
        paths: A file, a pattern (`train-*.tfrecord`), a folder, or several of these in the order given; each may be
            the URL of one in a store, `s3://bucket/train-*.tfrecord`.
        dialect: How the features are named; None reads it in `filmroll.json`, or finds out from the records.
        compression: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.
        verify: Check both checksums of each record that is read.
        on_error: "raise" at damage; or leave it out when going through the records or loading batches, with one
            warning: "skip" single records whose data, message or picture is damaged, "salvage" also finds the records
            of a TFRecord file behind damage that lead to none. Numbers stay what they are in the file, or among the
            records found in it: the same each time. A damaged record asked for by its number is an error all the same.
        cache: Where to keep copies of files that are in a store: a folder, or True for the usual one; each file is
            then copied whole when it is first used. None reads TFRecord files with an index by ranges, as the records
            are asked for, unless FILMROLL_CACHE_NBYTES names a budget; files of other kinds are copied all the same.
        cache_nbytes: How many bytes the copies may take; what was used longest ago goes. None is 20 GiB.

    Returns:
        The dataset; nothing is read yet but the names.

    Raises:
        FileNotFoundError: A file named is not there.
        SourceError: A pattern fits nothing, or a folder holds no record files.
        UnsupportedError: There is no dialect of that name.
        ValueError: `on_error` is none of these.

    Warns:
        StaleWarning: Among the files of a pattern or a folder are shards of an earlier pack.
    """
    found = stale.expand(paths)
    storage.keep_copies(found, caches.asked_for(cache, cache_nbytes))
    return Dataset(found, dialect=dialect, compression=compression, verify=verify, on_error=on_error)


class Dataset(Sequence[Sample]):
    """The records of some files, in order, as samples; reading is lazy and by number at any position.

    Attributes:
        shards: The files, as one sequence of records.
        on_error: What is done about damage.
        skipped: Numbers of the records that were left out when going through them, with the reason.
        notice: Warns once of what is left out.

    Raises:
        UnsupportedError: There is no such dialect.
    """

    def __init__(
        self,
        paths: Sequence[Path] | Shards,
        *,
        dialect: str | None = None,
        compression: Choice = "auto",
        verify: bool = True,
        on_error: OnError = "raise",
    ) -> None:
        leniency.check(on_error)
        self.on_error = on_error
        self.skipped: dict[int, Error] = {}
        self.notice = leniency.Notice()
        self.shards = (
            paths
            if isinstance(paths, Shards)
            else shards_of(paths, compression=compression, verify=verify, salvage=on_error == "salvage")
        )
        self._recognition = Recognition(self.shards, dialect=dialect, on_error=on_error)

    @property
    def paths(self) -> list[Path]:
        """Return the files, in order."""
        return self.shards.paths

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Let another process have the dataset: it opens the files anew, by their paths."""
        return _remade, (self.shards, self._recognition.dialect_named, self.on_error)

    def close(self) -> None:
        """Close all files; samples that were read stay valid."""
        self.shards.close()

    def __len__(self) -> int:
        for shard in range(len(self.paths)) if self.on_error == "salvage" else ():
            self._note_gaps(shard)
        return len(self.shards)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | list[Sample]:
        """Return the sample of that number, or the samples of a slice.

        Raises:
            IndexError: There is no such number.
            TypeError: It is neither a whole number nor a slice of these.
            ChecksumError, TruncatedError: The record is damaged.
            ParseError: The record is no Example, or lacks what the dialect needs.
        """
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        place = self.shards.locate(index)
        return self._sample(place, self.shards.record(place))

    def picture(self, index: int) -> Sample:
        """Return the picture and the label of one record; the sample has its other parts only where that costs nothing.

        Raises:
            IndexError, Error: As for the whole sample.
        """
        place = self.shards.locate(index)
        reading = self.match_of(place.shard).reading
        wanted = getattr(reading, "LOADED", None)
        record = self.shards.record(place)
        if wanted is None:
            return self._sample(place, record)
        try:
            sample: Sample = reading.to_sample(self._recognition.parse(place, record, wanted=wanted))
            if sample.has_image:
                return sample
        except Error:
            pass
        return self._sample(place, record)  # which says what is wrong, of all features

    def __getitems__(self, indices: Sequence[int]) -> list[Sample]:
        """Return the samples of these numbers, in the order given; torch's DataLoader asks for batches this way.

        Each file is read in its own order: a compressed one is decompressed once at most.

        Raises:
            IndexError: There is no sample of one of the numbers; nothing is read.
            Error: As for one number.
        """
        places = [self.shards.locate(index) for index in indices]
        return [self._sample(*found) for found in zip(places, self.shards.records(places), strict=True)]

    def __iter__(self) -> Iterator[Sample]:
        for place, record in self.records():
            try:
                sample = self._sample(place, record)
            except Error as exc:
                self.leave_out(place, exc)
            else:
                yield sample

    def records(self) -> Iterator[tuple[Place, Record]]:
        """Yield the place (shard number, record number in it) and the bytes of each record, in order.

        A record of a tar or a Parquet file is no bytes but a dict of features.
        """
        for shard in range(len(self.paths)):
            yield from self.shards.walk(shard) if self.on_error == "raise" else self._sound(shard)

    def _sound(self, shard: int) -> Iterator[tuple[Place, Record]]:
        self._note_gaps(shard)
        for number in range(len(self.shards.reader(shard))):
            place = Place(shard, number)
            try:
                record = self.shards.record(place)
            except Error as exc:
                self.leave_out(place, exc)
            else:
                yield place, record

    def leave_out(self, place: Place, error: Error) -> None:
        """Leave out a damaged record: raise the error, or keep it in `skipped` and warn once.

        Raises:
            Error: Damage is not to be left out.
        """
        error = error.at(path=self.paths[place.shard], record=place.number)
        if self.on_error == "raise":
            raise error
        self.skipped[self.shards.number(place)] = error
        self.notice.once(error)

    def _note_gaps(self, shard: int) -> None:
        for gap in self.shards.gaps(shard):
            self.notice.once(gap.error.at(path=self.paths[shard]))

    @property
    def gaps(self) -> "list[tuple[Path, Gap]]":
        """The parts of damaged files that are in no record, where they are salvaged."""
        return [(path, gap) for shard, path in enumerate(self.paths) for gap in self.shards.gaps(shard)]

    def features(self, index: int) -> Features:
        """Return the features of one record, as they are named in it.

        Raises:
            IndexError: There is no such number.
            ParseError: The record is no Example.
        """
        place = self.shards.locate(index)
        return self.parse(place, self.shards.record(place))

    def parse(self, place: Place, record: Record) -> Features:
        """Parse one record; an error says where the record is.

        The lists of a SequenceExample come as one feature each, with the values of all steps in a row. A record that
        is kept by key has it as the feature "__key__".

        Raises:
            ParseError: The record is no message of the kind that the first ones are.
        """
        return self._recognition.parse(place, record)

    @property
    def message_kind(self) -> str | None:
        """What the records are: one of `messages.KINDS`, "members" of a tar, "columns" of a table, or None."""
        return self._recognition.message_kind

    def message_kind_of(self, shard: int) -> str | None:
        """Tell by its first records what one file holds; no records count as Examples."""
        return self._recognition.message_kind_of(shard)

    @property
    def schema(self) -> Schema:
        """Types, shapes and values of the features, seen over the first 64 records."""
        return self._recognition.schema

    @property
    def match(self) -> dialects.Match:
        """The dialect of the first file, and why it is taken for that."""
        return self.match_of(0)

    def match_of(self, shard: int) -> dialects.Match:
        """Tell the dialect of one file, and why it is taken for that."""
        return self._recognition.match_of(shard)

    @property
    def dialect(self) -> str:
        """Name of the dialect: "generic" where no known one fits, "mixed" where the files have several."""
        found = self._recognition.dialects_found
        return found[0] if len(found) == 1 else dialects.MIXED

    @property
    def manifest(self) -> dict[str, Any] | None:
        """The entry of `filmroll.json` that lists the first file, or None."""
        return self._recognition.manifest

    @property
    def label_names(self) -> list[str]:
        """Names of the classes by label, from `filmroll.json` or the files themselves; empty where one has none.

        Raises:
            UnsupportedError: Two files name a class differently.
        """
        return self._recognition.label_names

    def label_names_of(self, shard: int) -> list[str]:
        """Names of the classes of one file by label; empty where nothing names them."""
        return self._recognition.label_names_of(shard)

    def first_features(self) -> list[Features]:
        """Parse the first records, over as many files as hold them, as far as they are messages."""
        return self._recognition.first_features()

    def batches(
        self,
        batch_size: int,
        *,
        size: int | tuple[int, int] | None = None,
        crop: Literal["random", "center"] | None = None,
        flip: bool = False,
        channels: Literal[1, 3] = 3,
        area: tuple[float, float] = (0.08, 1.0),
        aspect: tuple[float, float] = (3 / 4, 4 / 3),
        shorter: int | None = None,
        less_detail: bool = True,
        dct: Literal["accurate", "fast"] = "accurate",
        antialias: bool = True,
        resampler: Literal["auto", "pillow", "simd", "opencv"] = "auto",
        pad: bool = False,
        shuffle: bool | Literal["global", "blocks", "window"] = False,
        window: int = 16384,
        lanes: int = 16,
        seed: int = 0,
        epoch: int = 0,
        rank: int = 0,
        world_size: int = 1,
        worker: int = 0,
        workers: int = 1,
        threads: int | None = None,
        processes: int | None = None,
        drop_last: bool = False,
        on_error: OnError | None = None,
    ) -> "Loader":
        """Load the pictures in batches, for training or evaluation.

        Args:
            batch_size: Pictures a batch; the last one of an epoch may have fewer.
            size: (height, width) of the pictures, or one number for both; None leaves each as it is.
            crop: "random" for a part of random area and aspect (torchvision's RandomResizedCrop), "center" for the
                middle after resizing the shorter side, None for the whole picture.
            flip: Mirror every second picture, on average.
            channels: 3 for RGB, 1 for grey.
            area: Of random parts: least and most share of the picture's area.
            aspect: Of random parts: least and most width over height.
            shorter: Shorter side of which the centre is cut, in pixels; None is 256/224 of `size`.
            less_detail: Let the JPEG decoder leave out detail where the part is at least twice the size wanted. Much
                faster on large photos; the pixels differ a little from those of the whole picture made smaller.
            dct: How a JPEG's blocks become pixels: "fast" gives those of TensorFlow's default, a little sooner.
            antialias: Make pictures smaller with the pixels of Pillow's bilinear filter. False looks at the four
                nearest pixels alone, as tf.image.resize and OpenCV do by default: done sooner, with jagged edges.
            resampler: What resizes: "pillow", or "simd" with antialiasing, "opencv" without (they need the extra of
                that name, and differ by one level at most), or "auto" for the fastest that is installed.
            pad: Give pictures of different sizes as one array, with zeros below and to the right of the smaller
                ones, and their own sizes as "size".
            shuffle: Give each epoch a random order: True or "global" of all records; "blocks" of the shards, of which
                `lanes` are read side by side; "window" of records near each other alone. The weaker ones read in
                sequence: what each costs on a disk and in a bucket is in `docs/scaling.md`.
            window: Records that are mixed with each other, where the shuffle is weaker; of blocks in all lanes.
            lanes: Shards read at a time by all ranks together; give a multiple of their number, so that each has its
                own.
            seed: Of the order, the parts and the mirroring.
            epoch: The epoch to begin with.
            rank: Which part of every epoch to load: the ranks are disjoint, together complete, and take as many steps.
                In batches of one, or with fewer records than ranks, some may have one of the first again at the end.
            world_size: Number of ranks.
            worker: Which batches of the rank to load: processes of its own take them in turn.
            workers: Number of these processes.
            threads: Threads that decode; None is the number of processors.
            processes: Processes that decode instead, a picture at a time each: where there are many processors, or
                pictures are small, threads wait for each other. They start with the first batch, need no
                `if __name__ == "__main__"`, and end with the loader. The batches are the same, and are not copied: the
                memory of one is used again when its arrays are gone. Raw arrays are parsed thousands at a time, and
                start none.
            drop_last: Leave out the last batch of an epoch where it is not full on every rank.
            on_error: "raise" at a damaged record or picture, "skip" it, or "salvage", as in `open`; None is what the
                dataset was opened with. A batch is smaller where records were left out: positions, ranks and resuming
                count them, so that the order is what it would be without damage. The loader's `skipped` says which
                and why, and one warning is given.

        Returns:
            A Loader: iterate over it once an epoch. Each batch is a dict of "image" (n, height, width, channels)
            uint8, "label" (n,) int64 from 0, -1 where there is none, and "record" (n,) int64, the numbers of the
            records. Pictures of different sizes or dtypes come as a list of arrays; those of different sizes, padded,
            with "size" (n, 2) int64, height and width of each.

        Raises:
            ValueError: The batch size, the rank, the worker, the processes, or their numbers are none, or the
                shuffle, its window or its lanes.
            MissingDependencyError: `resampler` is "simd" or "opencv", and the extra is not installed.
            UnsupportedError: There is no such resampler with antialiasing, or without; or both threads and processes
                are given; or two files name a class differently, so that their labels mean different things.
        """
        from filmroll.dialects.raw_layouts import raw_layout
        from filmroll.loading import arrays, order, pictures, pixels, resampling, shuffles

        roll = self if on_error in (None, self.on_error) else self._reopened(on_error)
        _ = roll.label_names  # which says so if labels mean different things
        strength: shuffles.Strength = "global" if isinstance(shuffle, bool) else shuffle
        counts = tuple(roll.shards.counts) if strength == "blocks" else ()
        positions = order.Order(
            len(roll),
            seed if shuffle else None,
            epoch,
            rank,
            world_size,
            worker,
            workers,
            shuffles.Shuffle(strength, counts, window, lanes),
        )
        recipe = pixels.Recipe(
            size=(size, size) if isinstance(size, int) else size,
            crop=crop,
            flip=flip,
            channels=channels,
            area=area,
            aspect=aspect,
            shorter=shorter,
            less_detail=less_detail,
            dct=dct,
            pad=pad,
            resizer=resampling.resizer(resampler, antialias=antialias),
        )
        loader = pictures.PictureLoader(
            roll,
            batch_size,
            recipe=recipe,
            order=positions,
            seed=seed,
            threads=threads,
            processes=processes,
            drop_last=drop_last,
        )
        if raw_layout(roll.match) is None or size is not None or flip or pad:
            return loader
        return arrays.ArrayLoader(roll, batch_size, otherwise=loader, order=positions, drop_last=drop_last)

    def _reopened(self, on_error: OnError | None) -> "Dataset":
        """Open the same records anew, to do something else about damage."""
        return Dataset(
            self.shards.reopened(salvage=on_error == "salvage"),
            dialect=self._recognition.dialect_named,
            on_error=on_error or self.on_error,
        )

    def to_sample(self, place: Place, features: Features) -> Sample:
        """Turn the features of one record into a sample; an error says where the record is.

        Raises:
            ParseError: The record lacks what the dialect needs.
        """
        try:
            sample = self.match_of(place.shard).reading.to_sample(features)
        except Error as exc:
            raise exc.at(path=self.paths[place.shard], record=place.number) from exc
        if sample.text is None:
            sample.text = class_name(sample.label, self.label_names_of(place.shard))
        return sample

    def _sample(self, place: Place, record: Record) -> Sample:
        return self.to_sample(place, self.parse(place, record))

    def _repr_html_(self) -> str:
        """Show how many records there are, their features and their first pictures, in a notebook."""
        from filmroll.view import notebook

        return notebook.dataset_html(self)

    def __repr__(self) -> str:
        found = self._recognition.dialects_found
        said = f"dialect{'s' if len(found) > 1 else ''} {', '.join(found)}"
        return f"<filmroll.Dataset of {len(self)} records in {len(self.paths)} files, {said}>"


def _remade(shards: Shards, dialect: str | None, on_error: OnError) -> Dataset:
    return Dataset(shards, dialect=dialect, on_error=on_error)
