"""Batches as PyTorch tensors that share the memory of the NumPy batches, or are on the device asked for.

    NumPy (n, height, width, channels) ── from_numpy ──> tensor ──> page-locked, if asked ──> on a device, if asked
                                          no copy                   copied                    copied

For `torch.utils.data.DataLoader` a `filmroll.Dataset` needs no adapter: it is a map-style dataset as it is.
"""

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from filmroll.dataset import Dataset
from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.loading.loader import Batch, Loader
from filmroll.loading.source import loader_of

try:
    import torch
except ImportError as exc:
    raise MissingDependencyError("batches of tensors need PyTorch: pip install torch") from exc

Layout = Literal["NHWC", "NCHW"]
Device = torch.device | str | int | None


def batches(
    source: Dataset | Loader,
    batch_size: int | None = None,
    *,
    layout: Layout = "NHWC",
    pin_memory: bool = False,
    device: Device = None,
    **options: Any,
) -> "Batches":
    """Load batches as dicts of tensors.

    Args:
        source: A dataset, or a loader that `Dataset.batches` gave.
        batch_size: Pictures a batch, of a dataset.
        layout: "NHWC" as in the NumPy batch; "NCHW" is a view of the same memory with the axes in the order that
            convolutions want, which torch calls `channels_last`.
        pin_memory: Copy into page-locked memory, from which an accelerator takes while the processor goes on.
        device: Where the tensors shall be; None leaves them in memory.
        **options: Of a dataset: those of `Dataset.batches`.

    Returns:
        Batches to iterate over once an epoch: dicts of "image" uint8, or whatever dtype the arrays have, "label"
        int64 and "record" int64. Without pinning and device they share the memory of the NumPy batch. Pictures of
        different sizes come as a list of tensors, (height, width, channels) or (channels, height, width) each.

    Raises:
        TypeError: The source is neither, options come with a loader, which has its own, or a dataset without any.
        UnsupportedError: The layout is none, the device is not there, or memory is to be pinned for none.
    """
    if layout not in ("NHWC", "NCHW"):
        raise UnsupportedError(f"layout {layout!r}; there are 'NHWC' and 'NCHW'")
    if pin_memory and not torch.accelerator.is_available():
        raise UnsupportedError("memory is pinned for an accelerator, and torch finds none; leave pin_memory out")
    given = options if batch_size is None else {"batch_size": batch_size, **options}
    return Batches(loader_of(source, given), layout=layout, pin_memory=pin_memory, device=_device(device))


class Batches(torch.utils.data.IterableDataset[Batch]):
    """Iterate over the batches of an epoch as tensors; the next iteration is the next epoch.

    In a `DataLoader` with workers, and with `batch_size=None`, each worker loads its own part of the batches, and all
    of them together each once.

    Attributes:
        loader: What loads the NumPy batches.
    """

    def __init__(self, loader: Loader, *, layout: Layout, pin_memory: bool, device: torch.device | None) -> None:
        self.loader = loader
        self._layout, self._pin_memory, self._device = layout, pin_memory, device

    def __len__(self) -> int:
        """Return the number of batches of a whole epoch, for this rank."""
        return len(self.loader)

    def __repr__(self) -> str:
        where = f"on {self._device}" if self._device else "in page-locked memory" if self._pin_memory else "in memory"
        return f"<filmroll torch.Batches: {self.loader.description}; {self._layout} tensors {where}>"

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches from the present position to the end of the epoch.

        Raises:
            Error: A record or picture is damaged, and is not to be skipped; the error says which.
            UnsupportedError: NCHW is asked for, and the arrays have no such axes.
        """
        worker = torch.utils.data.get_worker_info()
        if worker is not None:
            self.loader.take_part(worker=worker.id, workers=worker.num_workers)
        for batch in self.loader:
            image = batch["image"]
            placed = [self._image(one) for one in image] if isinstance(image, list) else self._image(image)
            numbers = {name: self._placed(_tensor(batch[name])) for name in batch if name != "image"}
            yield {"image": placed, **numbers}

    def state_dict(self) -> dict[str, int]:
        """Return where the training stands, as `Loader.state_dict` does."""
        return self.loader.state_dict()

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where `state_dict` was taken, as `Loader.load_state_dict` does.

        Raises:
            ValueError: The state is not of a loader of these records.
        """
        self.loader.load_state_dict(state)

    def _image(self, array: NDArray[Any]) -> torch.Tensor:
        tensor = self._placed(_tensor(array))
        if self._layout == "NHWC":
            return tensor
        if tensor.ndim < 3:
            raise UnsupportedError(f"arrays of shape {array.shape} have no channels to put before height and width")
        return tensor.movedim(-1, -3)

    def _placed(self, tensor: torch.Tensor) -> torch.Tensor:
        tensor = tensor.pin_memory() if self._pin_memory else tensor
        return tensor if self._device is None else tensor.to(self._device, non_blocking=self._pin_memory)


def _device(device: Device) -> torch.device | None:
    try:
        return None if device is None else torch.zeros(0, device=device).device
    except (RuntimeError, AssertionError) as exc:
        raise UnsupportedError(f"device {device!r}: {exc}") from exc


def _tensor(array: NDArray[Any]) -> torch.Tensor:
    """Share the array's memory; copy what torch cannot hold: mirrored, read-only, of the other byte order."""
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if min(array.strides, default=0) < 0 or not array.flags.writeable:
        array = np.array(array)
    try:
        return torch.from_numpy(array)
    except TypeError as exc:
        raise UnsupportedError(f"torch has no tensors of {array.dtype}") from exc
