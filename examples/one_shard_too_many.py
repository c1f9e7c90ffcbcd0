"""Read the shards that filmroll.json lists, and no others."""

import json
from pathlib import Path

import filmroll

folder = Path("stale")
print("by pattern:", len(filmroll.open(folder / "roll-*.tfrecord")), "records")
print("there twice:", len(filmroll.verify(folder / "roll-*.tfrecord").duplicates))

listed = json.loads((folder / "filmroll.json").read_text())["splits"]["roll"]["shards"]
roll = filmroll.open([folder / shard["path"] for shard in listed])
print("by filmroll.json:", len(roll), "records")
