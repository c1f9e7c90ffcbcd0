"""How samples and datasets show themselves in a notebook: small, escaped, and whole in themselves."""

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from filmroll import codecs
from filmroll.errors import Error
from filmroll.sample import Sample
from filmroll.view import values
from filmroll.view.contact_sheet import contact_sheet
from filmroll.view.thumbnails import thumbnail

if TYPE_CHECKING:
    from filmroll.dataset import Dataset

SHOWN_SAMPLES, SHOWN_FEATURES, SHOWN_CHARS = 8, 12, 80


def sample_html(sample: Sample) -> str:
    """Return a sample as HTML: its picture made small, its key, class, size, and first features."""
    rows = [("key", sample.key), ("class", _class(sample)), ("picture", _picture(sample))]
    rows += [("boxes", f"{len(sample.boxes)}")] if sample.boxes is not None else []
    rows += [(name, _short(value)) for name, value in sorted(sample.features.items())[:SHOWN_FEATURES]]
    left_out = len(sample.features) - SHOWN_FEATURES
    rows += [("…", f"{left_out} more features")] if left_out > 0 else []
    return f'<div style="display:flex;gap:16px;align-items:flex-start">{_image(sample)}{_table(rows)}</div>'


def dataset_html(roll: "Dataset") -> str:
    """Return a dataset as HTML: how many records, in which dialect, its features, and its first pictures."""
    try:
        count = f"{len(roll):,} records in {len(roll.paths):,} file{'s' if len(roll.paths) > 1 else ''}"
        rows = [("records", count), ("dialect", roll.dialect)]
        rows += [(name, f"{spec.type} {spec.shape}") for name, spec in sorted(roll.schema.items())[:SHOWN_FEATURES]]
        left_out = len(roll.schema) - SHOWN_FEATURES
        rows += [("…", f"{left_out} more features")] if left_out > 0 else []
    except (Error, OSError) as exc:
        rows = [("files", f"{len(roll.paths):,}"), ("damaged", str(exc))]
    return _table(rows) + _first_pictures(roll)


def _first_pictures(roll: "Dataset") -> str:
    samples = []
    try:
        for number in range(min(SHOWN_SAMPLES, len(roll))):
            samples.append(_sample_or_none(roll, number))
    except (Error, OSError):
        return ""
    if not any(sample.has_image for sample in samples):
        return ""
    sheet = contact_sheet(samples, columns=SHOWN_SAMPLES, thumbnail=96)
    return _img(codecs.encode(sheet, "png"), "image/png", f"the first {len(samples)} pictures")


def _sample_or_none(roll: "Dataset", number: int) -> Sample:
    try:
        return roll[number]
    except (Error, OSError):
        return Sample(f"record {number}")


def _image(sample: Sample) -> str:
    if not sample.has_image:
        return ""
    made = thumbnail(sample)
    return f"<em>{_text(made.fault)}</em>" if made.fault else _img(made.data, made.type, sample.key)


def _img(data: bytes, type: str, alt: str) -> str:
    return f'<img alt="{_text(alt)}" src="data:{type};base64,{b64encode(data).decode()}">'


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(
        f'<tr><th style="text-align:left">{_text(name)}</th><td style="text-align:left">{_text(value)}</td></tr>'
        for name, value in rows
        if value
    )
    return f"<table>{cells}</table>"


def _text(text: str) -> str:
    sound = text.encode("utf-8", "backslashreplace").decode()
    return escape(sound if len(sound) <= SHOWN_CHARS else f"{sound[: SHOWN_CHARS - 1]}…")


def _class(sample: Sample) -> str:
    label = "" if sample.label is None else str(sample.label)
    return f"{label} ({sample.text})" if label and sample.text else sample.text or label


def _picture(sample: Sample) -> str:
    try:
        if sample.array is not None:
            return f"array {sample.array.dtype} {sample.array.shape}"
        return f"{sample.header.format} {sample.header.shape}, {len(sample.encoded or b''):,} bytes"
    except Error as exc:
        return exc.message if sample.encoded else "none"


def _short(value: Any) -> str:
    """Say what a feature holds, whatever was put there."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape}: {', '.join(map(_short, value.ravel()[:6].tolist()))}"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bytes | bytearray | memoryview):
        text, more, kind = values.preview(value)
        return f"{text} (… {more:,} more bytes)" if more and kind == "bytes" else text
    return f"{len(value):,} values" if isinstance(value, list) else str(value)
