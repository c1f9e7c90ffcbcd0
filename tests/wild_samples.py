"""Samples with anything in them, for round trips by hypothesis, and what it means that two are equal."""

import dataclasses

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pictures
from filmroll.boxes import Boxes
from filmroll.dialects import values
from filmroll.sample import Sample

PNG = pictures.filmroll.encode(pictures.image(1, height=6, width=7), "png")
MASK = pictures.filmroll.encode(pictures.image(2, height=6, width=7, channels=1), "png")
PICTURES = [
    pictures.jpeg(1),
    PNG,
    pictures.filmroll.encode(np.arange(6.0), "npy"),
    b"<svg xmlns='http://www.w3.org/2000/svg' width='4' height='3'/>",
    b"no picture at all",
    b"",
]
ARRAYS = [
    pictures.image(3),
    pictures.image(4, channels=1),
    pictures.image(5)[..., 0],
    pictures.image(6).astype(">u2"),
    np.zeros((0, 3, 3), np.uint8),
    np.arange(12, dtype=np.float64).reshape(3, 4),
    np.array(3),
]
TRICKY = [
    *("cls", "txt", "json", "filmroll.json", "seg.png", "mask.png", "depth.png", "jpg", "png", "npy", "bin", "caption"),
    *("key", "label", "text", "image", "img", "mask", "picture", "without_kind", "objects", "feature:label", "x/bytes"),
    *("x/path", "image/bytes", "image/path", "image/height", "objects/bbox", "objects/bbox/lengths", "objects/area"),
    *("objects/corners", "objects/corners/lengths", "x", "x/lengths", "x/lengths_2", "__key__", "__url__", "", "A.B"),
]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
names = st.sampled_from(TRICKY) | texts
any_bytes = st.binary(max_size=12) | st.sampled_from([b"7", b" -3\n", b'{"a": 1}', b'{"filmroll":1}', PNG, b"\xff"])
float32s = hnp.arrays(np.uint32, st.integers(0, 5)).map(lambda bits: bits.view(np.float32))  # every NaN too
numbers = (
    float32s
    | hnp.arrays(np.int64, st.integers(0, 5))
    | hnp.arrays(np.float64, st.integers(0, 5), elements=st.floats(allow_nan=False))
    | hnp.arrays(np.uint64, st.integers(0, 5))
)
features = st.dictionaries(
    names, numbers | st.lists(any_bytes, max_size=3) | any_bytes | texts | st.none() | st.integers(-9, 9), max_size=6
)
# Keys of files whose names are no UTF-8, too.
keys = st.sampled_from(
    ["", "rose/a b.jpg", "IMG.2020.01.jpg", ".hidden", "a/", "/etc/x", "../up", "__m__/a", "50%2E"]
) | (st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("./%_\udce9\0"), max_size=12))


@st.composite
def boxes(draw, *, sane=False):
    count = draw(st.integers(0, 3))
    if sane:
        corners = np.sort(draw(hnp.arrays(np.float32, (count, 2, 2), elements=st.floats(0, 1, width=32))), axis=1)
    else:
        corners = draw(hnp.arrays(np.uint32, (count, 4))).view(np.float32)
    return Boxes(
        corners.reshape(count, 4),
        labels=draw(st.none() | hnp.arrays(np.int64, count)),
        texts=draw(st.none() | st.lists(texts, min_size=count, max_size=count)),
        masks=draw(st.none() | st.just([MASK] * count)),
    )


@st.composite
def samples(draw):
    picture = draw(st.sampled_from(["encoded", "array", "none"]))
    return Sample(
        key=draw(keys),
        encoded=draw(st.sampled_from(PICTURES)) if picture == "encoded" else None,
        array=draw(st.sampled_from(ARRAYS)) if picture == "array" else None,
        label=draw(st.none() | st.integers(-(2**63), 2**63 - 1)),
        text=draw(st.none() | texts),
        boxes=draw(st.none() | boxes() | boxes(sane=True)),
        mask=draw(st.none() | st.just(MASK)),
        features=draw(features),
    )


def plain(value):
    """Turn a value into one that is equal to another if and only if type and bits are."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, memoryview | bytearray):
        return bytes(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Boxes):
        return [plain(getattr(value, field.name)) for field in dataclasses.fields(value)]
    return value


def assert_same(back: Sample, sample: Sample) -> None:
    """Hold all parts of two samples against each other, features as messages would give them."""
    parts = ("key", "label", "text", "boxes", "mask")
    assert {name: plain(getattr(back, name)) for name in parts} == {
        name: plain(getattr(sample, name)) for name in parts
    }
    wanted = values.parsed(sample.features)
    assert {name: plain(value) for name, value in back.features.items()} == {
        name: plain(value) for name, value in wanted.items()
    }
    if sample.array is None:
        assert plain(back.encoded) == plain(sample.encoded)
    else:
        assert (
            plain(np.ascontiguousarray(back.image)) == plain(np.ascontiguousarray(sample.array))
            or sample.array.ndim == 0
        )
        assert back.image.shape == sample.array.shape
