"""What may be asked of a feature, and what may not."""

import numpy as np
import pytest

from filmroll.messages.columns import Spec


@pytest.mark.parametrize(
    ("spec", "count", "varies"),
    [
        (Spec("int64"), 1, False),
        (Spec("int64", (3,)), 3, False),
        (Spec("bytes", (2, 3)), 6, False),
        (Spec("float32", (None,)), 1, True),
        (Spec("float32", [None, 4]), 4, True),
    ],
)
def test_shape_says_how_many_values(spec, count, varies):
    assert (spec.count, spec.varies) == (count, varies)
    assert spec.accepts(np.array([0, count, 2 * count, count + 1])).tolist() == [
        varies,
        True,
        varies,
        varies and count == 1,
    ]


@pytest.mark.parametrize("shape", [(0,), (-1,), (2, None), (None, None), (1.5,), "ab"])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="None in front at most"):
        Spec("int64", shape)


def test_unknown_type_is_refused():
    with pytest.raises(ValueError, match="'string' is none of bytes, float32, int64"):
        Spec("string")


@pytest.mark.parametrize(
    ("spec", "defaults"),
    [
        (Spec("int64", (2,), 7), [7, 7]),
        (Spec("int64", (2, 2), [[1, 2], [3, 4]]), [1, 2, 3, 4]),
        (Spec("float32", (), 1), [1.0]),
        (Spec("float32", (None,), []), []),
        (Spec("int64", (None, 2), [1, 2, 3, 4]), [1, 2, 3, 4]),
        (Spec("int64", (), True), [1]),
        (Spec("float32", (), np.inf), [np.inf]),
        (Spec("bytes", (2,), "é"), ["é".encode()] * 2),
        (Spec("bytes", (2,), [b"a", bytearray(b"b")]), [b"a", b"b"]),
    ],
)
def test_default_is_one_for_all_or_as_many_as_the_shape(spec, defaults):
    assert list(spec.defaults) == defaults


@pytest.mark.parametrize(
    ("kind", "shape", "default"),
    [
        ("int64", (), 0.5),
        ("int64", (), "1"),
        ("int64", (), 2**64),
        ("int64", (), 2**63),
        ("int64", (2,), [1, 2, 3]),
        ("int64", (None, 2), [1]),
        ("float32", (), b"x"),
        ("float32", (), [1e300]),
        ("bytes", (), 1),
        ("bytes", (3,), [b"a", b"b"]),
    ],
)
def test_other_defaults_are_refused(kind, shape, default):
    with pytest.raises(ValueError, match="the default"):
        Spec(kind, shape, default)
