"""The photos of flowers, as records of untouched JPEGs and of those with restart markers."""

import pytest

import filmroll
from loading.flowers import packed


@pytest.fixture(scope="package", params=[None, 1], ids=["photos", "photos with restart markers"])
def shards(tmp_path_factory, request):
    return packed(tmp_path_factory.mktemp("photos"), restart_rows=request.param)


@pytest.fixture
def roll(shards):
    with filmroll.open(shards) as roll:
        yield roll
