"""What happened to pictures is added up over shards, told to scripts, and comes back from a journal as it was."""

import json
import random
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import pytest

from filmroll.packing.report import Copied, Finding, Report, Written, total

LAYOUT = (("image/encoded", "bytes", 1), ("image/height", "int64", 1))
OTHER = (("image/encoded", "bytes", 1), ("box", "float32", 4))


def report(scale: int = 1) -> Report:
    counts = [scale * number for number in (11, 7, 3, 4, 5000)]
    copied = Copied(*(scale * number for number in (3, 900, 400, 20)))
    finding = Finding(f"{scale}.jpg", "rotated", "kept", "EXIF orientation 6")
    return Report(
        *counts,
        copied,
        shards=[Path(f"{scale}.tfrecord")],
        findings=[finding],
        ignored=[f"{scale}.txt"],
        lost=[f"part {scale}"],
        resumed=scale,
        remarks=[f"odd {scale}"],
    )


def written(name: str, *findings: Finding, layouts=None) -> Written:
    one = Report(read=2, written=2, nbytes=10, shards=[Path(name)], findings=list(findings))
    return Written(one, Counter(layouts or {LAYOUT: 2}), {"path": name, "records": 2, "nbytes": 10}, "digest")


def test_nothing_has_happened_yet():
    assert (
        report(0).to_json() | {"shards": [], "findings": [], "ignored": [], "lost": [], "remarks": []}
        == Report().to_json()
    )
    assert asdict(Copied()) == {"pictures": 0, "source_nbytes": 0, "nbytes": 0, "marker_nbytes": 0}
    assert Report().ok


def test_everything_is_added_up():
    found = report(1)
    found.merge(report(10))
    assert found.to_json() == {
        "read": 121,
        "written": 77,
        "changed": 33,
        "skipped": 44,
        "nbytes": 55_000,
        "copied": {"pictures": 33, "source_nbytes": 9900, "nbytes": 4400, "marker_nbytes": 220},
        "shards": ["1.tfrecord", "10.tfrecord"],
        "findings": [
            {"path": f"{scale}.jpg", "kind": "rotated", "action": "kept", "detail": "EXIF orientation 6"}
            for scale in (1, 10)
        ],
        "ignored": ["1.txt", "10.txt"],
        "lost": ["part 1", "part 10"],
        "remarks": ["odd 1", "odd 10"],
        "resumed": 11,
    }
    assert report(10).to_json()["read"] == 110  # what was added is as it was


@pytest.mark.parametrize(("read", "count", "is_ok"), [(0, 0, True), (5, 5, True), (5, 4, False)])
def test_all_is_well_where_every_picture_was_written(read, count, is_ok):
    assert Report(read=read, written=count).ok == is_ok


def test_findings_are_counted_by_kind_and_by_what_was_done():
    kinds = [("rotated", "kept"), ("rotated", "changed"), ("cmyk", "kept"), ("rotated", "kept")]
    found = Report(findings=[Finding("a", kind, action, "") for kind, action in kinds])
    assert found.kinds() == {"rotated, kept": 2, "rotated, changed": 1, "cmyk, kept": 1}


def test_shard_comes_back_from_its_json_as_one_of_an_earlier_run():
    one = Written(report(), Counter({LAYOUT: 5, OTHER: 2}), {"path": "a", "records": 7, "nbytes": 5000}, "digest")
    again = Written.from_json(json.loads(json.dumps(one.to_json())), path=Path("b"))
    assert again.report.to_json() == one.report.to_json() | {"shards": ["b"], "resumed": 1, "remarks": []}
    assert (again.layouts, again.shard, again.digest, again.left_out) == (one.layouts, one.shard, "digest", [])


@pytest.mark.parametrize("member", ["shard", "digest", "layouts", "report"])
def test_json_that_lacks_something_is_none_of_a_shard(member):
    document = written("a").to_json()
    del document[member]
    with pytest.raises(KeyError, match=member):
        Written.from_json(document, path=Path("a"))


@pytest.mark.parametrize("member", ["read", "written", "changed", "skipped", "nbytes", "ignored", "lost", "copied"])
def test_json_whose_report_lacks_a_count_is_none_of_a_shard(member):
    document = written("a").to_json()
    del document["report"][member]
    with pytest.raises(KeyError, match=member):
        Written.from_json(document, path=Path("a"))


@pytest.mark.parametrize(
    "change", [{"report": 3}, {"layouts": 3}, {"layouts": [3]}, {"layouts": [[[["a", [], 1]], 2]]}]
)
def test_json_of_other_types_is_none_of_a_shard(change):
    with pytest.raises((KeyError, TypeError, ValueError)):
        Written.from_json(written("a").to_json() | change, path=Path("a"))


def test_findings_of_all_shards_stand_by_kind_and_as_people_count():
    paths = ["a: record 2", "a: record 10", "a: record 10b", "a: record 100", "b9", "b10", "b: record 1", "b²"]
    findings = [Finding(path, kind, "kept", "") for kind in ("cmyk", "rotated") for path in paths]
    shuffled = random.Random(3).sample(findings, len(findings))
    found, _ = total([written("a", *shuffled[:7]), written("b", *shuffled[7:])])
    assert found.findings == findings
    assert (found.read, found.written, found.nbytes, found.shards) == (4, 4, 20, [Path("a"), Path("b")])


def test_features_of_all_shards_are_known_from_their_layouts():
    _, schema = total([written("a"), written("b", layouts={LAYOUT: 3, OTHER: 1})])
    assert schema.to_json(records=6) == {
        "box": {"type": "float32", "shape": [4], "optional": True},
        "image/encoded": {"type": "bytes", "shape": []},
        "image/height": {"type": "int64", "shape": [], "optional": True},
    }
    assert total([])[0].to_json() == Report().to_json()
