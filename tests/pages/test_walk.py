"""The tutorial's walk: on the article's own picture, on MNIST itself, and with the pictures that it makes."""

import sys

import numpy as np

import filmroll
from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))

from pages.example import Example

from pages import pictures


def test_walk_goes_into_an_example_and_back_with_the_articles_own_picture(data, work):
    (work / "pictures/poster/poster-0.png").write_bytes((data / "blog/freedom.png").read_bytes())
    walk = Example("examples/walk.py")
    titles = list(walk.cells)
    walk.cells = {title: walk.cells[title] for title in titles[: titles.index("A folder of classes")]}
    names, printed = walk.run(work)
    assert names["image"].shape == (600, 400, 3)
    assert printed["A picture is an array"].startswith("(600, 400, 3) uint8 720,000 bytes\n")
    assert "the file as it is (PNG)        33,192" in printed["What forms cost"]


def test_numbers_of_the_article_hold(data):
    poster = data / "blog"
    image = np.load(poster / "freedom.npy")
    assert (image.shape, image.nbytes, (poster / "freedom.npy").stat().st_size) == ((600, 400, 3), 720_000, 720_080)
    assert np.array_equal(filmroll.imread(poster / "freedom.png", mode="RGB"), image)


def test_digits_of_mnist_itself_go_the_same_way(data, work):
    for path in (work / "digits").iterdir():
        path.write_bytes((data / "mnist" / path.name).read_bytes())
    names, _ = Example("examples/mnist.py").run(work)
    assert len(names["digits"]) == 10_000
    labels = {sample.key: sample.label for sample in names["digits"]}
    assert [labels[key] for key in sorted(labels)[:5]] == [7, 2, 1, 0, 4]


def test_pictures_of_the_docs_are_those_that_are_made_today(run_example):
    made = pictures.made(run_example("examples/walk.py").folder)
    assert {path.name for path in pictures.FOLDER.iterdir()} == set(made)
    for name, path in made.items():
        kept = (pictures.FOLDER / name).read_bytes()
        if name == pictures.ICON:
            assert kept == path.read_bytes()
        else:
            assert np.array_equal(filmroll.decode(kept), filmroll.imread(path)), f"{name}: run 'make docs'"
