"""How fast are the same random crops cut from training copies?

Data: the 1,024 photos of `train-crops`, packed once with a shorter side of 320 pixels, quality 90 and restart markers
(`pack --resize shorter=320 --quality 90 --seekable`); all engines read the same copies. Timed: as in `train-crops`.
Equal content: as many pictures, their shape and type; the parts are random.
"""

from dataclasses import replace
from pathlib import Path

import filmroll
from benchmarks import photos
from benchmarks.task import Job
from benchmarks.tasks import train_crops
from benchmarks.workshop import Workshop


def prepare(workshop: Workshop) -> Job:
    """Pack the copies, and write them as files in the order of the records."""
    shards = {str(count): [str(path) for path in photos.copies(workshop, shards=count)] for count in (1, 2)}
    folder = workshop.made("out")
    folder.mkdir(exist_ok=True)
    files = _files(workshop, Path(shards["1"][0]))
    sizes = {"batch": 64, "size": 224, "shorter": 256, "count": len(files)}
    return {"shards": shards, "files": files, "consume": "batches", "folder": str(folder), **sizes}


def _files(workshop: Workshop, records: Path) -> list[str]:
    folder = workshop.made("copies")
    folder.mkdir(exist_ok=True)
    files = []
    for number, sample in enumerate(filmroll.open(records)):
        path = folder / f"{number:05}.jpeg"
        path.write_bytes(bytes(sample.encoded))
        files.append(str(path))
    return files


CROPS = train_crops.TASK
TASK = replace(
    CROPS,
    name="train-copies",
    title="Random crops from training copies",
    prepare=prepare,
    engines=tuple(replace(engine, options={"work": CROPS.name, **engine.options}) for engine in CROPS.engines),
)
