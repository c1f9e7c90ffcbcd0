"""How fast are photos decoded, resized and cut in the middle for evaluation?

Data: as in `train-crops`. Timed: one epoch in the order of the records; of each photo, resized until its shorter side
is 256 pixels, the 224 x 224 pixels in the middle; uint8 batches of 64 in hand. Equal content: as many pictures, their
shape and type, and pixels of the first batch that differ by 8.0 of 255 on average at most from Pillow's antialiased
ones: no antialiasing, other rounding of the size, and a crop before the resize all make differences of up to 7, another
part of the picture one of 30 or more.
"""

from benchmarks.task import Engine, Task
from benchmarks.tasks import train_crops
from benchmarks.tasks.train_crops import LOADED, PROCESSES, prepare

TASK = Task(
    name="eval-crops",
    title="Center crops for evaluation",
    unit="s",
    items="pictures",
    compare="pixels",
    reference="pillow",
    tolerance=8.0,
    prepare=prepare,
    engines=(
        Engine("filmroll", "filmroll", "simd", (1, 2), note="with the extra [simd]"),
        PROCESSES,
        Engine("filmroll (core alone)", "filmroll", "filmroll", (1, 2), note="resized by Pillow"),
        Engine(
            "tensorflow",
            "tensorflow",
            "tensorflow",
            (1, 2),
            note="decodes the middle only; resized without antialiasing, its default",
            options={"antialias": False},
        ),
        Engine(
            "tensorflow (antialias)",
            "tensorflow",
            "tensorflow",
            (1, 2),
            note="decodes the middle only",
            options={"antialias": True},
        ),
        Engine("dali", "dali", "dali", (1, 2), note="antialiased, its default", options={"antialias": True}),
        Engine("dali (no antialias)", "dali", "dali", (1, 2), options={"antialias": False}),
        Engine("torchvision", "torchvision", "torchvision", (1, 2), note=LOADED, options={"pillow": False}),
        Engine("torchvision (pillow)", "torchvision", "torchvision", (1, 2), note=LOADED, options={"pillow": True}),
        Engine("pillow", "pillow", "filmroll", note="one thread, files: the reference for pixels"),
        *(engine for engine in train_crops.TASK.engines if engine.is_limit),
    ),
)
