"""Slow encoders in a process of their own, which ends when its time is up: C code cannot be asked to stop.

stdin   the array as NPY     argv   format and options as JSON     stdout   processor time as float64, then the bytes
"""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from filmroll import codecs
from filmroll.codecs.pixels import Pixels
from filmroll.errors import EncodeError, Error, LimitError
from filmroll.packing.engines.counter import Count

CHILD = """
import json, struct, sys, time
folders, format, options = json.loads(sys.argv[1])
sys.path[:] = folders
from filmroll import codecs
from filmroll.errors import Error
image = codecs.decode(sys.stdin.buffer.read())
start = time.process_time()
try:
    data = codecs.encode(image, format, **options)
except Error as exc:
    print(exc, file=sys.stderr)
    sys.exit(3)
sys.stdout.buffer.write(struct.pack("<d", time.process_time() - start) + data)
"""
SAID = 3  # the exit code with an error of filmroll, which needs no traceback
SECONDS = struct.Struct("<d")


@dataclass(frozen=True, slots=True)
class Task:
    """One picture to encode: what `encode` is called with."""

    image: Pixels
    format: str
    options: Mapping[str, Any]
    timeout_s: float


def encode_one(task: Task, count: Count) -> bytes | Error:
    """Encode the picture of a task, or say why not; other tasks may go on."""
    try:
        return encode(task.image, task.format, task.options, timeout_s=task.timeout_s)[0]
    except Error as exc:
        return exc


def encode(image: Pixels, format: str, options: Mapping[str, Any], *, timeout_s: float) -> tuple[bytes, float]:
    """Encode a picture in another process.

    Args:
        image: What the format holds.
        format: Name of the format.
        options: Of its `encode`.
        timeout_s: Seconds after which the process is ended.

    Returns:
        The bytes, and the processor time that encoding took, in seconds.

    Raises:
        LimitError: It took too long.
        EncodeError: The encoder refused, failed or is not installed; the last line of what it said is in the message.
    """
    if timeout_s < 1:
        raise LimitError("no time was left; a larger budget has some")
    request = json.dumps([sys.path, format, dict(options)])
    try:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, request],
            input=codecs.encode(image, "npy"),
            capture_output=True,
            timeout=timeout_s,
            check=False,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
    except subprocess.TimeoutExpired as exc:
        raise LimitError(f"it did not end in the {timeout_s:.0f} s that were left; a larger budget has more") from exc
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        if done.returncode == SAID and said:
            raise EncodeError(said[-1])
        raise EncodeError(f"the encoder failed: {said[-1] if said else f'exit code {done.returncode}'}")
    return done.stdout[SECONDS.size :], SECONDS.unpack_from(done.stdout)[0]
