"""Find a shard that an older packing has left, and read the others."""

import warnings
from pathlib import Path

import filmroll

folder = Path("stale")
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    print("by pattern:", len(filmroll.open(folder / "roll-*.tfrecord")), "records")
print(said[0].message)

found = filmroll.verify(folder / "roll-*.tfrecord")
print("old:", [fault.path for fault in found.faults])
print("by number:", len(filmroll.open(folder / "roll@4.tfrecord")), "records")
