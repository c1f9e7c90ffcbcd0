"""Shells complete verbs, options and names."""

import os
import shutil
import subprocess
import sys

import pytest

from filmroll import cli

FILMROLL = (sys.executable, "-m", "filmroll")


def completed(shell: str, *words: str, last: str) -> list[str]:
    """Ask as the script of a shell asks: for what may stand in the place of the last word."""
    everything = " ".join(("filmroll", *words, last))
    environment = {"COMP_WORDS": everything, "COMP_CWORD": last if shell == "fish" else str(len(words) + 1)}
    done = subprocess.run(
        FILMROLL,
        env={**os.environ, **environment, "_FILMROLL_COMPLETE": f"{shell}_complete"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def test_verbs_are_completed_in_every_shell():
    assert completed("bash", last="pa") == ["plain,pack"]
    assert completed("zsh", last="pa") == ["plain", "pack", cli.VERBS["pack"]]
    assert "pack" in "".join(completed("fish", last="pa"))
    assert completed("bash", last="--ver") == ["plain,--version"]


def test_options_and_dialects_are_completed():
    assert completed("bash", "pack", last="--di") == ["plain,--dialect"]
    assert completed("bash", "pack", "--dialect", last="im") == ["plain,imagenet", "plain,img2dataset"]
    assert completed("bash", "convert", "--on-error", last="s") == ["plain,skip", "plain,salvage"]
    assert completed("bash", "inspect", last="") == ["file,"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_of_a_shell_is_printed(run, shell):
    code, out, err = run("completion", shell)
    assert (code, err) == (0, "")
    assert "_FILMROLL_COMPLETE" in out
    assert f"{shell}_complete" in out


def test_shell_that_runs_is_the_one_meant(run, monkeypatch):
    monkeypatch.setenv("SHELL", "/usr/bin/zsh")
    assert "#compdef filmroll" in run("completion")[1]
    monkeypatch.setenv("SHELL", "/usr/bin/tcsh")
    code, out, err = run("completion")
    assert (code, out) == (2, "")
    assert "name one: bash, zsh, fish" in err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_is_one_that_the_shell_can_read(run, shell, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(run("completion", shell)[1])
    subprocess.run([shell, "-n", script], check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="the command would be a batch file")
def test_bash_completes_what_is_typed(tmp_path):
    command = tmp_path / "filmroll"
    command.write_text(f'#!/bin/sh\nexec {" ".join(FILMROLL)} "$@"\n')
    command.chmod(0o755)
    typed = (
        'eval "$(filmroll completion bash)"; COMP_WORDS=(filmroll verify --dec); COMP_CWORD=2;'
        ' $(complete -p filmroll | sed -E "s/.*-F ([^ ]+).*/\\1/") filmroll; echo "${COMPREPLY[@]}"'
    )
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "--decode\n", done.stderr
