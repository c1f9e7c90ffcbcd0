"""The measurements as a picture: size against what is lost, and size against speed, the recommended one marked.

One shape of marker for each way to encode, so that it is readable in print and without colours; the qualities of one
encoder are joined by a line.
"""

import io
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filmroll import atomic, figures
from filmroll.advising.advice import Advice
from filmroll.advising.measurement import Measurement
from filmroll.errors import MissingDependencyError, UnsupportedError

FORMATS = ("png", "svg", "pdf")
SSIMS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
IDENTICAL = 34.0  # decibels where "identical" stands; SSIM 0.999 is 30
LIGHT = {"paper": "#ffffff", "ink": "#1f2023", "soft": "#5b5c62", "line": "#dedbd3"}
DARK = {"paper": "#1d1f22", "ink": "#ececea", "soft": "#a6a8ad", "line": "#34373c"}


@dataclass(frozen=True, slots=True)
class Series:
    """Candidates that are drawn alike.

    Attributes:
        label: What the legend says.
        marker: Matplotlib's name of a shape.
        color: Of Okabe and Ito's, which most people can tell apart; None for that of the text.
    """

    label: str
    marker: str
    color: str | None


SERIES = {
    "kept": Series("as they are", "*", None),
    "array": Series("array, NPY", "s", "#999999"),
    "png": Series("PNG", "D", "#56b4e9"),
    "webp": Series("WebP", "P", "#009e73"),
    "webp-lossless": Series("WebP, lossless", "X", "#009e73"),
    "jpeg": Series("JPEG", "o", "#d55e00"),
    "jpeg-444": Series("JPEG, 4:4:4", "h", "#e69f00"),
    "jpegli": Series("jpegli", "^", "#cc79a7"),
    "guetzli": Series("Guetzli", "v", "#0072b2"),
    "avif": Series("AVIF", "d", "#8c6bb1"),
}


def write(path: str | os.PathLike[str], advice: Advice) -> None:
    """Draw the plot into a file, whole or not at all.

    Args:
        path: The file; its suffix says the format: .png, .svg or .pdf.
        advice: What `advise` found.

    Raises:
        UnsupportedError: The suffix is another one.
        MissingDependencyError: Matplotlib is not installed.
        OSError: It cannot be written.
    """
    check(path)
    drawn = draw(advice, format=_format_of(path))
    with atomic.writing(path) as file:
        file.write(drawn)


def check(path: str | os.PathLike[str] | None = None) -> None:
    """Check that a plot can be drawn into that file, before there is anything to draw; None is no file.

    Raises:
        UnsupportedError: The suffix is none that plots have.
        MissingDependencyError: Matplotlib is not installed.
    """
    if path is not None and _format_of(path) not in FORMATS:
        raise UnsupportedError(f"a plot is a file named .{', .'.join(FORMATS)}", path=path)
    _matplotlib()


def draw(advice: Advice, *, format: str = "png", dark: bool = False, narrow: bool = False) -> bytes:
    """Draw the plot.

    Args:
        advice: What `advise` found.
        format: "png", "svg" or "pdf".
        dark: Light on dark.
        narrow: One part above the other, for small screens.

    Raises:
        MissingDependencyError: Matplotlib is not installed.
    """
    matplotlib, Figure = _matplotlib()  # noqa: N806
    colors = DARK if dark else LIGHT
    with matplotlib.rc_context({"svg.hashsalt": "filmroll", "font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(4.6, 8.6) if narrow else (10, 4.8), facecolor=colors["paper"], layout="constrained")
        quality, speed = figure.subplots(2, 1) if narrow else figure.subplots(1, 2)
        _draw_quality(quality, advice, colors)
        _draw_speed(speed, advice, colors)
        handles, labels = quality.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=3 if narrow else 5, frameon=False,
            labelcolor=colors["ink"], handletextpad=0.4, columnspacing=1.6,
        )  # fmt: skip
        out = io.BytesIO()
        known = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(format)
        figure.savefig(out, format=format, dpi=160, facecolor=colors["paper"], metadata=known)
    return out.getvalue()


def _format_of(path: str | os.PathLike[str]) -> str:
    return Path(path).suffix.lower().removeprefix(".")


def _matplotlib() -> tuple[Any, Any]:
    """Return the package and its Figure."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError as exc:
        raise MissingDependencyError("plots need Matplotlib: pip install 'filmroll[plot]'") from exc
    return matplotlib, Figure


def series_of(one: Measurement) -> str:
    """Name the series that a candidate is drawn in."""
    options = one.candidate.options
    if "encoder" in options:
        return str(options["encoder"])
    if options.get("lossless"):
        return "webp-lossless"
    family = "array" if one.candidate.family == "npy" else one.candidate.family
    return "jpeg-444" if options.get("subsampling") == "4:4:4" else family


def _draw_quality(axes: Any, advice: Advice, colors: dict[str, str]) -> None:
    points = [(one, _decibels(one)) for one in advice.candidates]
    known = [(one, value) for one, value in points if value is not None]
    _draw_points(axes, known, advice, colors, joined=True)
    _name_chosen(axes, advice, colors)
    low = min((value for _, value in known), default=0.0)
    ticks = [one for one in SSIMS if -10 * math.log10(1 - one) >= low - 2]
    axes.set_yticks([*(-10 * math.log10(1 - one) for one in ticks), IDENTICAL])
    axes.set_yticklabels([*(f"{one:g}" for one in ticks), "identical"])
    axes.set_ylim(low - 1.5, IDENTICAL + 2.5)
    axes.set_title("Size and what is lost", loc="left", color=colors["ink"], fontweight="bold")
    axes.set_ylabel("SSIM against the source", color=colors["soft"])


def _draw_speed(axes: Any, advice: Advice, colors: dict[str, str]) -> None:
    read = [(one, one.read_per_s) for one in advice.candidates if one.read_per_s is not None]
    decoded = [(one, one.decode_per_s) for one in advice.candidates if one.decode_per_s is not None]
    _draw_points(axes, read or decoded, advice, colors)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(lambda value, _: figures.rate(value))
    axes.yaxis.set_minor_formatter(lambda value, _: figures.rate(value) if f"{value:e}"[0] in "25" else "")
    axes.set_title("Size and speed", loc="left", color=colors["ink"], fontweight="bold")
    size = "as they are" if advice.size is None else f"crops of {advice.size} x {advice.size}"
    what = f"pictures/s through batches, {size}" if read else "pictures decoded/s, one core"
    axes.set_ylabel(what, color=colors["soft"])


def _draw_points(
    axes: Any,
    points: Sequence[tuple[Measurement, float]],
    advice: Advice,
    colors: dict[str, str],
    *,
    joined: bool = False,
) -> None:
    for name, series in SERIES.items():
        found = [(one, value) for one, value in points if series_of(one) == name]
        whole, copies = ([pair for pair in found if (pair[0].edge is None) == is_whole] for is_whole in (True, False))
        color = series.color or colors["ink"]
        marker = {"marker": series.marker, "markersize": 10 if name == "kept" else 6.5, "color": color}
        line = {"linestyle": "-" if joined and name.startswith("jp") else "", "linewidth": 1}
        over = {"zorder": 4 if name == "kept" else 3}
        axes.plot(*_columns(whole), label=series.label if whole else None, **marker, **line, **over)
        axes.plot(*_columns(copies), linestyle="", fillstyle="none", **marker, **over)
    if any(one.edge is not None for one, _ in points):
        axes.plot([], [], "o", fillstyle="none", color=colors["soft"], label="hollow: made smaller")
    chosen = _columns([(one, value) for one, value in points if one.name == advice.recommended])
    ring = {"markersize": 16, "fillstyle": "none", "color": colors["ink"], "markeredgewidth": 1.8, "zorder": 5}
    axes.plot(*chosen, "o", label="recommended", **ring)
    _dress(axes, colors)


def _columns(points: Sequence[tuple[Measurement, float]]) -> tuple[list[int], list[float]]:
    return [one.nbytes for one, _ in points], [value for _, value in points]


def _name_chosen(axes: Any, advice: Advice, colors: dict[str, str]) -> None:
    """Write the name of the recommended one beside it, on the side where there is room."""
    sizes = sorted(math.log(one.nbytes) for one in advice.candidates)
    value = _decibels(advice.chosen)
    if value is not None:
        is_left = math.log(advice.chosen.nbytes) < (sizes[0] + sizes[-1]) / 2
        axes.annotate(
            advice.recommended,
            (advice.chosen.nbytes, value),
            xytext=(8 if is_left else -8, -19),
            textcoords="offset points",
            ha="left" if is_left else "right",
            color=colors["ink"],
            fontweight="bold",
        )


def _dress(axes: Any, colors: dict[str, str]) -> None:
    axes.set_xscale("log")
    axes.set_xlabel("bytes a picture", color=colors["soft"])
    axes.xaxis.set_major_formatter(lambda value, _: _round_bytes(value))
    axes.xaxis.set_minor_formatter(lambda value, _: _round_bytes(value) if f"{value:e}"[0] in "25" else "")
    axes.tick_params(which="both", colors=colors["soft"], labelsize=8, length=3, pad=4)
    axes.grid(which="major", color=colors["line"], linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_facecolor(colors["paper"])
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(colors["line"])


def _round_bytes(value: float) -> str:
    return figures.human(value).replace(".0 ", " ")


def _decibels(one: Measurement) -> float | None:
    """Return the SSIM on a scale on which each step to the better counts: 0.9 is 10, 0.99 is 20."""
    if one.identical or one.ssim == 1.0:
        return IDENTICAL
    return None if one.ssim is None else min(-10 * math.log10(max(1 - one.ssim, 1e-9)), IDENTICAL - 1.5)
