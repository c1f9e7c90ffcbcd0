"""Go on without the damaged records, and know which."""

import warnings

import filmroll

with warnings.catch_warnings():
    warnings.simplefilter("ignore", filmroll.DamageWarning)  # it says the same, once
    roll = filmroll.open("broken.tfrecord", on_error="salvage")
    loader = roll.batches(8, size=64)
    count = sum(len(batch["label"]) for batch in loader)

print(f"{count} of {len(roll)} records")
for number, error in loader.skipped.items():
    print(number, error)
