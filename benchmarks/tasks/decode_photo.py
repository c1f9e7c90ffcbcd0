"""How long does it take to decode one photo?

Data: the 64 real photos, about 630 x 420 pixels, encoded bytes in memory. Timed: one call, one photo, to RGB pixels in
an array; a run's value is the median photo. Equal content: as many bytes of pixels, and pixels of the first 8 photos
that differ from filmroll's by 1.0 of 255 on average at most: decoders round differently, and TensorFlow's default is
a faster, less exact transform.
"""

from benchmarks import photos
from benchmarks.task import Engine, Job, Task
from benchmarks.workshop import Workshop


def prepare(workshop: Workshop) -> Job:
    """List the photos."""
    paths = photos.originals(workshop)[: workshop.count(64, quick=16)]
    folder = workshop.made("out")
    folder.mkdir(exist_ok=True)
    return {"paths": [str(path) for path in paths], "consume": "pictures", "folder": str(folder)}


TASK = Task(
    name="decode-photo",
    title="Decode one photo",
    unit="ms",
    items="photos",
    compare="pixels",
    tolerance=1.0,
    prepare=prepare,
    engines=(
        Engine("filmroll", "filmroll", "filmroll"),
        Engine("pillow", "pillow", "filmroll"),
        Engine("opencv", "opencv", "opencv"),
        Engine("tensorflow", "tensorflow", "tensorflow"),
        Engine("torchvision", "torchvision", "torchvision"),
        Engine("simplejpeg alone", "limits", "filmroll", is_limit=True),
    ),
)
