"""An index or filmroll.json that says something else than the records is a fault, in so many words."""

import json

import numpy as np
import pytest

from filmroll import manifest
from filmroll.records import index
from filmroll.verification.report import Fault
from filmroll.verification.sidecars import index_faults, manifest_faults

PLACES = np.array([[0, 20], [20, 30], [50, 16]])
HELP = "delete it, or let 'filmroll repair' write a copy with a new one"


@pytest.fixture
def path(tmp_path):
    (tmp_path / "a.tfrecord").write_bytes(bytes(66))
    return tmp_path / "a.tfrecord"


def said_of_index(path, text: str | None, places=PLACES) -> list[tuple]:
    if text is not None:
        index.path_of(path).write_text(text)
    faults = list(index_faults(path, places))
    assert {fault.path for fault in faults} <= {str(index.path_of(path))}
    return [(fault.record, fault.offset, fault.error) for fault in faults]


@pytest.mark.parametrize("text", [None, "0 20\n20 30\n50 16\n"])
def test_index_that_is_right_or_absent_is_no_fault(path, text):
    assert said_of_index(path, text) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("0 20\n20 30\n", (None, None, f"2 records, the file has 3; {HELP}")),
        ("", (None, None, f"0 records, the file has 3; {HELP}")),
        ("0 20\n20 30\n50 16\n66 16\n", (None, None, f"4 records, the file has 3; {HELP}")),
        ("0 20\n20 29\n50 16\n", (1, 20, f"29 bytes at 20, where the record has 30 at 20; {HELP}")),
        ("0 20\n21 29\n50 16\n", (1, 21, f"29 bytes at 21, where the record has 30 at 20; {HELP}")),
        ("20 30\n50 16\n", (0, 20, f"30 bytes at 20, where the record has 20 at 0; {HELP}")),
        (
            "0 20\nwhat\n",
            (
                None,
                None,
                "line 2: b'what' is not 'offset size'; delete the index to have the file scanned, or write it again",
            ),
        ),
    ],
)
def test_first_line_that_is_wrong_is_named_with_both(path, text, fault):
    assert said_of_index(path, text) == [fault]


def test_index_of_a_damaged_file_is_only_read(path):
    assert said_of_index(path, "0 20\n", None) == []
    assert len(said_of_index(path, "what\n", None)) == 1


def test_index_that_cannot_be_read_is_a_fault(path):
    index.path_of(path).mkdir()
    [(record, offset, error)] = said_of_index(path, None)
    assert (record, offset) == (None, None)
    assert error


def described(path, *, records=3, nbytes=66, total=3, others=()) -> None:
    shards = [{"path": path.name, "records": records, "nbytes": nbytes}, *others]
    split = {
        "dialect": "slim",
        "records": total,
        "nbytes": nbytes,
        "label_names": [],
        "features": {},
        "shards": shards,
    }
    manifest.path_of(path).write_text(json.dumps({"splits": {"a": split}}))


def said_of_manifest(path, count: int | None = 3) -> list[Fault]:
    return list(manifest_faults({path: count}))


def test_manifest_that_is_right_or_absent_is_no_fault(path):
    assert said_of_manifest(path) == []
    described(path)
    assert said_of_manifest(path) == []


def test_other_numbers_of_records_and_bytes_are_faults_of_the_file(path):
    described(path, records=4, total=4)
    assert said_of_manifest(path) == [Fault(str(path), None, None, "3 records, filmroll.json says 4")]
    described(path, nbytes=67)
    assert said_of_manifest(path) == [Fault(str(path), None, None, "66 bytes, filmroll.json says 67")]
    described(path, records=4, nbytes=67, total=4)
    assert said_of_manifest(path) == [Fault(str(path), None, None, "3 records, filmroll.json says 4")]
    assert said_of_manifest(path, None) == []  # it is damaged, and that was said


def test_sum_that_is_none_is_a_fault_of_the_manifest(path):
    described(path, total=5)
    assert said_of_manifest(path) == [
        Fault(str(manifest.path_of(path)), None, None, "split 'a': 5 records, its shards add up to another number")
    ]


def test_shard_that_is_not_there_is_a_fault_where_all_that_are_there_were_looked_at(path):
    described(path, total=10, others=[{"path": "gone", "records": 7, "nbytes": 9}])
    gone = Fault(str(path.with_name("gone")), None, None, "not there; filmroll.json lists it with 7 records")
    assert said_of_manifest(path) == [gone]
    path.with_name("other").write_bytes(b"")
    described(
        path,
        total=10,
        others=[{"path": name, "records": n, "nbytes": 9} for name, n in (("gone", 7), ("other", 0))],
    )
    assert said_of_manifest(path) == []


def test_split_of_other_files_is_not_looked_at(path):
    described(path.with_name("b"), total=99)
    assert said_of_manifest(path) == []
