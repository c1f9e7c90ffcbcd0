"""Files are kept open as far as the system allows, with as many left for others."""

import subprocess
import sys

import pytest

from filmroll.records import limits

resource = pytest.importorskip("resource", reason="limits of open files: Windows has none")

SCRIPT = """
import resource, sys
soft = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
import filmroll
roll = filmroll.open(sys.argv[2:])
assert sum(sample.label for sample in roll) == sum(range(len(roll)))
print(len(roll), type(roll.shards).MAX_OPEN)
"""


@pytest.mark.parametrize(("allowed", "kept"), [(256, 128), (1024, 512), (1_048_576, 1024), (-1, 1024), (3, 1)], ids=str)
def test_half_of_the_files_allowed_are_kept_open(allowed, kept):
    assert limits._share(allowed) == kept


def test_more_files_than_the_system_allows_are_read(tmp_path):
    import filmroll
    import pictures
    from filmroll.messages import example

    paths, data = [tmp_path / f"{number:03}.tfrecord" for number in range(270)], pictures.jpeg(0)
    for number, path in enumerate(paths):
        with filmroll.Writer(path, index=False) as writer:
            writer.write(example.serialize({"image/encoded": data, "image/class/label": number}))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, "256", *map(str, paths)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["270", "128"]
