"""The workflows are valid, and run what the project says it supports."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from realdata import CHECKOUT

WORKFLOWS = sorted((CHECKOUT / ".github/workflows").glob("*.yml"))
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
CHECKS = yaml.safe_load((CHECKOUT / ".github/workflows/checks.yml").read_text("utf-8"))
PUBLISH = yaml.safe_load((CHECKOUT / ".github/workflows/publish.yml").read_text("utf-8"))


def test_workflows_are_of_the_published_schema():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_tests_run_on_the_three_systems_and_every_supported_python():
    matrix = CHECKS["jobs"]["tests"]["strategy"]["matrix"]
    classifiers = [one.rpartition(" :: ")[2] for one in PROJECT["classifiers"] if "Python :: 3." in one]
    assert matrix["python"] == classifiers
    assert PROJECT["requires-python"] == f">={classifiers[0]}"
    assert {system.partition("-")[0] for system in matrix["system"]} == {"ubuntu", "macos", "windows"}


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job.get("steps", ())]


def test_commands_name_targets_extras_and_files_that_exist():
    targets = set(re.findall(r"^([\w-]+):", (CHECKOUT / "Makefile").read_text("utf-8"), re.MULTILINE))
    extras = set(PROJECT["optional-dependencies"])
    for step in steps(CHECKS) + steps(PUBLISH):
        run = step.get("run", "")
        for line in re.findall(r"^ *make (.+)$", run, re.MULTILINE):
            assert set(line.split()) <= targets
        for named in re.findall(r"\.\[([\w,-]+)\]", run):
            assert set(named.split(",")) <= extras
        for path in re.findall(r"\btests/\w+", run):
            assert (CHECKOUT / path).is_dir()
        assert ("run" in step) != ("uses" in step)


@pytest.mark.parametrize("workflow", [CHECKS, PUBLISH], ids=["checks", "publish"])
def test_jobs_may_do_no_more_than_they_need(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert job.get("permissions", {}) == ({"id-token": "write"} if name == "publish" else {}) or name == "checks"
        for step in job.get("steps", ()):
            assert re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v1)", step.get("uses", "actions/checkout@v4"))


def test_nothing_is_published_unless_everything_was_checked():
    assert PUBLISH["jobs"]["checks"]["uses"] == "./.github/workflows/checks.yml"
    assert PUBLISH["jobs"]["publish"]["needs"] == "checks"
    assert "workflow_call" in CHECKS[True]  # YAML reads `on` as a truth value
    names = [step["with"]["name"] for step in steps(CHECKS) + steps(PUBLISH) if "artifact" in step.get("uses", "")]
    assert names == ["dist", "dist"]
