"""Batches as JAX arrays: the next one is sent to the devices while the present one is in use.

NumPy batch k+1 ── device_put ──> devices          batch k ── yielded, and its place is the state
"""

from collections.abc import Generator, Iterator
from typing import Any, TypeAlias

from numpy.typing import NDArray

from filmroll.dataset import Dataset
from filmroll.errors import Error, MissingDependencyError, UnsupportedError
from filmroll.loading.loader import Batch, Loader
from filmroll.loading.source import loader_of

try:
    import jax
except ImportError as exc:
    raise MissingDependencyError("batches of JAX arrays need JAX: pip install jax") from exc

Sharding: TypeAlias = jax.sharding.Sharding | jax.Device | None


def batches(
    source: Dataset | Loader, batch_size: int | None = None, *, sharding: Sharding = None, **options: Any
) -> "Batches":
    """Load batches as dicts of JAX arrays, one batch ahead.

    Args:
        source: A dataset, or a loader that `Dataset.batches` gave.
        batch_size: Pictures a batch, of a dataset. With several processes, of each: load with `rank` and
            `world_size`, and a sharding over the devices of all joins what they load to one array.
        sharding: How the first axis is split over devices, `NamedSharding(mesh, PartitionSpec("data"))` say, or
            the one device; None is JAX's default device. A last batch that cannot be split evenly is an error:
            leave it out with `drop_last`.
        **options: Of a dataset: those of `Dataset.batches`.

    Returns:
        Batches to iterate over once an epoch: dicts of "image" (n, height, width, channels) uint8, or whatever
        dtype the arrays have, "label" and "record", which JAX makes int32 unless `jax_enable_x64` is set.
        Pictures of different sizes come as a list of arrays.

    Raises:
        TypeError: The source is neither, options come with a loader, which has its own, or a dataset without any.
        UnsupportedError: The sharding is none.
    """
    if not isinstance(sharding, jax.sharding.Sharding | jax.Device | None):
        raise UnsupportedError(
            f"sharding={sharding!r}: give a jax.sharding.Sharding, such as NamedSharding(mesh, PartitionSpec('data')),"
            " or a device"
        )
    given = options if batch_size is None else {"batch_size": batch_size, **options}
    return Batches(loader_of(source, given), sharding=sharding)


class Batches:
    """Iterate over the batches of an epoch as JAX arrays; the next iteration is the next epoch.

    The state is that of the batch in use: the one sent ahead is not counted. Ask here for it, not the loader,
    which knows of the batch ahead.

    Attributes:
        loader: What loads the NumPy batches.
    """

    def __init__(self, loader: Loader, *, sharding: Sharding) -> None:
        self.loader = loader
        self._sharding = sharding
        self._running: dict[str, int] | None = None

    def __len__(self) -> int:
        """Return the number of batches of a whole epoch, for this rank."""
        return len(self.loader)

    def __repr__(self) -> str:
        return f"<filmroll jax.Batches: {self.loader.description}; arrays on {self._sharding or 'the default device'}>"

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches from the present position to the end of the epoch.

        Raises:
            Error: A record or picture is damaged, and is not to be skipped; the error says which. It comes after
                the batches before it.
            UnsupportedError: The sharding does not fit the batch.
        """
        self._running = self.state_dict()
        coming = self._sent()
        try:
            ahead = next(coming, None)
            while ahead is not None:
                present, ahead = ahead, next(coming, None)
                if isinstance(present, Error):
                    raise present
                batch, self._running = present
                yield batch
            self._running = self.loader.state_dict()
        finally:
            coming.close()
            self.loader.load_state_dict(self._running)
            self._running = None

    def state_dict(self) -> dict[str, int]:
        """Return where the training stands: epoch, and records of it that all ranks together have used."""
        return self.loader.state_dict() if self._running is None else dict(self._running)

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where `state_dict` was taken, as `Loader.load_state_dict` does; between epochs, not in one.

        Raises:
            ValueError: The state is not of a loader of these records.
        """
        self.loader.load_state_dict(state)

    def _sent(self) -> Generator[tuple[Batch, dict[str, int]] | Error, None, None]:
        """Send batch after batch; an error comes as the last item, for the batch before it is still to be used."""
        try:
            for batch in self.loader:
                yield {name: self._put(values) for name, values in batch.items()}, self.loader.state_dict()
        except Error as exc:
            yield exc

    def _put(self, values: NDArray[Any] | list[NDArray[Any]]) -> jax.Array | list[jax.Array]:
        if isinstance(values, list):
            return [self._put_array(one) for one in values]
        return self._put_array(values)

    def _put_array(self, array: NDArray[Any]) -> jax.Array:
        joined: Any = jax.make_array_from_process_local_data  # without annotations
        try:
            if isinstance(self._sharding, jax.sharding.Sharding):
                sent: jax.Array = joined(self._sharding, array)
            else:
                sent = jax.device_put(array, self._sharding)
        except (ValueError, TypeError) as exc:
            hint = "; drop_last leaves out a last batch that is not full" if self._sharding is not None else ""
            raise UnsupportedError(f"an array of shape {array.shape}, {array.dtype}: {exc}{hint}") from exc
        return sent
