"""Errors say where, and the tree is the documented one."""

import ast
import re
from pathlib import Path

import pytest

from filmroll import errors

PUBLIC = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.Error)]


def test_message_alone_stands_alone():
    assert str(errors.Error("bad")) == "bad"


def test_place_stands_before_the_message():
    error = errors.ChecksumError("bad", path="a.tfrecord", record=17, offset=118402)
    assert str(error) == "a.tfrecord: record 17 at offset 118402: bad"


def test_place_is_filled_in_by_those_who_know_it_and_never_overwritten():
    error = errors.ParseError("bad", record=3).at(path="a").at(path="b", record=9, offset=0)
    assert (error.path, error.record, error.offset) == ("a", 3, 0)
    assert str(error) == "a: record 3 at offset 0: bad"


@pytest.mark.parametrize("each", PUBLIC, ids=lambda each: each.__name__)
def test_every_error_is_in_the_tree_that_the_docstring_draws(each):
    assert each.__name__ in (errors.__doc__ or "")
    assert each.__doc__


def test_bad_data_is_a_value_error_and_a_missing_extra_an_import_error():
    for each in PUBLIC:
        if each not in (errors.Error, errors.MissingDependencyError, errors.LostProcessError):
            assert issubclass(each, ValueError), each
    assert issubclass(errors.MissingDependencyError, ImportError)
    assert issubclass(errors.LostProcessError, ChildProcessError)


def missing_dependencies() -> list[str]:
    """What the code says of packages that are not there, with "X" for what it fills in."""
    trees = [ast.parse(path.read_text()) for path in Path(errors.__file__).parent.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    told = [call.args[0] for call in calls if ast.unparse(call.func).endswith("MissingDependencyError")]
    parts = [one.values if isinstance(one, ast.JoinedStr) else [one] for one in told]
    return ["".join(part.value if isinstance(part, ast.Constant) else "X" for part in one) for one in parts]


def test_whatever_is_not_installed_is_told_alike_what_needs_it_and_how_to_get_it():
    assert len(missing_dependencies()) > 12
    for sentence in missing_dependencies():
        assert re.fullmatch(r"[^:;]+ needs? [^:;]+: pip install ('filmroll\[[\w-]+\]'|'X'|\w+)", sentence), sentence
