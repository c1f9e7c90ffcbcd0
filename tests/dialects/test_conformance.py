"""Every dialect gives back all that it says it holds, whatever the sample is, and converts into every other."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import filmroll
import pictures
from filmroll import dialects
from filmroll.boxes import Boxes
from filmroll.dialects import fields
from filmroll.errors import EncodeError, Error, UnsupportedError
from filmroll.messages import datum, example
from filmroll.sample import Sample

EXAMPLES = {name: one for name, one in dialects.DIALECTS.items() if dialects.message_of(one) == "example"}
OTHERS = {name: one for name, one in dialects.DIALECTS.items() if name not in EXAMPLES and name != "tensor_protos"}
ALL_PARTS = {"label", "text", "boxes", "box_masks", "mask", "features"}
RAW = {"array", "mnist", "stylegan"}  # they hold the pixels of a picture, not its bytes
PNG = filmroll.encode(pictures.image(5, channels=1), "png")

DEEP = pictures.image(1).astype(np.uint16) * 257
PICTURES = {
    "jpeg": {"encoded": pictures.jpeg(1)},
    "gray png": {"encoded": filmroll.encode(pictures.image(1, channels=1), "png")},
    "rgb png": {"encoded": filmroll.encode(pictures.image(2), "png")},
    "rgba png": {"encoded": filmroll.encode(pictures.image(3, channels=4), "png")},
    "16-bit png": {"encoded": filmroll.encode(DEEP, "png")},
    "webp": {"encoded": filmroll.encode(pictures.image(4), "webp")},
    "array": {"array": pictures.image(6)},
    "gray array": {"array": pictures.image(6, channels=1)[..., 0]},
    "turned array": {"array": pictures.image(6).transpose(1, 0, 2)},
    "uint16 array": {"array": DEEP},
    "float32 array": {"array": pictures.image(7).astype(np.float32) / 3},
}
NO_UINT8 = {"16-bit png", "uint16 array", "float32 array"}
REFUSED = {
    "mnist": NO_UINT8,
    "stylegan": NO_UINT8,
    "imagenet": {"uint16 array", "float32 array"},
}


def text(**options):
    return st.text(st.characters(exclude_categories=["Cs"]), **options)


@st.composite
def boxes(draw) -> Boxes:
    count = draw(st.integers(0, 3))
    corner = st.floats(0, 1, width=32)
    corners = draw(st.lists(st.tuples(corner, corner, corner, corner), min_size=count, max_size=count))

    def part(values):
        return draw(st.none() | st.lists(values, min_size=count, max_size=count))

    return Boxes(np.array(corners), part(st.sampled_from([-1, 0, 90])), part(text()), part(st.just(PNG)))


VALUES = st.one_of(
    st.lists(st.binary(), max_size=3),
    st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3).map(lambda values: np.array(values, np.int64)),
    st.lists(st.floats(width=32, allow_nan=False), max_size=3).map(lambda values: np.array(values, np.float32)),
    st.none(),
)
NAMES = st.sampled_from(["x", "y/z", "image/view", "objects/is_crowd", "é"])
KEYS = st.text(st.sampled_from("aé b_-.7"), max_size=8).filter(lambda key: not key or key.strip("."))


@st.composite
def samples(draw) -> tuple[str, Sample]:
    name = draw(st.sampled_from(sorted(PICTURES)))
    return name, Sample(
        key=draw(KEYS),
        **PICTURES[name],
        label=draw(st.sampled_from([None, 0, 7, 999])),
        text=draw(st.none() | text(min_size=1)),
        boxes=draw(st.none() | boxes()),
        mask=draw(st.sampled_from([None, PNG])),
        features=draw(st.dictionaries(NAMES, VALUES, max_size=3)),
    )


def parsed(features) -> dict:
    return example.parse(b"".join(example.serialize(features)))


def through(dialect, sample: Sample) -> Sample:
    return dialect.to_sample(parsed(dialect.to_features(sample)))


def plain(value):
    """A value as what can be compared; a feature without values is one without a kind."""
    if value is None or isinstance(value, bytes | memoryview | str):
        return value if value is None or isinstance(value, str) else bytes(value)
    if isinstance(value, np.ndarray):
        return value.dtype.name, value.tolist()
    return [plain(item) for item in value]


def parts_of(boxes: Boxes | None):
    """Boxes as what can be compared; labels of no boxes are no labels."""
    if boxes is None:
        return None
    labels = boxes.labels if len(boxes) else None
    return plain(boxes.corners), plain(labels), plain(boxes.texts), plain(boxes.masks)


def held(sample: Sample, dialect) -> Sample:
    """The sample without the parts that the dialect does not hold."""
    missing = ALL_PARTS - dialect.HOLDS
    masks = {} if sample.boxes is None or "box_masks" not in missing else {"boxes": replace(sample.boxes, masks=None)}
    empty = {name: {} if name == "features" else None for name in missing - {"box_masks"}}
    return replace(sample, **masks | empty)


def as_read(dialect, features) -> dict:
    """Features as the reader of their container gives them."""
    if dialect.NAME == "datum":
        return datum.parse(b"".join(datum.serialize(features)))
    read = {
        name: [memoryview(one) for one in value] if isinstance(value, list) else value
        for name, value in features.items()
        if not (name.endswith("/path") and value is None)  # of a table: null, which is no feature
    }
    return ({"__key__": [memoryview(b"00000000")]} if dialects.message_of(dialect) == "members" else {}) | read


def same_but_picture(found: Sample, sent: Sample) -> None:
    assert (found.key, found.label, found.text) == (sent.key, sent.label, sent.text)
    assert parts_of(found.boxes) == parts_of(sent.boxes)
    assert plain(found.mask) == plain(sent.mask)
    assert {name: plain(value) for name, value in found.features.items()} == {
        name: plain(value) for name, value in sent.features.items()
    }


def same_pixels(found: Sample, sent: Sample) -> None:
    ours, theirs = fields.pixels(found), fields.pixels(sent)
    assert ours.dtype == theirs.dtype
    assert np.array_equal(np.atleast_3d(ours), np.atleast_3d(theirs))


def rich(picture: str = "jpeg") -> Sample:
    """A sample with all parts."""
    return Sample(
        "a.jpg",
        **PICTURES[picture],
        label=4,
        text="rosé",
        boxes=Boxes(np.array([[0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1]]), [3, 0], ["bee", "rosé"], [PNG, PNG]),
        mask=PNG,
        features={"x": np.array([1, 2]), "y/z": np.array([0.5], np.float32), "words": [b"a", b""]},
    )


@pytest.mark.parametrize("dialect", EXAMPLES.values(), ids=EXAMPLES)
def test_dialect_of_examples_holds_all_parts_of_a_sample(dialect):
    assert dialect.HOLDS == ALL_PARTS


@pytest.mark.parametrize("dialect", EXAMPLES.values(), ids=EXAMPLES)
@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(named=samples())
def test_sample_comes_back_from_its_features(dialect, named):
    name, sample = named
    if name in REFUSED.get(dialect.NAME, ()):
        with pytest.raises(Error):
            dialect.to_features(sample)
        return
    found = through(dialect, sample)
    same_but_picture(found, sample)
    if dialect.NAME == "imagenet" and name != "jpeg":  # its pictures are all JPEG
        assert found.header.format == "jpeg"
        return
    same_pixels(found, sample)
    if dialect.NAME not in RAW and sample.encoded:
        assert found.encoded == sample.encoded


@pytest.mark.parametrize("dialect", OTHERS.values(), ids=OTHERS)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(named=samples())
def test_dialect_of_another_message_gives_back_what_it_says_it_holds(dialect, named):
    _, sample = named
    sample = held(sample, dialect)
    try:
        features = dialect.to_features(sample)
    except (EncodeError, UnsupportedError):  # some store uint8 and float32 alone, some nothing
        assume(False)
    found = dialect.to_sample(as_read(dialect, features))
    found.key = found.key if dialects.message_of(dialect) == "columns" else sample.key  # the container has it
    same_but_picture(found, sample)
    same_pixels(found, sample)


@pytest.mark.parametrize("second", EXAMPLES.values(), ids=EXAMPLES)
@pytest.mark.parametrize("first", EXAMPLES.values(), ids=EXAMPLES)
def test_what_one_dialect_holds_another_one_does(first, second):
    sample = through(first, rich())
    found = through(second, sample)
    same_but_picture(found, rich())
    if second.NAME != "imagenet" or sample.encoded:
        same_pixels(found, rich())


@pytest.mark.parametrize("picture", sorted(PICTURES))
@pytest.mark.parametrize("dialect", EXAMPLES.values(), ids=EXAMPLES)
def test_dialect_is_recognised_with_boxes_and_masks_too(dialect, picture):
    if picture in REFUSED.get(dialect.NAME, ()):
        with pytest.raises(Error):
            dialect.to_features(rich(picture))
        return
    match = dialects.sniff([parsed(dialect.to_features(rich(picture)))] * 2)
    assert (match.name, match.reading) == (dialect.NAME, dialect)


@pytest.mark.parametrize("dialect", EXAMPLES.values(), ids=EXAMPLES)
def test_feature_with_a_name_of_the_dialects_own_is_refused_never_written_over(dialect):
    own = parsed(dialect.to_features(rich()))
    for name in own.keys() - rich().features.keys() - {"image/source_id", "image/class/synset"}:
        sample = rich()
        sample.features[name] = b"mine"
        with pytest.raises(UnsupportedError, match=f"'{name}' of sample 'a.jpg' has a name that .*{dialect.NAME}"):
            dialect.to_features(sample)


@pytest.mark.parametrize("dialect", EXAMPLES.values(), ids=EXAMPLES)
def test_several_labels_are_no_label_and_stay_what_they_are(dialect):
    features = parsed(dialect.to_features(rich()))
    label = dialect.PARTS.label
    features[label] = np.array([5, 6])
    sample = dialect.to_sample(features)
    assert sample.label is None
    assert sample.features[label].tolist() == [5, 6]


@pytest.mark.parametrize("dialect", EXAMPLES.values(), ids=EXAMPLES)
def test_key_that_the_container_gives_is_the_key_of_a_sample_without_its_own(dialect):
    sample = rich()
    sample.key = ""
    features = parsed(dialect.to_features(sample)) | {"__key__": [memoryview(b"00000007")]}
    found = dialect.to_sample(features)
    assert found.key == "00000007"
    assert "__key__" not in found.features


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_missing_picture_names_the_dialect_that_would_fit(name):
    other = "tfds" if name != "tfds" else "slim"
    features = parsed(dialects.get(other).to_features(rich()))
    if name == "flowers":  # its picture has the same name
        features = parsed(dialects.get("slim").to_features(rich()))
        other = "slim"
    with pytest.raises(Error, match=f"no feature .*; there are: .*; the dialect '{other}' would fit"):
        dialects.get(name).to_sample(features)


@pytest.mark.parametrize("name", ["mnist", "stylegan"])
def test_dialect_of_uint8_names_the_one_for_other_numbers(name):
    with pytest.raises(EncodeError, match="picture is float32 .*; the dialect 'array' stores it"):
        dialects.get(name).to_features(rich("float32 array"))


def test_two_dialects_that_fit_are_both_named_and_none_is_guessed():
    features = dialects.get("array").to_features(rich()) | dialects.get("mnist").to_features(rich())
    match = dialects.sniff([parsed(features)])
    assert match.name == "generic"
    assert match.why[0] == "array and mnist both fit; name one with --dialect"


def test_dialects_of_other_messages_are_not_asked():
    features = parsed(dialects.get("slim").to_features(rich()))
    assert dialects.sniff([features], message="datum").name == "generic"
    assert dialects.fitting([features]).keys() == {"slim"}
