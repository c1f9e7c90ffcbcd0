"""The plot of all tasks says what the tables say, and is the same for the same results."""

import sys

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # benchmarks are a package of the checkout, not of the wheel

from benchmarks import document, plots
from benchmarks.result import Result
from benchmarks.rivals import beside
from benchmarks.tasks import TASKS


def result(engine: str, value: float, **more) -> Result:
    return Result(**{"task": "scan-photos", "engine": engine, "value": value, "unit": "s", "runs": [value], **more})


RESULTS = [
    result("filmroll", 2.0, ratio_to_filmroll=1.0),
    result("filmroll", 1.0, threads=2, ratio_to_filmroll=1.0),
    result("filmroll (columns)", 0.1, ratio_to_filmroll=0.05),
    result("tensorflow", 3.0, ratio_to_filmroll=1.5),
    result("tensorflow (fast)", 1.5, threads=2, ratio_to_filmroll=1.25),
    result("dali", 0.5, threads=4, ratio_to_filmroll=0.5),
    result("copy", 0.2, is_limit=True),
]


def test_filmroll_stands_with_most_threads_beside_rivals_with_no_more():
    ours, rivals = beside(RESULTS)
    assert (ours.engine, ours.threads) == ("filmroll", 2)
    assert [one.engine for one in rivals] == ["tensorflow", "tensorflow (fast)"]


def test_of_groups_the_last_counts():
    ours, rivals = beside([result("filmroll", 1.0, group="small"), result("dali", 2.0, group="large")])
    assert ours is None
    assert [one.engine for one in rivals] == ["dali"]


def test_each_rival_is_shown_at_its_fastest_with_the_ratio_of_the_table():
    assert plots.times(RESULTS) == {"tensorflow": 1.25}
    assert plots.times([*RESULTS[:-2], result("dali", 1.0, ratio_to_filmroll=None)]) == {"tensorflow": 1.25}


def test_plots_of_the_same_results_are_the_same_files(tmp_path):
    drawn = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        paths = plots.draw_summary({"scan-photos": RESULTS, "scaling": RESULTS}, folder=tmp_path / name)
        paths += plots.draw("scan-photos", RESULTS, folder=tmp_path / name)
        drawn.append([path.read_bytes() for path in paths])
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 4


def test_summary_of_the_docs_is_that_of_the_kept_results(tmp_path):
    found = {task: kept[1] for task in TASKS if (kept := document.latest(document.read(), task)) is not None}
    svg, _ = plots.draw_summary(found, folder=tmp_path)
    ours = (plots.FOLDER / "summary.svg").read_text("utf-8")
    titles = [TASKS[task].title for task in found if task != "scaling"]
    assert all(f"<!-- {title} -->" in ours for title in titles)
    assert ours.count("<use ") == svg.read_text("utf-8").count("<use ")
