"""What an adapter takes batches from: a dataset and its options, or a loader that is ready."""

from typing import Any

from filmroll.dataset import Dataset
from filmroll.loading.loader import Loader


def loader_of(source: Dataset | Loader, options: dict[str, Any]) -> Loader:
    """Return the loader itself, or the dataset's, made with the options of `Dataset.batches`.

    Raises:
        TypeError: It is neither, or options were given with a loader, which has its own.
    """
    if isinstance(source, Dataset):
        return source.batches(**options)
    if not isinstance(source, Loader):
        raise TypeError(
            f"batches come from a Dataset, which filmroll.open gives, or a Loader, not from {type(source).__name__}"
        )
    if options:
        raise TypeError(f"a loader has its own {', '.join(options)}; give them to Dataset.batches")
    return source
