"""Measurements made up for tests of what is done with them."""

from filmroll.advising.candidate import Candidate, every
from filmroll.advising.measurement import Measurement

CANDIDATES = {one.name: one for one in every(edge=256)}


def measured(name: str, nbytes: int, *, ssim: float | None = 1.0, family: str | None = None, **known) -> Measurement:
    """A measurement of one candidate by name; SSIM 1 means that every value comes back."""
    candidate = CANDIDATES.get(name) or Candidate(name, family or "kept")
    figures = {
        "name": name,
        "nbytes": nbytes,
        "share": nbytes / 100_000,
        "identical": ssim == 1.0 and candidate.edge is None,
        "set_nbytes": nbytes * 200,
        "encode_per_s": 100.0,
        "decode_per_s": 200.0,
        "read_per_s": None,
        "psnr": None if ssim == 1.0 else 40.0,
        "ssim": ssim,
        "ssimulacra2": None,
        "second_loss": False,
        "equal_share": None,
        "pictures": 3,
        "edge": candidate.edge,
        "candidate": candidate,
    }
    return Measurement(**{**figures, **known})
