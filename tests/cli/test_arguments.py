"""What is typed reaches the function of that name, in the type that it wants; what is not typed is the default."""

import inspect
from pathlib import Path

import pytest

import filmroll
from filmroll import cli
from filmroll.packing.copies import Resize
from filmroll.packing.probe import Policies


class Reached(Exception):
    """The verb has called its function."""


@pytest.fixture
def asked(run, monkeypatch, tmp_path):
    """Run a verb up to its function; return the arguments that are given to that, by name."""
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("été\nrose\n", "utf-8")
    Path("pictures").mkdir()

    def asked(verb: str, *typed: str) -> dict:
        function = getattr(filmroll, verb)
        found = {}

        def recorded(*positional, **named):
            found.update(inspect.signature(function).bind(*positional, **named).arguments)
            raise Reached

        with monkeypatch.context() as patch:
            patch.setattr(filmroll, verb, recorded)
            with pytest.raises(Reached):
                run(verb, *typed)
        asked.progress = found.pop("progress", "not asked for")
        return found

    return asked


DEFAULT_POLICIES = Policies()
PLACES = {
    "advise": ["photos", "more"],
    "convert": ["a.tfrecord", "b.tfrecord", "out.lmdb"],
    "inspect": ["a.tfrecord", "b.tfrecord"],
    "pack": ["flowers", "out/roll"],
    "repair": ["a.tfrecord", "b.tfrecord", "fixed"],
    "sizes": ["poster.png"],
    "unpack": ["a.tfrecord", "b.tfrecord", "back"],
    "verify": ["a.tfrecord", "b.tfrecord"],
}
DEFAULTS = {
    "advise": {
        "source": ("photos", "more"),
        "goal": "balanced",
        "seed": 0,
        "sample": 256,
        "budget_s": 50.0,
        "edge": None,
        "size": None,
        "without": (),
        "threads": None,
        "engine": "threads",
        "address": None,
    },
    "convert": {
        "source": ("a.tfrecord", "b.tfrecord"),
        "dest": "out.lmdb",
        "to": None,
        "dialect": None,
        "source_dialect": None,
        "drop": (),
        "check": False,
        "label_names": None,
        "resize": None,
        "seekable": False,
        "quality": 95,
        "shards": None,
        "shard_nbytes": None,
        "compression": None,
        "source_compression": "auto",
        "threads": None,
        "engine": "threads",
        "address": None,
        "overwrite": False,
        "on_error": "raise",
    },
    "inspect": {"paths": ("a.tfrecord", "b.tfrecord"), "dialect": None, "compression": "auto"},
    "pack": {
        "source": "flowers",
        "dest": "out/roll",
        "to": None,
        "dialect": None,
        "shards": None,
        "shard_nbytes": None,
        "seed": 0,
        "label_names": None,
        "source_kind": None,
        "split": None,
        "root": None,
        "box_format": None,
        "labels_file": None,
        "metadata_file": None,
        "bounding_box_file": None,
        "policies": DEFAULT_POLICIES,
        "resize": None,
        "seekable": False,
        "compression": None,
        "threads": None,
        "engine": "threads",
        "address": None,
        "suffix": None,
        "drop": (),
        "overwrite": False,
    },
    "repair": {
        "source": ("a.tfrecord", "b.tfrecord"),
        "dest": "fixed",
        "keep_bad_data": False,
        "compression": "auto",
        "threads": None,
        "overwrite": False,
    },
    "sizes": {"path": Path("poster.png"), "mode": None, "size": None},
    "unpack": {
        "paths": ("a.tfrecord", "b.tfrecord"),
        "dest": "back",
        "dialect": None,
        "compression": "auto",
        "overwrite": False,
    },
    "verify": {
        "paths": ("a.tfrecord", "b.tfrecord"),
        "dialect": None,
        "compression": "auto",
        "decode": False,
        "threads": None,
        "engine": "threads",
        "address": None,
    },
}
NAMED = ["été", "rose"]
READING = [
    (["--dialect", "slim"], {"dialect": "slim"}),
    (["--compression", "gzip"], {"compression": "gzip"}),
    (["--compression", "zlib"], {"compression": "zlib"}),
    (["--compression", "none"], {"compression": None}),
]
SPREAD = [
    (["--threads", "3"], {"threads": 3}),
    (["--engine", "ray", "--address", "head:6379"], {"engine": "ray", "address": "head:6379"}),
    (["--engine", "processes"], {"engine": "processes"}),
]
COPIES = [
    (["--resize", "shorter=320"], {"resize": Resize(shorter=320)}),
    (["--seekable"], {"seekable": True}),
    (["--shards", "8"], {"shards": 8}),
    (["--shard-size", "64MiB"], {"shard_nbytes": 64 * 2**20}),
    (["--to", "tar"], {"to": "tar"}),
    (["--dialect", "slim"], {"dialect": "slim"}),
    (["--labels", "names.txt"], {"label_names": NAMED}),
    (["--drop", "text,boxes"], {"drop": ("text", "boxes")}),
    (["--overwrite"], {"overwrite": True}),
]
TYPED = {
    "advise": [
        *SPREAD,
        (["--goal", "fastest"], {"goal": "fastest"}),
        (["--seed", "7"], {"seed": 7}),
        (["--sample", "12"], {"sample": 12}),
        (["--budget", "1.5"], {"budget_s": 1.5}),
        (["--edge", "256"], {"edge": 256}),
        (["--size", "128"], {"size": 128}),
        (["--without", "Guetzli", "--without", "AVIF"], {"without": ("Guetzli", "AVIF")}),
    ],
    "convert": [
        *SPREAD,
        *COPIES,
        (["--from", "tfds"], {"source_dialect": "tfds"}),
        (["--check"], {"check": True}),
        (["--quality", "80", "--seekable"], {"quality": 80, "seekable": True}),
        (["--compress", "gzip"], {"compression": "gzip"}),
        (["--compression", "zlib"], {"source_compression": "zlib"}),
        (["--compression", "none"], {"source_compression": None}),
        (["--on-error", "salvage"], {"on_error": "salvage"}),
        (["--on-error", "skip"], {"on_error": "skip"}),
    ],
    "inspect": READING,
    "pack": [
        *SPREAD,
        *COPIES,
        (["--seed", "5"], {"seed": 5}),
        (["--no-shuffle"], {"seed": None}),
        (["--no-shuffle", "--seed", "5"], {"seed": None}),
        (["--suffix", ""], {"suffix": ""}),
        (["--source-kind", "list"], {"source_kind": "list"}),
        (["--split", "train"], {"split": "train"}),
        (["--root", "pictures"], {"root": Path("pictures")}),
        (["--box-format", "coco"], {"box_format": "coco"}),
        (["--labels-file", "names.txt"], {"labels_file": Path("names.txt")}),
        (["--metadata-file", "names.txt"], {"metadata_file": Path("names.txt")}),
        (["--bounding-box-file", "names.txt"], {"bounding_box_file": Path("names.txt")}),
        (["--quality", "80", "--seekable"], {"policies": Policies(quality=80), "seekable": True}),
        (["--quality", "80", "--on-cmyk", "convert"], {"policies": Policies(quality=80, cmyk="convert")}),
        (["--on-mislabelled", "convert"], {"policies": Policies(mislabelled="convert")}),
        (["--on-cmyk", "skip"], {"policies": Policies(cmyk="skip")}),
        (["--on-rotated", "fail"], {"policies": Policies(rotated="fail")}),
        (["--on-unreadable", "fail"], {"policies": Policies(unreadable="fail")}),
        (["--on-outside", "convert"], {"policies": Policies(outside="convert")}),
        (["--compression", "gzip"], {"compression": "gzip"}),
        (["--compression", "none"], {"compression": None}),
    ],
    "repair": [
        (["--keep-bad-data"], {"keep_bad_data": True}),
        (["--threads", "2"], {"threads": 2}),
        (["--overwrite"], {"overwrite": True}),
        *READING[1:],
    ],
    "sizes": [
        (["--mode", "LA"], {"mode": "LA"}),
        (["--size", "600x400"], {"size": (600, 400)}),
    ],
    "unpack": [*READING, (["--overwrite"], {"overwrite": True})],
    "verify": [*READING, *SPREAD, (["--decode"], {"decode": True})],
}
CASES = [
    pytest.param(verb, typed, wanted, id=" ".join([verb, *typed])) for verb in TYPED for typed, wanted in TYPED[verb]
]


@pytest.mark.parametrize("verb", DEFAULTS)
def test_what_is_not_typed_is_what_the_help_says(asked, verb):
    assert asked(verb, *PLACES[verb]) == DEFAULTS[verb]


@pytest.mark.parametrize("verb", DEFAULTS)
def test_what_is_not_typed_is_what_the_function_does_without_it(verb):
    """A command and the same call in Python do the same."""
    parameters = inspect.signature(getattr(filmroll, verb)).parameters
    for name, value in DEFAULTS[verb].items():
        default = parameters[name].default
        if default is not inspect.Parameter.empty:
            assert value == default or (value, default) in [((), None), (None, ())], name


@pytest.mark.parametrize(("verb", "typed", "wanted"), CASES)
@pytest.mark.parametrize("first", ["options", "places"])
def test_option_reaches_the_function_and_changes_nothing_else(asked, verb, typed, wanted, first):
    line = [*typed, *PLACES[verb]] if first == "options" else [*PLACES[verb], *typed]
    assert asked(verb, *line) == DEFAULTS[verb] | wanted


@pytest.mark.parametrize("verb", ["advise", "convert", "pack", "repair", "unpack", "verify"])
def test_what_takes_long_shows_how_far_it_is_where_somebody_looks(asked, verb, monkeypatch):
    asked(verb, *PLACES[verb])
    assert asked.progress is None
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    asked(verb, *PLACES[verb])
    assert callable(asked.progress)


@pytest.mark.parametrize("verb", TYPED)
def test_every_option_is_tried_here(verb):
    others = {"--json", "--help", "--help-all", "--verbose", "--quiet", "--plot", "--html", "--image", "--out"}
    tried = {word for typed, _ in TYPED[verb] for word in typed}
    options = {
        name
        for one in cli.verbs.get_command(None, verb).params
        if one.param_type_name == "option"
        for name in one.opts
        if name.startswith("--")
    }
    assert options - tried - others == set()


@pytest.mark.parametrize(
    ("verb", "typed", "said"),
    [
        ("pack", ["--threads", "0"], "0 is not in the range x>=1"),
        ("pack", ["--quality", "0"], "0 is not in the range 1<=x<=100"),
        ("pack", ["--quality", "101"], "101 is not in the range 1<=x<=100"),
        ("pack", ["--quality", "80", "--on-cmyk", "skip"], "encoded again without --resize or --seekable"),
        ("convert", ["--quality", "95"], "--quality: no picture is encoded again without --resize or --seekable"),
        ("pack", ["--root", "names.txt"], "Directory 'names.txt' is a file"),
        ("pack", ["--labels-file", "pictures"], "File 'pictures' is a directory"),
        ("pack", ["--labels", "absent.txt"], "File 'absent.txt' does not exist"),
        ("pack", ["--on-unreadable", "keep"], "'keep' is not one of 'skip', 'fail'"),
        ("pack", ["--on-outside", "keep"], "'keep' is not one of 'convert', 'skip', 'fail'"),
        ("convert", ["--compress", "none"], "'none' is not one of 'gzip', 'zlib'"),
        ("convert", ["--on-error", "keep"], "'keep' is not one of 'raise', 'skip', 'salvage'"),
        ("convert", ["--to", "zip"], "'zip' is not one of"),
        ("inspect", ["--compression", "brotli"], "'brotli' is not one of 'auto', 'none', 'gzip', 'zlib'"),
        ("advise", ["--budget", "0"], "0.0 is not in the range x>0"),
        ("advise", ["--sample", "0"], "0 is not in the range x>=1"),
        ("advise", ["--edge", "0"], "0 is not in the range x>=1"),
        ("advise", ["--size", "0"], "0 is not in the range x>=1"),
        ("advise", ["--threads", "0"], "0 is not in the range x>=1"),
        ("contact-sheet", ["--count", "0"], "0 is not in the range x>=1"),
        ("contact-sheet", ["--first", "-1"], "-1 is not in the range x>=0"),
        ("contact-sheet", ["--columns", "0"], "0 is not in the range x>=1"),
        ("contact-sheet", ["--thumbnail", "7"], "7 is not in the range 8<=x<=1024"),
        ("contact-sheet", ["--thumbnail", "1025"], "1025 is not in the range 8<=x<=1024"),
        ("view", ["--port", "65536"], "65536 is not in the range 0<=x<=65535"),
        ("view", ["--limit", "0"], "0 is not in the range x>=1"),
    ],
)
def test_value_that_cannot_be_is_refused_with_those_that_can(run, tmp_path, monkeypatch, verb, typed, said):
    monkeypatch.chdir(tmp_path)
    Path("names.txt").write_text("a\n")
    Path("pictures").mkdir()
    code, out, err = run(verb, *typed, *PLACES.get(verb, ["a.tfrecord", "out.png"]))
    assert (code, out) == (2, "")
    assert said in " ".join(err.split())
