"""Any bytes at all: a picture or one of filmroll's own errors, in little time and memory."""

import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import realdata
from filmroll import codecs
from filmroll.errors import DecodeError, LimitError, TruncatedError

HOSTILE = realdata.params("hostile/**/*")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"><g><path d="M0 0h3v2z" fill="red"/></g></svg>'


def samples() -> dict[str, bytes]:
    down, across = np.mgrid[0:20, 0:30].astype(np.uint8)
    image = np.stack([down * 9, across * 8, down + across], axis=-1)
    frames = np.stack([image, 255 - image])
    encoded = {name: codecs.encode(image, name) for name in codecs.FORMATS if name != "svg"}
    encoded |= {f"{name} animation": codecs.encode(frames, name) for name in ("gif", "webp")}
    encoded["png of 16 bits"] = codecs.encode(image.astype(np.uint16) * 257, "png")
    encoded["progressive jpeg"] = codecs.encode(image, "jpeg", progressive=True)
    encoded["lossless webp"] = codecs.encode(image, "webp", lossless=True)
    encoded["lzw tiff"] = codecs.encode(image, "tiff", compression="lzw")
    return encoded | {"svg": SVG}


SAMPLES = samples()


def try_to_read(data: bytes) -> None:
    with suppress(DecodeError, LimitError, TruncatedError):
        codecs.read_header(data)
    try:
        image = codecs.decode(data, max_pixels=2**22)
    except (DecodeError, LimitError):
        return
    assert isinstance(image, np.ndarray)


@pytest.mark.parametrize("path", HOSTILE)
def test_every_file_of_the_crash_corpora_is_read_or_refused_quickly(path):
    data = path.read_bytes()
    begun = time.process_time()
    with suppress(DecodeError, LimitError, TruncatedError):
        codecs.read_header(data)
    with suppress(DecodeError, LimitError):
        codecs.decode(data)
    assert time.process_time() - begun < 2


def test_the_crash_corpora_take_less_than_a_gibibyte(data):
    program = """
import pathlib, re, resource, sys
from filmroll import codecs
from filmroll.errors import Error
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.is_file():
        try:
            codecs.decode(path.read_bytes())
        except Error:
            pass
status = pathlib.Path("/proc/self/status")
if status.is_file():  # on Linux, ru_maxrss begins with the peak of the process that started this one
    print(int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read_text())[1]) * 1024)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(data / "hostile")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert 2**24 < int(done.stdout) < 2**30


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=6))
def test_changed_bytes_are_read_or_refused(name, changes):
    damaged = bytearray(SAMPLES[name])
    for position, value in changes:
        damaged[position % len(damaged)] = value
    try_to_read(bytes(damaged))


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(4, 63), st.sampled_from([0, 1, 127, 128, 255])), min_size=1, max_size=4))
def test_changed_headers_are_read_or_refused(name, changes):
    damaged = bytearray(SAMPLES[name])
    for position, value in changes:
        damaged[position % len(damaged)] = value
    try_to_read(bytes(damaged))


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=40, deadline=None)
@given(position=st.integers(0, 2**16), removed=st.integers(0, 9), added=st.binary(max_size=9))
def test_removed_and_added_bytes_are_read_or_refused(name, position, removed, added):
    data = SAMPLES[name]
    position %= len(data)
    try_to_read(data[:position] + added + data[position + removed :])


@pytest.mark.parametrize("name", SAMPLES)
def test_every_truncation_is_read_or_refused(name):
    data = SAMPLES[name]
    for nbytes in range(0, len(data), max(1, len(data) // 150)):
        try_to_read(data[:nbytes])


@pytest.mark.parametrize("name", codecs.FORMATS)
@settings(max_examples=60, deadline=None)
@given(rest=st.binary(max_size=200))
def test_a_signature_before_any_bytes_is_read_or_refused(name, rest):
    try_to_read(SAMPLES[name][:12] + rest)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_are_read_or_refused(data):
    try_to_read(data)
