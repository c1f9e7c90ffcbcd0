"""Stop in the middle of an epoch, and go on there."""

import filmroll

roll = filmroll.open("roll-*.tfrecord")
options = {"size": 64, "shuffle": True, "seed": 1}

loader = roll.batches(5, **options)
for number, _batch in enumerate(loader):
    if number == 1:
        checkpoint = loader.state_dict()  # beside the weights of the model
        break

again = roll.batches(5, **options)
again.load_state_dict(checkpoint)
rest = [batch["record"].tolist() for batch in again]

print(checkpoint)
print(f"{len(rest)} batches are left of {len(again)}, then comes epoch {again.epoch}")
