"""Advice on two small pictures, asked for once: for the tests of how it is shown."""

import pytest

import filmroll
import pictures
from filmroll.advising import reading, survey


@pytest.fixture(scope="session")
def advice(tmp_path_factory):
    folder = tmp_path_factory.mktemp("a <b> & c")
    for number in range(2):
        filmroll.imwrite(folder / f"{number}.jpg", pictures.image(number, height=120, width=160))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xffnothing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "MEASURED_S", 0.01)
        patch.setattr(reading, "RECORDS", (4, 16))
        patch.setattr(survey, "SEEN_PIXELS", 64 * 64)
        return filmroll.advise(folder, edge=80, budget_s=600, without=("Guetzli",))
