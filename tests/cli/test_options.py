"""What several verbs take: sizes, extents, dialects, names of classes, parts that may be lost."""

import click
import pytest

import pictures
from filmroll.cli import copies, options
from filmroll.dialects import DIALECTS
from filmroll.packing.copies import Resize


@pytest.mark.parametrize(
    ("text", "nbytes"),
    [
        ("0", 0),
        ("1000000", 1_000_000),
        ("100B", 100),
        ("3k", 3000),
        ("3kB", 3000),
        ("3 KB", 3000),
        ("3KiB", 3072),
        ("1.5MB", 1_500_000),
        ("128MiB", 134_217_728),
        (" 2 GB ", 2_000_000_000),
        ("0.5gib", 536_870_912),
        (4096, 4096),
    ],
)
def test_size_has_a_unit_of_thousands_or_of_1024s(text, nbytes):
    assert options.Nbytes().convert(text, None, None) == nbytes


@pytest.mark.parametrize(
    "text", ["", "big", "-3", "3 tons", "1.MB", ".5MB", "1e6", "3TB", "3 i", "1,000", "3kBB", "9" * 400]
)
def test_size_that_is_none_is_refused_with_examples(text):
    with pytest.raises(click.BadParameter) as caught:
        options.Nbytes().convert(text, None, None)
    assert caught.value.message == f"{text!r} is no size such as 100MB or 128MiB"


@pytest.mark.parametrize(
    ("text", "extent"), [("600x400", (600, 400)), (" 1X2 ", (1, 2)), ((3, 4), (3, 4)), ("0x0", (0, 0))]
)
def test_extent_is_height_and_width(text, extent):
    assert options.Extent().convert(text, None, None) == extent


@pytest.mark.parametrize("text", ["600", "600x", "x400", "axb", "-1x2", "1x2x3", "1.5x2", "", "9" * 5000 + "x5"])
def test_extent_that_is_none_is_refused_with_an_example(text):
    with pytest.raises(click.BadParameter) as caught:
        options.Extent().convert(text, None, None)
    assert caught.value.message == f"{text!r} is no height x width such as 600x400"


@pytest.mark.parametrize(("text", "side"), [("shorter=1", 1), ("shorter=320", 320), ("SHORTER=999999 ", 999_999)])
def test_copies_are_told_by_their_shorter_side(text, side):
    assert copies.ResizeType().convert(text, None, None) == Resize(shorter=side)


@pytest.mark.parametrize("text", ["320", "longer=320", "shorter=0", "shorter=01", "shorter=1000000", "shorter=-1"])
def test_side_that_cannot_be_is_refused_with_an_example(text):
    with pytest.raises(click.BadParameter) as caught:
        copies.ResizeType().convert(text, None, None)
    assert caught.value.message == f"{text!r} is not the length of the shorter side, such as shorter=320"


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_can_be_named(name):
    assert options.Dialect().convert(name, None, None) == name


def test_dialects_are_completed_from_their_first_letters():
    def completed(typed):
        return [one.value for one in options.Dialect().shell_complete(None, None, typed)]

    assert completed("") == sorted(DIALECTS)
    assert completed("tf") == [name for name in sorted(DIALECTS) if name.startswith("tf")] != []
    assert completed("xyz") == []


@pytest.mark.parametrize(
    ("typed", "dropped"),
    [([], ()), (["--drop", ""], ()), (["--drop", "text"], ("text",)), (["--drop", "text,boxes"], ("text", "boxes"))],
)
def test_parts_that_may_be_lost_are_named_with_commas(typed, dropped):
    @click.command
    @options.drop()
    def command(drop):
        return drop

    assert command.main(typed, standalone_mode=False) == dropped


@pytest.mark.parametrize(("size", "code"), [("3kB", 0), ("big", 2)])
def test_size_of_a_shard_is_a_size(run, tmp_path, size, code):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    done, _, err = run("pack", folder, tmp_path / "roll", f"--shard-size={size}")
    assert done == code
    assert ("is no size such as 100MB" in err) == (code == 2)


@pytest.mark.parametrize(("size", "code"), [("40x30", 0), ("40", 2)])
def test_drawing_is_drawn_at_the_extent_that_is_typed(run, tmp_path, size, code):
    drawing = tmp_path / "a.svg"
    drawing.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')
    done, out, err = run("sizes", drawing, "--size", size)
    assert done == code
    assert ("40 x 30 x 3" in out) == (code == 0)
    assert ("is no height x width such as 600x400" in err) == (code == 2)
