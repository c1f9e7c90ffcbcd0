"""Where resvg runs: here if the cost of a drawing is known, else in a process of limited time and memory.

resvg does not return from some drawings: it overflows the stack, aborts when memory is short, or filters for
minutes. Those end the child process only.
"""

import json
import os
import subprocess
import sys
from typing import Any

import resvg_py

from filmroll.codecs.svg_document import Document
from filmroll.errors import DecodeError, LimitError

DPI = 96.0  # CSS: an inch is 96 px
FONT_SIZE = 16.0

MAX_PIXELS_HERE = 2**22
MAX_DEPTH_HERE = 24  # resvg 0.5 takes 33 KB of stack a level, and the least that threads have by default is 1 MiB
MAX_FILLED_HERE = 2**30  # pixels that drawing fills at most, if every element is as large as the canvas: about 2 s
CPU_S = 2
CPU_S_PER_PIXEL = 1 / 2**22
WALL_FACTOR = 10  # a busy machine gives a process a tenth of its time
MEMORY_NBYTES = 2**30
MEMORY_NBYTES_PER_PIXEL = 4 * 8  # RGBA; the result, its PNG, and some layers
STACK_NBYTES = 2**26
EXIT_REFUSED = 3

CHILD = f"""
import json, os, sys, threading
cpu_s, memory_nbytes, folder, options = json.loads(sys.argv[1])
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (memory_nbytes, memory_nbytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except ImportError:
    pass
sys.path.insert(0, folder)
import resvg_py
text = sys.stdin.buffer.read().decode()
def render():
    try:
        sys.stdout.buffer.write(resvg_py.svg_to_bytes(svg_string=text, **options))
        sys.stdout.buffer.flush()
        os._exit(0)
    except Exception as exc:
        sys.stderr.write(str(exc))
        sys.stderr.flush()
        os._exit({EXIT_REFUSED})
threading.stack_size({STACK_NBYTES})
threading.Thread(target=render).start()
"""


def render(drawing: Document, *, pixels: int | None, max_pixels: int, **options: Any) -> bytes:
    """Render a drawing to PNG.

    Args:
        drawing: What to draw.
        pixels: height * width of the result; None if only rendering tells.
        max_pixels: What the result may have at most; with `pixels` unknown, memory is limited accordingly.
        options: Of resvg_py.svg_to_bytes.

    Raises:
        DecodeError: resvg refused the drawing.
        LimitError: The drawing takes too much time or memory.
    """
    options = {"dpi": DPI, "font_size": FONT_SIZE, "languages": ["en"], **options}
    if pixels is not None and _is_cheap(drawing, pixels):
        return _render_here(drawing.text, options)
    return _render_apart(drawing.text, options, max_pixels if pixels is None else pixels)


def _is_cheap(drawing: Document, pixels: int) -> bool:
    limit = min(MAX_PIXELS_HERE, MAX_FILLED_HERE // drawing.cost)
    return drawing.plain and drawing.depth <= MAX_DEPTH_HERE and pixels <= limit


def _render_here(text: str, options: dict[str, Any]) -> bytes:
    try:
        return resvg_py.svg_to_bytes(svg_string=text, **options)
    except BaseException as exc:
        # A panic of Rust arrives as pyo3_runtime.PanicException, which is no Exception and cannot be
        # imported.
        if not isinstance(exc, Exception) and type(exc).__name__ != "PanicException":
            raise
        raise DecodeError(f"not a readable SVG: {exc}") from exc


def _render_apart(text: str, options: dict[str, Any], pixels: int) -> bytes:
    cpu_s = CPU_S + int(pixels * CPU_S_PER_PIXEL)
    memory_nbytes = MEMORY_NBYTES + pixels * MEMORY_NBYTES_PER_PIXEL
    folder = os.path.dirname(os.path.dirname(resvg_py.__file__))
    request = json.dumps([cpu_s, memory_nbytes, folder, options])
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", CHILD, request],
            input=text.encode(errors="replace"),
            capture_output=True,
            timeout=cpu_s * WALL_FACTOR,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as exc:
        raise LimitError(f"rendering the SVG did not end: {exc}") from exc
    if done.returncode == 0:
        return done.stdout
    if done.returncode == EXIT_REFUSED:
        raise DecodeError(f"not a readable SVG: {done.stderr.decode(errors='replace')}")
    raise LimitError(f"rendering the SVG took more than {cpu_s} s, {memory_nbytes} bytes or the stack; it was stopped")
