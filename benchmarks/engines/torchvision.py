"""torchvision: its JPEG decoder, and a DataLoader over the folder of photos, for it reads no records."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision.io import ImageReadMode, decode_jpeg, read_file
from torchvision.transforms import v2

from benchmarks.engines import worker

Batch = tuple[Any, Any]


class Photos(Dataset[torch.Tensor]):
    """Photos of a folder of classes, decoded by torchvision or by Pillow and then transformed."""

    def __init__(self, paths: list[str], transform: Callable[[Any], Any], *, pillow: bool) -> None:
        self._paths, self._transform, self._pillow = paths, transform, pillow

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> torch.Tensor:
        path = self._paths[index]
        if self._pillow:
            with Image.open(path) as image:
                turned: torch.Tensor = v2.functional.pil_to_tensor(self._transform(image.convert("RGB")))
            return turned
        decoded: torch.Tensor = self._transform(decode_jpeg(read_file(path), mode=ImageReadMode.RGB))
        return decoded


def decode_photo(job: worker.Job) -> Callable[[bytes], Any]:
    """Return what decodes a photo to RGB, seen as (height, width, channels)."""
    torch.set_num_threads(job["threads"])

    def decode(photo: bytes) -> Any:
        encoded = torch.from_numpy(np.frombuffer(photo, np.uint8))
        return decode_jpeg(encoded, mode=ImageReadMode.RGB).permute(1, 2, 0)

    return decode


def train_crops(job: worker.Job) -> Iterator[Batch]:
    """Yield batches of random crops, flipped at random, in shuffled order."""
    crop = v2.RandomResizedCrop(job["size"], scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), antialias=True)
    return _batches(v2.Compose([crop, v2.RandomHorizontalFlip()]), job, shuffle=True)


def eval_crops(job: worker.Job) -> Iterator[Batch]:
    """Yield batches of center crops in the order of the records."""
    transform = v2.Compose([v2.Resize(job["shorter"], antialias=True), v2.CenterCrop(job["size"])])
    return _batches(transform, job, shuffle=False)


_kept: list[Any] = []  # the loader of this process's one job: its workers run on, ready when the clock starts


def _batches(transform: Callable[[Any], Any], job: worker.Job, *, shuffle: bool) -> Iterator[Batch]:
    if not _kept:
        torch.set_num_threads(1)
        torch.manual_seed(1)
        workers = job["threads"] if job["threads"] > 1 else 0
        loader = DataLoader(
            Photos(job["files"], transform, pillow=job["pillow"]),
            batch_size=job["batch"],
            shuffle=shuffle,
            num_workers=workers,
            persistent_workers=workers > 0,
        )
        _kept.append(loader)
    for images in _kept[0]:
        yield images.permute(0, 2, 3, 1).numpy(), None


if __name__ == "__main__":
    worker.serve(
        {"decode-photo": decode_photo, "train-crops": train_crops, "eval-crops": eval_crops},
        distributions=["torchvision", "torch"],
    )
