"""The advice as one page that holds all it needs: the sentence, the plots, the table, and what becomes of a picture."""

import base64
import os
from collections import defaultdict
from html import escape
from importlib import resources

from filmroll import atomic, codecs, figures
from filmroll.advising import plot, table
from filmroll.advising.advice import Advice
from filmroll.advising.crop import SIDE, Crop, crops

ZOOM = 3


def write(path: str | os.PathLike[str], advice: Advice) -> None:
    """Write the page, whole or not at all.

    Args:
        path: The file.
        advice: What `advise` found.

    Raises:
        MissingDependencyError: Matplotlib is not installed.
        OSError: It cannot be written.
    """
    page = render(advice)
    with atomic.writing(path) as file:
        file.write(page.encode("utf-8", "backslashreplace"))


def render(advice: Advice) -> str:
    """Return the page: HTML that asks for nothing else, in light and dark, for screens of any width.

    Raises:
        MissingDependencyError: Matplotlib is not installed.
    """
    style = resources.files("filmroll.advising").joinpath("page.css").read_text("utf-8")
    parts = (_head(advice), _plots(advice), _table(advice), _containers(advice), _crops(crops(advice)), _notes(advice))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>How to store {escape(advice.source)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(advice: Advice) -> str:
    answer, _, reason = advice.why.partition(": ")
    pictures = "1 picture" if advice.count == 1 else f"{len(advice.sample):,} of {advice.count:,} pictures"
    changes = "".join(f"<li>{escape(line)}</li>" for line in advice.otherwise)
    otherwise = f"<details open><summary>What would change the answer</summary><ul>{changes}</ul></details>"
    return (
        f'<header>\n<p class="soft">{escape(advice.source)} · {pictures} · goal: {advice.goal}</p>\n'
        f"<h1>{escape(answer)}</h1>\n<p>{escape(reason[:1].upper() + reason[1:])}</p>\n{otherwise if changes else ''}\n"
        "</header>"
    )


def _plots(advice: Advice) -> str:
    """Show the plots in four forms, of which the browser takes the one that fits."""
    sources = [
        f'<source srcset="{_svg(plot.draw(advice, format="svg", dark=dark, narrow=narrow))}" media="{media}">'
        for dark, narrow, media in (
            (True, True, "(prefers-color-scheme: dark) and (max-width: 700px)"),
            (False, True, "(max-width: 700px)"),
            (True, False, "(prefers-color-scheme: dark)"),
        )
    ]
    usual = _svg(plot.draw(advice, format="svg"))
    text = f"Size against SSIM, and size against speed; recommended: {advice.recommended}"
    return f'<picture class="plots">{"".join(sources)}<img src="{usual}" alt="{escape(text)}"></picture>'


def _table(advice: Advice) -> str:
    columns = table.columns(advice.candidates)
    heads = "".join(
        f'<th scope="col" title="{escape(one.explanation)}">{escape(one.heading).replace(chr(10), "<br>")}</th>'
        for one in columns
    )
    rows = []
    for one in advice.candidates:
        cells = "".join(f"<td>{escape(column.cell(one))}</td>" for column in columns)
        fate = table.fate(one)
        kind = ' class="chosen" aria-current="true"' if one.name == advice.recommended else ""
        last = f'<td class="{fate.replace(" ", "-")}">{fate}</td>'
        rows.append(f'<tr{kind}><th scope="row">{escape(one.name)}</th>{cells}{last}</tr>')
    size = "as they are" if advice.size is None else f"as random crops of {advice.size} x {advice.size} pixels"
    return (
        f"<section>\n<h2>Every way to store them</h2>\n"
        f'<p class="soft">Encoded and decoded on one core; read through batches, {size}, from TFRecord files.</p>\n'
        f'<div class="wide" tabindex="0" role="region" aria-label="Table"><table>\n'
        f'<thead><tr><th scope="col"></th>{heads}<th scope="col">comes<br>back</th></tr></thead>\n'
        f"<tbody>\n{chr(10).join(rows)}\n</tbody></table></div>\n</section>"
    )


def _containers(advice: Advice) -> str:
    if not advice.containers:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(one.name)}</th><td>{one.nbytes:,}</td><td>{figures.rate(one.read_per_s)}</td>'
        f"<td>{'any record at once' if one.is_random else 'one after the other'}</td></tr>"
        for one in advice.containers
    )
    heads = "".join(f'<th scope="col">{one}</th>' for one in ("", "bytes", "read<br>/s", "access"))
    return (
        "<section>\n<h2>The recommended ones in record files</h2>\n"
        '<div class="wide" tabindex="0" role="region" aria-label="Record files"><table>\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody></table></div>\n</section>"
    )


def _crops(found: list[Crop]) -> str:
    if not found:
        return ""
    return (
        "<section>\n<h2>What becomes of the pixels</h2>\n"
        f'<p class="soft">{SIDE} x {SIDE} pixels where JPEG errs most, at 1:1 and {ZOOM} times as large.</p>\n'
        f'<ul class="crops">\n{"".join(map(_crop, found))}</ul>\n</section>'
    )


def _crop(crop: Crop) -> str:
    one, source = crop.measurement, _uri(crop)
    height, width = crop.image.shape[:2]
    name = "the source, and all that give it back" if crop.is_same else one.name
    numbers = (
        ""
        if crop.is_same
        else f"{figures.human(one.nbytes)}, SSIM {one.ssim if one.ssim is None else f'{one.ssim:.4f}'}"
    )
    sizes = (("small", width, height), ("large", ZOOM * width, ZOOM * height))
    images = "".join(
        f'<img class="{kind}" src="{source}" width="{across}" height="{down}" alt="{escape(name)}, {kind}">'
        for kind, across, down in sizes
    )
    return f"<li><figure>{images}<figcaption><b>{escape(name)}</b> {numbers}</figcaption></figure></li>\n"


def _notes(advice: Advice) -> str:
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, why in advice.left_out.items():
        reasons[why].append(name)
    lines = [f"Left out: {', '.join(names)}: {why}." for why, names in reasons.items()]
    lines += [f"Unreadable: {where}: {why}." for where, why in advice.unreadable]
    lines += [f"{note[:1].upper()}{note[1:]}." for note in advice.notes]
    lines.append(f"Measured in {advice.seconds:.0f} s, seed {advice.seed}, by filmroll advise.")
    return f'<footer class="soft">{"".join(f"<p>{escape(line)}</p>" for line in lines)}</footer>'


def _uri(crop: Crop) -> str:
    encoded = codecs.encode(crop.image, "webp", lossless=True, quality=100)
    return f"data:image/webp;base64,{base64.b64encode(encoded).decode()}"


def _svg(drawn: bytes) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn).decode()}"
