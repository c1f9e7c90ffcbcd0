"""What a docstring says under "Raises" is what is raised: by its code, and by hostile files."""

import inspect
import io
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import filmroll
import pictures
import raising
from filmroll import errors
from realdata import CHECKOUT

PACKAGE = raising.Package(CHECKOUT / "src" / "filmroll")
FUNCTIONS = [one for one in PACKAGE.functions.values() if one.is_public and not one.module.startswith("filmroll.cli")]
HOMES = {(getattr(filmroll, name).__module__, getattr(filmroll, name).__name__) for name in filmroll.__all__}

# What the code could raise if it were given other arguments than it is.
CANNOT_HAPPEN = {
    "filmroll.advising.candidate.usual": {"UnsupportedError"},  # `every` refuses names, and none is given
    "filmroll.sizing.sizes": {"UnsupportedError", "MissingDependencyError"},  # as above; and nothing is compared
    "filmroll.codecs.gif.encode": {"DecodeError", "TruncatedError"},  # it reads a screen that it has just written
    "filmroll.demonstration.demo": {"DecodeError", "UnsupportedError", "SourceError", "MissingDependencyError",
                                    "ParseError"},  # its pictures are its own, in a new folder
    "filmroll.dialects.sniff": {"ParseError"},  # features are asked for after their type was looked at; it is fuzzed
    "filmroll.sample.Sample.image": {"UnsupportedError"},  # `decode` without options
}  # fmt: skip


def is_for_users(function: raising.Function) -> bool:
    """Whether a function is one of the public names, or a method of one."""
    return (function.module, function.owner or function.name) in HOMES


def undocumented(function: raising.Function) -> dict[str, str]:
    """Return what escapes and is not documented: of users' functions from anywhere, else from its own module."""
    beyond = CANNOT_HAPPEN.get(function.place, set())
    return {
        name: place
        for name, place in function.escapes.items()
        if name in raising.TREE
        and name not in beyond
        and not raising.is_covered(name, function.documented)
        and (is_for_users(function) or place.startswith(f"{function.module}."))
        and (is_for_users(function) or place.removeprefix(f"{function.module}.").count(".") <= 1)
    }


def test_all_that_the_code_raises_is_documented():
    missing = {one.place: found for one in FUNCTIONS if (found := undocumented(one))}
    assert missing == {}


def test_the_look_at_the_code_sees_what_there_is_to_see():
    assert len(FUNCTIONS) > 800
    assert sum(bool(one.escapes) for one in FUNCTIONS) > 300
    decode = PACKAGE.functions["filmroll.codecs.dispatch", None, "decode"]
    assert {"DecodeError", "LimitError", "UnsupportedError"} <= decode.escapes.keys() | decode.documented
    assert "DecodeError" in decode.escapes


def test_exceptions_that_cannot_happen_are_still_in_the_code():
    places = {one.place: one for one in FUNCTIONS}
    for place, names in CANNOT_HAPPEN.items():
        assert names <= places[place].escapes.keys(), f"{place}: this exception of the rule is not needed any more"


@pytest.mark.parametrize("function", [one for one in FUNCTIONS if one.documented], ids=lambda one: one.place)
def test_every_name_under_raises_is_an_exception(function):
    of_modules = {name for _, name in PACKAGE.bases} | {"BrokenExecutor"}
    for name in function.documented:
        assert raising.class_of(name) is not None or name in of_modules, name


def test_errors_that_are_documented_can_be_raised_somewhere_below():
    raised = {name for one in PACKAGE.functions.values() for name, _ in one.direct}
    returned = {node.returns.id for one in PACKAGE.functions.values() if hasattr((node := one.node).returns, "id")}
    documented = {name for one in FUNCTIONS for name in one.documented if name in raising.TREE}
    for name in documented - {"Error", "FormatError"}:
        assert name in raised | returned, f"{name} is documented, and raised nowhere"


# The look itself: what it finds in code that is made for it.

CODE = '''
from contextlib import suppress
from pack.below import fails, Maker
from filmroll.errors import DecodeError, EncodeError, Error, FormatError, LimitError, ParseError

def plain(): raise DecodeError("x")
def calls(): plain()
def _made() -> ParseError: return ParseError("x")
def raises_made(): raise _made().at(path="x")
def caught():
    try:
        plain()
    except Error:
        return
def raised_again():
    try:
        plain()
    except Error:
        raise
def another():
    try:
        plain()
    except DecodeError as exc:
        raise EncodeError("x") from exc
def in_handler():
    try:
        pass
    except OSError:
        fails()
def suppressed():
    with suppress(Error):
        plain()
def imported(): fails()
def made(): Maker()
def inner():
    def later(): raise DecodeError("x")
    return later
class One:
    def first(self): self._second()
    def _second(self): raise LimitError("x")
class Two(One):
    def third(self): self.first()
def documented():
    """Do it.

    Raises:
        DecodeError, LimitError: Here.
        OSError: There, which is
            said in two lines: so.

    Source: none.
    """
'''


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """The functions of the code above."""
    root = tmp_path_factory.mktemp("code") / "pack"
    root.mkdir()
    (root / "__init__.py").write_text(CODE)
    (root / "below.py").write_text(
        "def fails(): raise LimitError('x')\nclass Maker:\n    def __init__(self): raise EncodeError('x')\n"
    )
    return {one.place.removeprefix("pack."): one for one in raising.Package(root).functions.values()}


@pytest.mark.parametrize(
    ("name", "escapes"),
    [
        ("plain", {"DecodeError"}),
        ("calls", {"DecodeError"}),
        ("raises_made", {"ParseError"}),
        ("caught", set()),
        ("raised_again", {"DecodeError"}),
        ("another", {"EncodeError"}),
        ("in_handler", {"LimitError"}),
        ("suppressed", set()),
        ("imported", {"LimitError"}),
        ("made", {"EncodeError"}),
        ("inner", set()),
        ("One.first", {"LimitError"}),
        ("Two.third", {"LimitError"}),
    ],
)
def test_what_escapes_is_found(found, name, escapes):
    assert found[name].escapes.keys() == escapes


def test_section_on_what_is_raised_is_read(found):
    assert found["documented"].documented == {"DecodeError", "LimitError", "OSError"}
    assert raising.is_covered("TruncatedError", frozenset({"FormatError"}))
    assert raising.is_covered("DecodeError", frozenset({"ValueError"}))
    assert not raising.is_covered("FormatError", frozenset({"TruncatedError"}))


# Hostile files: whatever is wrong with them, what comes out is documented.


def hostile_files(folder: Path) -> None:
    """Write records of every kind and pictures, whole and damaged in many ways, and what is neither."""
    sound = folder / "sound"
    source = pictures.folder_of_classes(folder / "classes")
    filmroll.pack(source, sound / "a.tfrecord", shards=1)
    for name in ("a.tar", "a.lmdb", "a.parquet", "a.array_record"):
        filmroll.convert(sound / "a.tfrecord", sound / name, drop=("text", "features"))
    filmroll.pack(source, sound / "b.tfrecord", shards=1, compression="gzip")
    files = [path for path in sorted(sound.rglob("*")) if path.is_file() and path.suffix != ".idx"]
    files += sorted(source.rglob("*.*"))[:3]
    random = np.random.default_rng(7)
    for path in files:
        data = path.read_bytes()
        for number, cut in enumerate((0, 1, 11, len(data) // 2, len(data) - 1)):
            (folder / f"cut{number}-{path.parent.name}-{path.name}").write_bytes(data[:cut])
        for number in range(6):
            damaged = bytearray(data)
            for place in random.integers(0, min(len(data), 400), 1 + number):
                damaged[place] ^= 1 << random.integers(0, 8)
            (folder / f"flip{number}-{path.parent.name}-{path.name}").write_bytes(damaged)
    (folder / "zeros.tfrecord").write_bytes(bytes(5000))
    (folder / "ones.tfrecord").write_bytes(b"\xff" * 5000)
    (folder / "text.txt").write_text("hello\n" * 100)
    shutil.rmtree(sound / "a.lmdb")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory) -> list[Path]:
    """Damaged files of all kinds."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile_files(folder)
    return sorted(path for path in folder.iterdir() if path.is_file())


def read_all(path: Path) -> None:
    with filmroll.open(path) as roll:
        for sample in roll:
            if sample.has_image:
                assert sample.image is not None


def read_records(path: Path) -> None:
    with filmroll.Reader(path) as reader:
        list(reader)


def read_bytes(path: Path) -> bytes:
    return path.read_bytes()


def written(use: Callable[[Path, Path], object]) -> Callable[[Path, Path], object]:
    def run(path: Path, folder: Path) -> object:
        return use(path, folder / "out" / "x")

    return run


USES: dict[str, tuple[str, Callable[[Path, Path], object]]] = {
    "decode": ("decode", lambda path, folder: filmroll.decode(read_bytes(path), max_pixels=10**6)),
    "read_header": ("read_header", lambda path, folder: filmroll.read_header(read_bytes(path))),
    "imread": ("imread", lambda path, folder: filmroll.imread(path)),
    "sizes": ("sizes", lambda path, folder: filmroll.sizes(path)),
    "inspect": ("inspect", lambda path, folder: filmroll.inspect(path)),
    "verify": ("verify", lambda path, folder: filmroll.verify(path)),
    "repair": ("repair", written(filmroll.repair)),
    "unpack": ("unpack", written(filmroll.unpack)),
    "convert": ("convert", written(lambda path, out: filmroll.convert(path, out.with_suffix(".tar")))),
    "pack": ("pack", written(filmroll.pack)),
}
TOLD = {name: raising.raises_of(inspect.getdoc(getattr(filmroll, name)) or "") for name, _ in USES.values()}


@pytest.mark.parametrize("name", USES)
def test_hostile_files_raise_what_is_documented(name, hostile, tmp_path, monkeypatch):
    function, use = USES[name]
    monkeypatch.setattr("sys.stderr", io.StringIO())
    raised: Counter[str] = Counter()
    beyond: list[str] = []
    for number, path in enumerate(hostile):
        try:
            use(path, tmp_path / str(number))
        except Exception as exc:
            raised[type(exc).__name__] += 1
            if not any(raising.is_covered(base.__name__, TOLD[function]) for base in type(exc).__mro__[:-2]):
                beyond.append(f"{path.name}: {type(exc).__name__}: {exc}")
    assert beyond == [], f"documented: {sorted(TOLD[function])}"
    assert raised.total() >= (0 if name in ("verify", "repair") else 20), raised
    assert raised.keys() <= set(raising.TREE)


def test_reading_hostile_files_raises_errors_of_the_tree_alone(hostile):
    read = Counter()
    for path in hostile:
        for use in (read_all, read_records):
            try:
                use(path)
            except errors.Error as exc:
                read[type(exc).__name__] += bool(str(exc))
    assert read.total() > len(hostile)
