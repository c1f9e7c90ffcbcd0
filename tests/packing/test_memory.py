"""The memory of the process that has the tasks does not grow with the pictures of a source."""

import subprocess
import sys

import pytest

from realdata import CHECKOUT

OBJECT_MB = 500e-6  # a File with its path and names, at the least


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux tells what a process has in memory")
def test_listing_and_tasks_of_many_pictures_take_the_memory_of_few():
    few, many = 10_000, 60_000
    command = [sys.executable, "-m", "benchmarks.listing", str(few), str(many)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=CHECKOUT)
    rows = [
        [float(cell.replace(",", "")) for cell in line.strip("| ").split("|")] for line in done.stdout.splitlines()[2:]
    ]
    assert [row[0] for row in rows] == [few, many]
    grown = sum(rows[1][1:3]) - sum(rows[0][1:3])
    assert grown < 0.5 * (many - few) * OBJECT_MB, done.stdout
