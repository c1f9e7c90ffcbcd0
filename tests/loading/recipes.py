"""Recipes of the tests: the defaults of `Dataset.batches`, but for what a test is about."""

from typing import Any

from filmroll.loading import windows
from filmroll.loading.pixels import Recipe
from filmroll.loading.resampling import resizer


def recipe(**changed: Any) -> Recipe:
    usual = {
        "size": None,
        "crop": None,
        "flip": False,
        "channels": 3,
        "area": windows.AREA,
        "aspect": windows.ASPECT,
        "shorter": None,
        "less_detail": True,
        "dct": "accurate",
        "pad": False,
        "resizer": resizer("pillow"),
    }
    return Recipe(**usual | changed)
