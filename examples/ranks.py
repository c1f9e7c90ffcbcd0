"""Give each of several GPUs its part of every epoch."""

import filmroll

roll = filmroll.open("roll-*.tfrecord")
seen = []
for rank in range(
    3
):  # in training: RANK and WORLD_SIZE of the environment, one process each
    loader = roll.batches(4, size=64, shuffle=True, seed=1, rank=rank, world_size=3)
    mine = [number for batch in loader for number in batch["record"].tolist()]
    print(f"rank {rank}: {len(loader)} batches, {len(mine)} records")
    seen += mine

print("every record once:", sorted(seen) == list(range(len(roll))))
