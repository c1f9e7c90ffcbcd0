"""filmroll doctor: what is installed, and whether it works."""

from collections.abc import Mapping
from typing import Any

import click

import filmroll
from filmroll.cli import console, options
from filmroll.cli.verb import verb


@verb("doctor")
@options.as_json()
def doctor_command(*, as_json: bool) -> int:
    """Say what is installed and whether it works: paste it into a report of a fault.

    Every picture format and a file of records are tried. Nothing of your files is read, nothing is sent anywhere.
    Exits with 1 when something does not work.

    \b
    Example:
      filmroll doctor
      filmroll doctor --json > doctor.json
    """
    found = filmroll.doctor()
    if as_json:
        console.print_json(found.to_json())
        return 1 if found.faults else 0
    memory = found.system["memory_nbytes"]
    _print("filmroll", found.filmroll)
    _print("Python", "{version} {implementation}, threads {threads}, {executable}".format(**found.python))
    _print(
        "system",
        f"{found.system['platform']}, {console.counted(found.system['processors'], 'processor')}"
        f"{f', {console.human(memory)} of memory' if memory else ''}, file names in {found.system['file_names']}",
    )
    _print("packages", _listed(found.packages))
    for name, versions in found.extras.items():
        _print(f"[{name}]", _listed(versions))
    _print("beside it", _listed(found.adapters) or "no framework")
    for name, version in found.libraries.items():
        _print(name, version)
    _print("tried", ", ".join(f"{name} {outcome}" for name, outcome in found.checks.items()))
    for name, fault in found.faults.items():
        _print("fault", f"{name}: {fault}")
    return 1 if found.faults else 0


def _listed(versions: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {version or 'absent'}" for name, version in versions.items())


def _print(name: str, what: str) -> None:
    click.echo(console.wrapped(f"{name:<21}{what}", indent=21))
