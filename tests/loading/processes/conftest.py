"""The photos of flowers, as records, and no process left when a test is over."""

import gc

import pytest

import filmroll
from loading.flowers import packed
from loading.processes.running import OTHERS, workers


@pytest.fixture(scope="session")
def shards(tmp_path_factory):
    return packed(tmp_path_factory.mktemp("processes"))


@pytest.fixture(autouse=True)
def count_only_those_of_the_test():
    gc.collect()
    OTHERS.clear()
    OTHERS.update(workers())


@pytest.fixture
def roll(shards):
    with filmroll.open(shards) as roll:
        yield roll
    gc.collect()
    assert workers() == {}
