"""Imports point one way, base layers do not know each other, and few modules open files."""

import ast
from pathlib import Path

import pytest

import filmroll
from realdata import CHECKOUT

SOURCE = CHECKOUT / "src" / "filmroll"
MODULES = sorted(SOURCE.rglob("*.py"))
FRAMEWORKS = {"tensorflow", "torch", "jax", "ray"}
ADAPTERS = {f"loading/{name}.py": {name} for name in ("tensorflow", "torch", "jax", "ray")}  # imported by users alone,
ADAPTERS |= {"packing/engines/ray.py": {"ray"}}  # or by its name

# Each layer may import itself, and those named; a layer is the first part of a module's path.
MAY_IMPORT = {
    "errors": set(),
    "buffer": set(),
    "remote": {"errors"},
    "spool": {"buffer"},
    "atomic": {"remote"},
    "figures": set(),
    "records": {"errors", "buffer", "spool", "atomic", "remote"},
    "messages": {"errors", "buffer"},
    "codecs": {"errors", "buffer"},
    "boxes": {"errors", "buffer"},
    "sample": {"errors", "buffer", "codecs", "boxes", "view"},  # itself in a notebook
    "schema": {"messages"},
    "dialects": {"errors", "buffer", "messages", "codecs", "boxes", "sample"},
    "sources": {"errors", "buffer", "spool", "remote", "atomic", "codecs", "boxes", "sample"},
    "manifest": {"errors", "atomic", "remote", "__init__"},
    "leniency": {"errors"},
    "stale": {"errors", "remote", "records", "manifest"},
    "recognition": {"errors", "leniency", "messages", "records", "schema", "dialects", "manifest"},
    "dataset": {
        "errors",
        "leniency",
        "messages",
        "records",
        "sample",
        "schema",
        "dialects",
        "recognition",
        "stale",
        "loading",
        "view",
    },  # batches; itself in a notebook
    "sizing": {"errors", "codecs", "advising"},
}
UPPER = {
    "advising",
    "packing",
    "converting",
    "repairing",
    "unpacking",
    "inspection",
    "verification",
    "averaging",
    "sizing",
    "view",
    "demonstration",
    "diagnosis",
}
for layer in ("packing", "unpacking", "inspection", "verification", "averaging", "view", "diagnosis"):
    MAY_IMPORT[layer] = set(MAY_IMPORT) - UPPER
MAY_IMPORT["packing"] |= {"__init__"}  # for the version in the journal
MAY_IMPORT["diagnosis"] |= {"__init__"}  # for the version
for layer in ("advising", "converting", "repairing", "verification"):
    MAY_IMPORT[layer] = MAY_IMPORT["packing"] | {"packing"}
MAY_IMPORT["loading"] = {
    "errors",
    "leniency",
    "buffer",
    "codecs",
    "sample",
    "messages",
    "dialects",
    "dataset",
    "stale",
    "records",
    "schema",
}
MAY_IMPORT["demonstration"] = set(MAY_IMPORT) | UPPER
MAY_IMPORT["__init__"] = set(MAY_IMPORT)
MAY_IMPORT["cli"] = set(MAY_IMPORT)
MAY_IMPORT["__main__"] = {"cli", "__init__"}
OPENERS = {"records", "sources", "atomic", "manifest"}


def layer_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Name the layers of filmroll and the other packages that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports are not our style"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layers_imported(path: Path) -> set[str]:
    found = set()
    for name in imports_of(path):
        first, *rest = name.split(".")
        if first == "filmroll":
            is_layer = bool(rest) and ((SOURCE / rest[0]).is_dir() or (SOURCE / f"{rest[0]}.py").is_file())
            found.add(rest[0] if is_layer else "__init__")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_module_imports_only_layers_below(path):
    layer = layer_of(path)
    assert layer in MAY_IMPORT, f"{layer} is new: say in this test what it may import"
    assert layers_imported(path) - {layer} <= MAY_IMPORT[layer]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_framework_is_imported_outside_its_adapter(path):
    own = ADAPTERS.get(path.relative_to(SOURCE).as_posix(), set())
    names = imports_of(path)
    assert {name.split(".")[0] for name in names} & FRAMEWORKS == own
    adapters = {f"filmroll.{adapter.removesuffix('.py').replace('/', '.')}" for adapter in ADAPTERS}
    assert not {name for name in names if name.startswith(tuple(adapters))}


def test_stores_are_asked_by_one_module():
    users = {
        path.relative_to(SOURCE).as_posix() for path in MODULES if any("obstore" in one for one in imports_of(path))
    }
    assert users == {"remote/store.py"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_only_some_layers_open_files(path):
    if layer_of(path) in OPENERS:
        return
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    if path.name == "dataset.py":
        calls.discard("open")  # its own, of records
    assert "open" not in calls


def test_public_names_are_sorted_and_every_one_has_a_home():
    assert filmroll.__all__ == sorted(filmroll.__all__) == sorted(filmroll.HOMES)
    for name in filmroll.__all__:
        assert getattr(filmroll, name).__name__ == name
    assert set(filmroll.__all__) <= set(dir(filmroll))


def test_no_public_name_is_a_submodules_name():
    modules = {path.stem for path in SOURCE.iterdir()}
    assert not modules & set(filmroll.__all__)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        filmroll.nonsense  # noqa: B018


def lines_of_code(folder: Path) -> int:
    """Count the lines of code, without those that are empty, comments or docstrings."""
    count = 0
    for path in folder.rglob("*.py"):
        text = path.read_text("utf-8")
        documented = {
            line
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }
        lines = enumerate(text.splitlines(), 1)
        count += sum(
            bool(line.strip()) and line.strip()[0] != "#" and number not in documented for number, line in lines
        )
    return count


def test_tests_are_at_least_as_long_as_the_source():
    assert lines_of_code(CHECKOUT / "tests") >= lines_of_code(SOURCE)
