"""docs/scaling.md is what the kept measurements and the counting give; the counting is checked by hand."""

import sys

import pytest

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # benchmarks are a package of the checkout, not of the wheel

from benchmarks.scaling import measure, model, page, store
from benchmarks.scaling.model import Scale

import filmroll

FOUND = {
    "index": [{"records": 10, "s": 1.0}, {"records": 1000, "s": 2.0}],
    "listing": [{"pictures": 100, "list_s": 1.0}],
    "pack": [{"pictures": 10, "threads": 1, "s": 1.0}, {"pictures": 1000, "threads": 2, "s": 1.0}],
}


def test_page_is_what_the_kept_measurements_give():
    assert page.PAGE.read_text("utf-8") == page.render(), "run python -m benchmarks.scaling"


def test_a_million_pictures_are_counted_right():
    scale = Scale(10**6, 2**30, FOUND)
    assert (scale.nbytes, scale.shards) == (110_000_000_000, 103)
    assert scale.index_nbytes == 10**6 * (9 + 6 + 2)  # "536870912 110000\n"
    assert scale.memory_nbytes == 16_000_000
    assert (scale.index_s, scale.source_s, scale.pack_core_s) == (2000.0, 10_000.0, 100_000.0)
    assert scale.listing_requests == 1
    assert scale.pack_puts == 103 * (128 + 5)
    assert scale.pack_dollars == pytest.approx(103 * 133 * 5e-6 + 103 * 4 * 4e-7)
    assert scale.month_dollars == pytest.approx(110.017 * 0.023)
    assert (scale.ranges_requests, scale.copies_requests) == (10**6 + 206, 309)
    assert (scale.ranges_dollars, scale.copies_dollars) == (pytest.approx(0.4, abs=1e-3), pytest.approx(309 * 4e-7))


def test_counted_requests_of_packing_are_those_of_a_real_store(tmp_path):
    pytest.importorskip("moto.server")
    shards = 3
    with store.counted() as counter:
        source = measure.pictures(tmp_path, 30)
        filmroll.pack(source, f"s3://{store.BUCKET}/roll", shards=shards)
        taken = counter.taken()
    assert taken["HEAD"] == model.GETS * shards
    assert taken["PUT"] == 2 * shards + shards + 2  # each in one part, with its index and its line; plan and manifest


def test_listing_of_a_bucket_is_what_is_counted(tmp_path):
    pytest.importorskip("moto.server")
    found = {row["what"]: row for row in measure.requests(24, shards=3)}
    assert (found["open"]["LIST"], found["open"]["GET"]) == (1, 1)
    assert found["first record"]["GET"] == 3
    assert found["epoch from the cache"].keys() == {"what", "pictures", "shards"}
    assert found["epoch with a cache"]["GET"] <= 3 * 3 + 1


@pytest.mark.parametrize("strength", ["global", "blocks", "window"])
def test_patterns_of_shuffles_are_seen(strength):
    found = measure.pattern(strength, 100_000, batches=3)
    assert 0 < found["requests_of_a_record"] <= 1
    assert (found["shards_of_a_batch"] > 60) == (strength == "global")
    assert measure.ordering(strength, 10_000)["ns"] > 0


def test_small_measurements_have_what_the_page_shows():
    assert measure.indexing(100)["memory_nbytes"] == 1600
    assert measure.opening(2)["shards"] == 2
    assert measure.packing(4, 1)["nbytes"] > 100_000


@pytest.mark.parametrize(
    ("value", "said"), [(0.0123, "12.3 ms"), (5, "5 s"), (600, "10 min"), (36_000, "10 h"), (864_000, "10 days")]
)
def test_durations_are_written_in_their_units(value, said):
    assert page.duration(value) == said


def test_bytes_and_prices_are_written_in_three_digits():
    assert [page.nbytes(n) for n in (12, 1234, 1.1e14, 2e15)] == ["12 B", "1.23 kB", "110 TB", "2,000 TB"]
    assert [page.dollars(n) for n in (0.123, 1234.5)] == ["$0.12", "$1,234"]
