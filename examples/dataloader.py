"""Use records as a map-style dataset of torch's DataLoader, with own transforms."""

import torch
from torch.utils.data import DataLoader

import filmroll

roll = filmroll.open("roll-*.tfrecord")


def collate(samples):
    images = [
        torch.from_numpy(sample.image[:224, :224]).permute(2, 0, 1)
        for sample in samples
    ]
    return torch.stack(images), torch.tensor([sample.label for sample in samples])


loader = DataLoader(
    roll,
    batch_size=6,
    shuffle=True,
    collate_fn=collate,
    generator=torch.Generator().manual_seed(1),
)
for images, labels in loader:
    print(tuple(images.shape), labels.tolist())
