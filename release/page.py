"""docs/release.md: what was built and tried; docs/licences.md: every package that comes with filmroll."""

import platform
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from release.artefacts import Artefacts
from release.environment import Environment

RELEASE = """# What is released

Made by `make release-check`: sdist and wheel are built, checked by twine and by what must and must not be in them; then
the wheel is installed into a new environment alone, and into one more with each extra, and tried there.

{date}, Python {python}, {machine}: `{sdist}` ({sdist_kb:,} kB), `{wheel}` ({wheel_kb:,} kB).

| environment | packages | MB in all | installed | tried | in |
|---|---:|---:|---:|---|---:|
{rows}
"""
LICENCES = """# Licences

filmroll itself is under the MIT licence. These packages come with it, or with an extra: named with the licence that
each states, as installed by `make release-check`. What an extra shares with the core is listed once, under the core.

| package | version | licence | comes with |
|---|---|---|---|
{rows}
"""


def row(done: Environment) -> str:
    """Write one environment as a line of the table."""
    name = f"`filmroll[{done.extra}]`" if done.extra else "`filmroll`"
    outcome = ", ".join(done.tried) if done.works else "**failed**"
    size, installed = f"{done.nbytes / 1e6:.0f}", f"{done.install_s:.0f} s"
    return f"| {name} | {len(done.packages)} | {size} | {installed} | {outcome} | {done.smoke_s:.0f} s |"


def write(docs: Path, built: Artefacts, environments: Sequence[Environment]) -> None:
    """Write both pages."""
    text = RELEASE.format(
        date=datetime.now(UTC).date().isoformat(),
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        sdist=built.sdist.name,
        sdist_kb=built.sdist.stat().st_size // 1000,
        wheel=built.wheel.name,
        wheel_kb=built.wheel.stat().st_size // 1000,
        rows="\n".join(map(row, environments)),
    )
    (docs / "release.md").write_text(text, "utf-8")
    (docs / "licences.md").write_text(LICENCES.format(rows="\n".join(_licences(environments))), "utf-8")


def _licences(environments: Sequence[Environment]) -> list[str]:
    came: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    core = {name for done in environments if done.extra is None for name, _, _ in done.packages}
    for done in environments:
        for package in done.packages:
            if done.extra is None or package[0] not in core:
                came[package].append("core" if done.extra is None else f"`[{done.extra}]`")
    ordered = sorted(came.items(), key=lambda one: ("core" not in one[1], one[0][0].lower()))
    return [f"| {name} | {version} | {licence} | {', '.join(users)} |" for (name, version, licence), users in ordered]
