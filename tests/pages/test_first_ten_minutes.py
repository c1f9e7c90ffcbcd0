"""The page of the first ten minutes shows what its commands print today, and what they took then."""

import os
import re
import sys
from pathlib import Path

import pytest

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))  # the pages are a package of the checkout, not of the wheel

from pages import first_ten_minutes

PAGE = first_ten_minutes.PAGE.read_text("utf-8")
SECTION = re.compile(
    r"^## ([^\n]+)\n\n(?:[^\n]+\n)+\n```console\n(.*?)```\n\nSeconds: ([^\n]+)\.$", re.MULTILINE | re.DOTALL
)
SECTIONS = SECTION.findall(PAGE)
SHIMS = {
    "filmroll": "#!/bin/sh\nexec {python} -c 'from filmroll.cli import main; main()' \"$@\"\n",
    "python": '#!/bin/sh\nexec {python} "$@"\n',
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """The environment of the tests in place of a new one, with `filmroll` and `python` in it."""
    programs = tmp_path_factory.mktemp("programs")
    for name, text in SHIMS.items():
        (programs / name).write_text(text.format(python=sys.executable), "utf-8")
        (programs / name).chmod(0o755)
    path = os.pathsep.join((str(programs), str(Path(sys.executable).parent), os.environ["PATH"]))
    return os.environ | {"PATH": path, "PYTHONPATH": str(CHECKOUT / "src")}


@pytest.mark.skipif(sys.platform == "win32", reason="the commands are bash's")
def test_commands_print_what_the_page_shows(data, tmp_path, environment):
    first_ten_minutes.lay_out(tmp_path, data)
    shown = {title: console for title, console, _ in SECTIONS}
    for step in first_ten_minutes.STEPS:
        done = [first_ten_minutes.do(each, folder=tmp_path, environment=environment) for each in step.commands]
        assert shown[step.title] == "".join(f"$ {one.command}\n{one.printed}" for one in done), (
            "run 'python -m pages.first_ten_minutes' and read what changed"
        )


def test_every_command_has_its_time_and_all_are_within_ten_minutes():
    steps = (first_ten_minutes.INSTALL, *first_ten_minutes.STEPS)
    assert [title for title, _, _ in SECTIONS] == [step.title for step in steps]
    times = [[float(each) for each in seconds.split(", ")] for _, _, seconds in SECTIONS]
    assert [len(each) for each in times] == [len(step.commands) for step in steps]
    total = sum(map(sum, times))
    assert total < 600
    assert abs(total - int(re.search(r"^(\d+) seconds for the commands", PAGE, re.MULTILINE)[1])) < 2


def test_page_says_which_machine_and_no_path_of_it():
    assert re.search(r"on \d+ \w+ \d{4}: .+ cores", PAGE)
    assert not re.search(r"(?<![\w.])/(?:tmp|root|home|work|opt|usr|Users)\b", PAGE)


def test_command_that_fails_stops_with_what_it_printed(tmp_path):
    with pytest.raises(RuntimeError, match=r"(?s)echo said && false: exit code 1\nsaid"):
        first_ten_minutes.do("echo said && false", folder=tmp_path, environment=dict(os.environ))


def test_exit_code_that_is_announced_is_expected(tmp_path):
    done = first_ten_minutes.do("echo said && false  # exits with 1", folder=tmp_path, environment=dict(os.environ))
    assert (done.printed, done.command) == ("said\n", "echo said && false  # exits with 1")
    assert done.seconds > 0


def test_what_runs_is_told_while_it_runs(tmp_path, capfd):
    step = first_ten_minutes.Step("Look", "At something.", ("echo said", "echo 'so far' && false"))
    with pytest.raises(RuntimeError):
        first_ten_minutes.told(step, folder=tmp_path, environment=dict(os.environ))
    out, err = capfd.readouterr()
    assert out == ""
    assert re.fullmatch(r"Look: echo said \(\d\.\d s\)\nLook: echo 'so far' && false ", err)
