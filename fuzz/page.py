"""What was fuzzed and found, in lines for a terminal and on docs/fuzzing.md."""

import json
import re
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
RESULTS = CHECKOUT / "fuzz" / "results.json"
PAGE = CHECKOUT / "docs" / "fuzzing.md"
TABLE = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end -->)", re.DOTALL)
HEAD = """| target | executions | seconds | coverage | slowest, s | memory, MB | findings |
|---|---:|---:|---:|---:|---:|---:|
"""


def line(target: str, result: dict[str, Any]) -> str:
    """Say in one line how a target went."""
    return (
        f"{target:16} {result['executions']:>10,} executions, {result['cpu_s']:>6.1f} s, coverage"
        f" {result['coverage']:>5}, slowest {result['slowest_s']:.2f} s, {result['memory_nbytes'] / 2**20:.0f} MB,"
        f" {len(result['found'])} found"
    )


def save(target: str, result: dict[str, Any]) -> None:
    """Keep a result, and write the page's table anew."""
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    results[target] = result
    RESULTS.write_text(json.dumps(dict(sorted(results.items())), indent=1) + "\n", "utf-8")
    PAGE.write_text(render(PAGE.read_text("utf-8"), results), "utf-8")


def render(page: str, results: dict[str, dict[str, Any]]) -> str:
    """Put the table of some results into the page."""
    rows = "".join(_row(target, result) for target, result in sorted(results.items()))
    return TABLE.sub(lambda _: HEAD + rows, page)


def _row(target: str, result: dict[str, Any]) -> str:
    cells = (
        f"{result['executions']:,}",
        f"{result['cpu_s']:.0f}",
        str(result["coverage"]),
        f"{result['slowest_s']:.2f}",
        f"{result['memory_nbytes'] / 2**20:.0f}",
        str(len(result["found"])),
    )
    return f"| `{target}` | {' | '.join(cells)} |\n"
