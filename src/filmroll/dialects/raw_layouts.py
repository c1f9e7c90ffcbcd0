"""Where the records of a dialect hold raw arrays: many at once are read without asking the dialect for each."""

from filmroll.dialects import Match, array, datum, mnist, stylegan
from filmroll.dialects.generic import Layout

LAYOUTS = {
    array.NAME: Layout("image_bytes", "raw", ("image_shape",), label="label", dtype="image_dtype"),
    mnist.NAME: Layout("image_raw", "raw", mnist.SIZES, label="label", values="uint8"),
    datum.NAME: Layout("data", "raw", datum.SIZES, channels_first=True, bgr=True, label="label", values="uint8"),
    stylegan.NAME: Layout("data", "raw", ("shape",), channels_first=True, label="label", values="uint8"),
}


def raw_layout(match: Match) -> Layout | None:
    """Return where the records of a match hold raw arrays and their shape; None where they hold anything else."""
    if isinstance(match.reading, Layout):
        return match.reading if match.reading.storage == "raw" else None
    return LAYOUTS.get(match.name)
