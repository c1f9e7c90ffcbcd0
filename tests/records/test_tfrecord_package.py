"""The `tfrecord` package of PyPI and filmroll read what the other writes; its index is laid out as DALI's.

The package declares TensorFlow's messages anew, which TensorFlow itself refuses: it has a process of its own.
"""

import json
import subprocess
import sys
import zlib

import numpy as np
import pytest

import filmroll
from filmroll.records import index

READ = """
import json, sys, zlib, tfrecord
described = {"image/encoded": "byte", "image/height": "int", "image/filename": "byte"}
path, index, shard = json.loads(sys.argv[1])
for one in tfrecord.tfrecord_loader(path, index, described, shard=shard and tuple(shard)):
    facts = bytes(one["image/filename"]).decode(), int(one["image/height"][0]), zlib.crc32(bytes(one["image/encoded"]))
    print(json.dumps(facts))
"""
WRITE = """
import json, sys, tfrecord
path, files = json.loads(sys.argv[1])
writer = tfrecord.TFRecordWriter(path)
for number, name in enumerate(files):
    with open(name, "rb") as file:
        writer.write({"image": (file.read(), "byte"), "label": (number, "int"), "size": ([1.5, 2.5], "float")})
writer.close()
"""


def run(program, *arguments):
    command = [sys.executable, "-c", program, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


@pytest.fixture
def photos(data, tmp_path):
    folder = tmp_path / "photos" / "class"
    folder.mkdir(parents=True)
    for path in sorted((data / "photos").glob("*.jpeg"))[:5]:
        (folder / path.name).write_bytes(path.read_bytes())
    return folder.parent


@pytest.fixture
def packed(photos, tmp_path):
    filmroll.pack(photos, tmp_path / "roll.tfrecord", seed=None)
    path = tmp_path / "roll.tfrecord"
    facts = [(one.key, one.header.height, zlib.crc32(one.encoded)) for one in filmroll.open(path)]
    assert len(facts) == 5
    return str(path), str(index.path_of(path)), facts


def test_package_reads_what_is_packed_with_the_index_beside_it(packed):
    path, beside, facts = packed
    assert run(READ, path, None, None) == facts
    assert sorted(run(READ, path, beside, None)) == sorted(facts)  # with an index it begins anywhere


def test_package_finds_each_half_by_the_index(packed):
    path, beside, facts = packed
    assert run(READ, path, beside, [0, 2]) + run(READ, path, beside, [1, 2]) == facts


def test_what_the_package_writes_is_read(photos, tmp_path):
    files = sorted(photos.rglob("*.jpeg"))
    run(WRITE, str(tmp_path / "theirs.tfrecord"), [str(path) for path in files])
    roll = filmroll.open(tmp_path / "theirs.tfrecord")
    assert [bytes(sample.encoded) for sample in roll] == [path.read_bytes() for path in files]
    assert [sample.label for sample in roll] == list(range(5))
    np.testing.assert_array_equal(roll.features(0)["size"], np.array([1.5, 2.5], np.float32))
