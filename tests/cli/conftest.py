import pytest

from filmroll import cli


@pytest.fixture
def run(capfd):
    """Run a command; return its exit code, standard output and standard error."""

    def run(*arguments) -> tuple[int, str, str]:
        code = cli.run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return code, out, err

    return run
