"""Count the classes, and draw the rare ones more often."""

import torch
from torch.utils.data import WeightedRandomSampler

import filmroll

found = filmroll.inspect("uneven.tfrecord")
for label, count in sorted(found.labels.items()):
    print(f"{found.label_names[label]:8} {count}")

roll = filmroll.open("uneven.tfrecord")
weights = [1 / found.labels[sample.label] for sample in roll]
sampler = WeightedRandomSampler(
    weights, len(roll), generator=torch.Generator().manual_seed(1)
)
drawn = [roll[number].text for number in sampler]
print("of 10 drawn:", {name: drawn.count(name) for name in found.label_names})
