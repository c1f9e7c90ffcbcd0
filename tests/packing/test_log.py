"""A journal's lines are kept in a file, or one by one in a store, and read again in their order."""

import pytest

from filmroll.packing import log
from filmroll.remote.path import path_of

PLAN, OTHER = ({"plan": {"seed": seed, "shards": ["roll-0.tfrecord"]}} for seed in (1, 2))
FIRST, SECOND = ({"shard": {"path": f"roll-{number}.tfrecord"}, "files": {}} for number in range(2))


@pytest.fixture(params=["file", "store"])
def path(request, tmp_path, bucket):
    return tmp_path / ".roll.journal" if request.param == "file" else path_of(f"{bucket.url}/.roll.journal")


def test_what_was_added_is_read_in_its_order_by_the_next_run(path):
    first = log.opened(path)
    assert list(first.read()) == []
    for document in (PLAN, SECOND, FIRST):
        first.append(document)
    first.close(keep=True)
    again = log.opened(path)
    found = list(again.read())
    assert found[0] == PLAN
    assert sorted(one["shard"]["path"] for one in found[1:]) == ["roll-0.tfrecord", "roll-1.tfrecord"]
    again.close(keep=False)
    assert list(log.opened(path).read()) == []


def test_plans_come_before_the_shards_of_the_last(path):
    first = log.opened(path)
    for document in (PLAN, FIRST, OTHER, SECOND):
        first.append(document)
    first.close(keep=True)
    found = list(log.opened(path).read())
    assert [one for one in found if "plan" in one] == [PLAN, OTHER]
    assert found[-1] == SECOND


def test_file_is_of_one_run_at_a_time(tmp_path):
    first = log.opened(tmp_path / "journal")
    with pytest.raises(FileExistsError, match="another run is writing"):
        log.opened(tmp_path / "journal")
    first.close(keep=False)
    log.opened(tmp_path / "journal").close(keep=False)
    assert not (tmp_path / "journal").exists()


ODD = [
    b'{"plan"',
    b"[1]",
    b'{"other": 1}',
    b"[" * 100_000,
    b"\xff\xfe",
    b'{"plan": 3}',
    b'{"plan": 3, "shard": {"path": "roll-0.tfrecord"}}',
    b'{"plan": {"seed": 1}}',
    b'{"plan": {"shards": 3}}',
    b'{"plan": {"shards": [3]}}',
    b'{"plan": {"shards": ["../elsewhere"]}}',
    b'{"plan": {"shards": [".."]}}',
]


def test_what_is_none_of_a_journal_is_passed_over(path, bucket):
    if path.parent.exists() and not str(path).startswith("s3"):
        path.write_bytes(b"\n".join(ODD) + b"\n")
    else:
        for number, content in enumerate(ODD):
            bucket.write(f".roll.journal/plan-{number}.json", content)
    found = log.opened(path)
    assert list(found.read()) == []
    found.append(PLAN)
    found.append(FIRST)
    found.close(keep=True)
    assert list(log.opened(path).read()) == [PLAN, FIRST]
