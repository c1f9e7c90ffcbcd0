"""`python -m benchmarks.scaling`: docs/scaling.md of the kept measurements; with `--measure` they are made anew."""

import argparse
import json

from benchmarks.scaling import measure, page
from benchmarks.scaling.model import MEASURED

parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
parser.add_argument("--measure", action="store_true", help="measure first: two minutes of a quiet machine")
if parser.parse_args().measure:
    MEASURED.write_text(json.dumps(measure.everything(), indent=1) + "\n", "utf-8")
page.PAGE.write_text(page.render(), "utf-8")
print(f"written: {page.PAGE.name}")
