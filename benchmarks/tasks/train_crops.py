"""How fast are photos decoded, cut at random and resized for training?

Data: 1,024 photos in records (torchvision: the same photos in a folder). Timed: one epoch in shuffled order; of each
photo a random part of 8 to 100 % of its area, resized to 224 x 224, flipped at random; uint8 batches of 64 in hand.
Equal content: as many pictures, their shape and type; the parts are random.
"""

from pathlib import Path

from benchmarks import photos
from benchmarks.task import Engine, Job, Task
from benchmarks.workshop import Workshop

LOADED = "a DataLoader over files: it reads no records"
PROCESSES = Engine(
    "filmroll (processes)",
    "filmroll",
    "simd",
    (2,),
    note="with the extra [simd]; two processes decode: they run when the clock starts, as torchvision's do, and the"
    " peak is without their memory",
    options={"processes": True},
)
ROUGHLY = {"antialias": False, "dct": "fast"}
ROUGH = "fast DCT and no antialiasing, as TensorFlow does it by default; with the extra [opencv]"


def prepare(workshop: Workshop) -> Job:
    """Pack the photos, and list them as files in the order of the records."""
    shards = {str(count): [str(path) for path in photos.records(workshop, shards=1)] for count in (1, 2)}
    folder = workshop.made("out")
    folder.mkdir(exist_ok=True)
    files = files_in_order(photos.folder(workshop), Path(shards["1"][0]))
    sizes = {"batch": 64, "size": 224, "shorter": 256, "count": len(files)}
    return {"shards": shards, "files": files, "consume": "batches", "folder": str(folder), **sizes}


def files_in_order(folder: Path, records: Path) -> list[str]:
    """List the files of a folder in the order in which they were packed, told by their bytes."""
    import filmroll

    by_bytes = {path.read_bytes(): str(path) for path in sorted(folder.rglob("*.jpeg"))}
    return [by_bytes[bytes(sample.encoded)] for sample in filmroll.open(records)]


TASK = Task(
    name="train-crops",
    title="Random crops for training",
    unit="s",
    items="pictures",
    compare="counts",
    prepare=prepare,
    engines=(
        Engine("filmroll", "filmroll", "simd", (1, 2), note="with the extra [simd]"),
        PROCESSES,
        Engine("filmroll (no antialias)", "filmroll", "filmroll-opencv", (1, 2), note=ROUGH, options=ROUGHLY),
        Engine(
            "filmroll (no antialias, processes)",
            "filmroll",
            "filmroll-opencv",
            (2,),
            note=f"{ROUGH}; two processes decode",
            options={"processes": True, **ROUGHLY},
        ),
        Engine("filmroll (core alone)", "filmroll", "filmroll", (1, 2), note="resized by Pillow"),
        Engine(
            "tensorflow",
            "tensorflow",
            "tensorflow",
            (1, 2),
            note="resized without antialiasing, its default",
            options={"antialias": False},
        ),
        Engine("tensorflow (antialias)", "tensorflow", "tensorflow", (1, 2), options={"antialias": True}),
        Engine("dali", "dali", "dali", (1, 2), note="antialiased, its default", options={"antialias": True}),
        Engine("dali (no antialias)", "dali", "dali", (1, 2), options={"antialias": False}),
        Engine("torchvision", "torchvision", "torchvision", (1, 2), note=LOADED, options={"pillow": False}),
        Engine(
            "torchvision (pillow)",
            "torchvision",
            "torchvision",
            (1, 2),
            note=f"{LOADED}; decoded and resized by Pillow, as ImageFolder does",
            options={"pillow": True},
        ),
        Engine(
            "decode whole photos",
            "limits",
            "filmroll",
            (1, 2),
            is_limit=True,
            note="simplejpeg; an engine that decodes only what a crop needs can be faster",
            options={"work": "decode-all", "consume": "totals"},
        ),
    ),
)
