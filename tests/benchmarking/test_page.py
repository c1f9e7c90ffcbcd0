"""What was measured is kept as a document, and the page is made of the newest."""

import json
import sys
from datetime import date
from pathlib import Path

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # benchmarks are a package of the checkout, not of the wheel

from benchmarks import document, machine, page, result, table, turns
from benchmarks.result import Result


def one(engine="filmroll", value=1.0, **more):
    return Result(**{"task": "scan-photos", "engine": engine, "value": value, "unit": "s", "runs": [value], **more})


def kept(*results, day=date(2026, 1, 2), absent=()):
    outcome = turns.Outcome(list(results), list(absent), [])
    result.set_ratios(outcome.results)
    return document.make(outcome, day=day)


def test_document_has_the_keys_that_scripts_rely_on(tmp_path):
    made = kept(one(), one("rival", 3.0))
    path = document.save(made, folder=tmp_path)
    assert path.name.startswith("2026-01-02-")
    (read,) = document.read(folder=tmp_path)
    assert read == json.loads(json.dumps(made))
    keys = {"task", "engine", "value", "unit", "ratio_to_filmroll", "runs", "threads", "version"}
    assert all(keys <= set(found) for found in read["results"])
    assert read["results"][1]["ratio_to_filmroll"] == 3
    assert {"processor", "cores", "memory_gb", "system", "python"} <= set(read["machine"])
    assert document.results(read)[0].engine == "filmroll"


def test_later_session_of_a_day_replaces_no_earlier_one_and_counts_as_later(tmp_path):
    first = document.save(kept(one(), one("rival", 3.0)), folder=tmp_path)
    second = document.save(kept(one(), one("rival", 5.0)), folder=tmp_path)
    assert (first.name[:11], second.name[:12]) == ("2026-01-02-", "2026-01-02b-")
    assert [found["results"][1]["value"] for found in document.read(folder=tmp_path)] == [3.0, 5.0]


def test_machine_names_no_host_and_no_path():
    import getpass
    import platform

    stated = json.dumps(machine.describe())
    assert platform.node() not in stated
    assert str(Path.home()) not in stated
    assert f'"{getpass.getuser()}' not in stated


def test_page_takes_the_newest_results_of_each_task():
    old = kept(one(value=8.0), one(task="decode-photo", unit="ms"), day=date(2026, 1, 1))
    new = kept(one(value=2.0), one("tensorflow", 6.0), absent=[{"task": "scan-photos", "engine": "x", "reason": "y"}])
    text = page.render([old, new])
    assert text == page.render([old, new])
    assert "| **filmroll** | 1 | 2 s | 2 to 2 | 1 |" in text
    assert "| [Scan records of photos](#scan-photos) | 2 s | tensorflow 6 s | 3 | 3 |" in text
    assert "- absent: x: y" in text
    assert "8 s" not in text
    assert text.count("\n## ") == 3  # the summary, and two tasks


def test_page_without_results_says_so():
    assert page.NO_RESULTS in page.render([])


def test_page_is_made_from_the_results_that_are_kept():
    assert page.PATH.read_text("utf-8") == page.render(document.read())


def test_numbers_have_three_digits_or_what_is_before_the_point():
    assert [table.number(value) for value in (None, 0.00123456, 1.5, 12.345, 123.4, 54321.0)] == [
        "",
        "0.00123",
        "1.5",
        "12.3",
        "123",
        "54,321",
    ]
