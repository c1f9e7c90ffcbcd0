"""A few of the kills that `python -m soak kills` does, in a process of its own: one that forks has no threads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from realdata import CHECKOUT

KILLS = 6
MEMORY = Path("/dev/shm")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no signals to kill with")
def test_killed_at_any_instant_and_finished_by_the_same_command(tmp_path):
    folder = MEMORY if os.access(MEMORY, os.W_OK) else tmp_path
    done = subprocess.run(
        [sys.executable, "-m", "soak", "kills", "--kills", f"{KILLS}", "--stride", "43", "--folder", str(folder)],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    rows = [[cell.strip(" *") for cell in line.split("|")[1:-1]] for line in done.stdout.splitlines() if "|" in line]
    totals = {row[0]: row[2:] for row in rows if row[0] in ("pack", "convert")}
    for random, between, kept, faults in totals.values():
        assert int(random) == KILLS
        assert int(between) > 12
        assert int(kept) > 5
        assert int(faults) == 0
    assert len(totals) == 2
