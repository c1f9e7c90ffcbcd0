"""What filmroll needs is named with a lowest version, and that version is what is tried."""

import sys

import pytest
from packaging.requirements import Requirement

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))
from release import floor


def test_constraints_admit_the_lowest_version_alone():
    assert floor.lowest(["numpy>=1.26", "zensical>=0.0.73,<0.2", "array_record>=0.6; sys_platform != 'win32'"]) == [
        "numpy==1.26",
        "zensical==0.0.73",
        "array_record==0.6",
    ]


@pytest.mark.parametrize("requirement", ["click", "torch==2.13.0", "rich<14"])
def test_requirement_without_a_lowest_version_is_an_error(requirement):
    with pytest.raises(ValueError, match="expected a lowest version"):
        floor.lowest([requirement])


def test_all_that_users_may_install_is_tried_but_for_ray():
    extras, needed = floor.requirements()
    assert {"opencv", "parquet", "view"} <= set(extras)
    assert not {"ray", "test", "docs"} & set(extras)
    assert {Requirement(one).name for one in needed} >= {"numpy", "click", "lmdb", "pyarrow", "starlette"}
    assert len(floor.lowest(needed)) == len(needed)
