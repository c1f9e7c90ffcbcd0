"""What the pages show is what runs today: code, output, commands, files."""

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache

import pytest
from click import Context

from filmroll.cli import VERBS, verbs
from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))

from pages.block import BLOCK, find
from pages.example import LANGUAGES, Example

DOCS = CHECKOUT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), *(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md"))]
TEXTS = {path.relative_to(CHECKOUT).as_posix(): path.read_text("utf-8") for path in PAGES}
BLOCKS = [(page, block) for page, text in TEXTS.items() for block in find(text)]
EXAMPLES = sorted({block.path for _, block in BLOCKS})
IN_A_BUCKET = "examples/records_from_a_bucket.py"
NOT_RUN = "examples/dali/theirs.py"  # NVIDIA DALI is not among the packages of the tests
prints_paths = pytest.mark.skipif(sys.platform == "win32", reason="paths are printed as Windows writes them")
AGAIN = "run 'python -m pages' and read what changed"
RUN_ELSEWHERE = {"README.md"}  # by tests/test_readme.py
CODE = re.compile(r"^```\w*\n.*?^```$|(?:^(?: {4}[^\n]*)?\n)+", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^ *(?:\$ |.*&& )?((?:filmroll|make|python -m) .*)$", re.MULTILINE)


@cache
def commands() -> list[tuple[str, str]]:
    """List the commands on all pages, with the page; what follows two spaces is a remark."""
    found = []
    for page, text in TEXTS.items():
        for code in CODE.findall(text) if page != "docs/cli.md" else ():
            found += [(page, re.split(r"\s{2,}", line)[0]) for line in COMMAND.findall(code)]
    return found


def called(program: str) -> Iterator[tuple[str, list[str]]]:
    for page, line in commands():
        if line.startswith(program + " "):
            yield page, shlex.split(line, comments=True)[len(program.split()) :]


@prints_paths
@pytest.mark.parametrize("path", [path for path in EXAMPLES if path != IN_A_BUCKET and not path.endswith("/theirs.py")])
def test_example_prints_what_its_pages_show(path, run_example):
    compare(path, run_example(path).printed)


def test_example_in_a_bucket_prints_what_its_page_shows(bucket, furnished, run_example):
    for path in furnished.glob("roll-*"):
        bucket.write(f"train/{path.name}", path.read_bytes())
    bucket.write("train/filmroll.json", (furnished / "filmroll.json").read_bytes())
    compare(IN_A_BUCKET, run_example(IN_A_BUCKET).printed)
    assert "packed/roll-00001-of-00002.tfrecord" in bucket.names()


def test_code_on_the_pages_is_that_of_the_examples():
    for _, block in BLOCKS:
        if block.kind == "code":
            assert block.text == Example(block.path).code(block.cell), AGAIN


def compare(path: str, printed: dict[str, str]) -> None:
    for _, block in BLOCKS:
        if block.path == path and block.kind == "output":
            assert printed[block.cell or ""] == block.text, AGAIN


@pytest.mark.parametrize("folder", ["tf_data", "vahidk", "webdataset"])
def test_peer_prints_the_same_for_every_task(folder, run_example, work):
    """In a process of its own: the package `tfrecord` and TensorFlow do not bear each other."""
    command = [sys.executable, "-m", "pages.example", f"examples/{folder}/theirs.py", str(work)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs, ours = json.loads(done.stdout), run_example(f"examples/{folder}/ours.py").printed
    assert {title: theirs[title] for title in theirs if title} == {title: ours[title] for title in ours if title}
    assert all(text for title, text in ours.items() if title)


def test_code_for_a_peer_that_is_not_here_is_at_least_python_with_the_same_tasks():
    theirs, ours = Example(NOT_RUN), Example(NOT_RUN.replace("theirs", "ours"))
    assert list(theirs.cells) == list(ours.cells)
    for code in theirs.cells.values():
        compile(code, NOT_RUN, "exec")


def test_every_example_is_on_a_page_with_all_its_cells():
    files = [path for path in (CHECKOUT / "examples").rglob("*") if path.suffix in LANGUAGES]
    assert sorted(path.relative_to(CHECKOUT).as_posix() for path in files) == EXAMPLES
    shown = {(block.path, block.cell or "") for _, block in BLOCKS if block.kind == "code"}
    assert shown >= {(path, cell) for path in EXAMPLES for cell, code in Example(path).cells.items() if code.strip()}


def test_there_are_fifteen_recipes_and_each_has_code():
    recipes = re.split(r"^### ", TEXTS["docs/cookbook.md"], flags=re.MULTILINE)[1:]
    assert len(recipes) >= 15
    assert all("<!-- code: " in recipe for recipe in recipes)


def test_no_python_on_a_page_is_written_there():
    for page, text in TEXTS.items():
        if page not in RUN_ELSEWHERE:
            assert "```python" not in BLOCK.sub("", text), page


def test_every_command_on_a_page_has_the_options_that_there_are():
    found = list(called("filmroll"))
    assert len(found) >= 30
    for page, (verb, *arguments) in found:
        if verb.startswith("-"):
            continue
        assert verb in VERBS, (page, verb)
        context = Context(verbs, info_name="filmroll", help_option_names=["-h", "--help"])
        command = verbs.get_command(context, verb)
        command.make_parser(Context(command, parent=context)).parse_args(arguments)


def test_every_target_of_make_on_a_page_is_in_the_makefile():
    targets = set(re.findall(r"^([\w-]+):", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE))
    used = {word for _, words in called("make") for word in words if "=" not in word}
    assert used
    assert used <= targets


def test_every_module_that_a_page_runs_is_there():
    modules = {words[0] for _, words in called("python -m")} - {"pip", "venv", "http.server"}
    assert modules
    for module in modules:
        path = CHECKOUT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), module


def test_every_extra_that_a_page_names_is_in_the_project():
    extras = set(tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"])
    named = {
        name
        for text in TEXTS.values()
        for names in re.findall(r"(?:filmroll|\.)\[([\w,-]+)\]", text)
        for name in names.split(",")
    }
    assert named
    assert named <= extras


def test_every_path_that_a_page_names_is_there():
    for page, text in TEXTS.items():
        for path in re.findall(r"`((?:docs|examples|tests|src|pages|benchmarks|fuzz|soak)/[\w./-]*)`", text):
            assert (CHECKOUT / path).exists() or path == "examples/", f"{page}: {path}"
