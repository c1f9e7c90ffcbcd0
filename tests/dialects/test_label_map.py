"""Label maps in protobuf's text format: real ones, what protobuf itself reads and writes, and hostile ones."""

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from hypothesis import given, settings
from hypothesis import strategies as st

from filmroll.dialects import label_map
from filmroll.dialects.label_map import Item
from filmroll.errors import EncodeError, Error, LimitError, ParseError

CAT_AND_DOG = [Item(1, "n02121808", "cat"), Item(2, "dog")]
WRITTEN = """item {
  id: 1
  name: 'n02121808'
  display_name: 'cat'
}

item {
  id: 2
  name: 'dog'
}
"""


@pytest.fixture(scope="module")
def theirs():
    """The message of the TF Object Detection API, made for protobuf: string_int_label_map.proto."""
    file = descriptor_pb2.FileDescriptorProto(name="label_map.proto", package="test", syntax="proto2")
    item = file.message_type.add(name="Item")
    string, int32, message = 9, 5, 11
    for number, (name, kind) in enumerate([("name", string), ("id", int32), ("display_name", string)], start=1):
        item.field.add(name=name, number=number, type=kind, label=1)
    whole = file.message_type.add(name="Map")
    whole.field.add(name="item", number=1, type=message, type_name=".test.Item", label=3)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("test.Map"))


def test_items_are_written_as_people_write_them():
    assert label_map.serialize(CAT_AND_DOG) == WRITTEN
    assert label_map.parse(WRITTEN) == CAT_AND_DOG
    assert label_map.parse(WRITTEN.encode()) == CAT_AND_DOG


def test_names_are_listed_by_label_with_gaps():
    assert label_map.names([Item(4, "d"), *CAT_AND_DOG, Item(0, "background")]) == ["cat", "dog", "", "d"]
    assert label_map.names([]) == []
    assert label_map.of_names(["cat", "", "dog"]) == [Item(1, "cat"), Item(3, "dog")]


@pytest.mark.parametrize("folder", ["tf_detection_api_dataset", "roboflow_dataset/tfrecord/train"])
def test_real_map_names_the_classes_of_the_records_beside_it(data, folder):
    import filmroll

    names = label_map.names(label_map.parse((data / "records/datumaro" / folder / "label_map.pbtxt").read_bytes()))
    assert names == [f"label_{number}" for number in range(len(names))]
    with filmroll.open(data / "records/datumaro" / folder / "train.tfrecord") as roll:
        for sample in roll:
            for label, text in zip(sample.boxes.labels.tolist(), sample.boxes.texts, strict=True):
                assert text == (names[label] if label >= 0 else "")


@pytest.mark.parametrize(
    "text",
    [
        'item{name:"a"id:1}',
        "item: { id: 1, name: 'a'; }",
        "item < id: 1 name: 'a' >",
        "# a map\nitem { # one\n  id: 1 name: 'a' # of 'b'\n}\n",
        "\ufeffitem { id: 1 name: 'a' }",
        "item { id: 1 name: '' 'a' \"\" }",
        "item { id: 1 name: '\\141' }",
        "item { id: 1 name: '\\x61' }",
        "item { id: 1 name: '\\u0061' }",
        "item [ { id: 1 name: 'a' } ]",
        "item { id: 1 name: 'a' keypoints { id: 1 label: 'nose' } keypoints: [{}, {}] frequency: RARE count: 1.5e3 }",
        "version: 2 item { id: 1 name: 'a' }",
    ],
)
def test_any_way_of_writing_it_is_read(text):
    assert label_map.parse(text.encode()) == [Item(1, "a")]


def test_item_with_a_name_for_people_only_is_called_that():
    assert label_map.parse("item { id: 1 display_name: 'cat' }") == [Item(1, "cat", "cat")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("item {\n id: 1\n", "line 3: the end, expected the name of a field, or }"),
        ("item { id: 1 name: 'a' }\n}", "line 2: '}', expected the name of a field"),
        ("item { name: 'a' }", "line 1: an item without an id"),
        ("item { id: 'one' name: 'a' }", "line 1: an item without an id that is a whole number"),
        ("item { id: { } name: 'a' }", "an item without an id"),
        ("\nitem { id: 1 }", "line 2: an item without a name"),
        ("item { id: 1 name: a }", "line 1: the field name is no text in quotation marks"),
        ("item { id: 1 name: {} }", "the field name is no text"),
        ("item: 5", "line 1: item is '5', expected fields between braces"),
        ("item { id: 1 name: 'a\n' }", 'line 1: "\'", expected a value'),
        ("item { id: 1 name: 'a' } item { id: 1 name: 'b' }", "id 1 is 'a' and 'b'"),
        ("item { id: -1 name: 'a' }", "id -1 of 'a'; ids are 1 or more"),
        ("item { id: 1 name: '\\400' }", "line 1: no escape of a text"),
        ("item { id: 1 name: '\\q' }", "no escape"),
        ("item { id: 1 name: '\\ud800' }", "no escape"),
        ("item { id: 1 name: '\\xff' }", "the escapes of a name are no UTF-8"),
        ("\x08\x96\x01", "'\\\\x08', expected the name of a field"),
        ("item { id: 1 name: '\ud800' }", "no UTF-8"),
    ],
)
def test_what_is_no_label_map_is_an_error_with_its_line(text, sentence):
    with pytest.raises(ParseError, match=sentence):
        label_map.parse(text)


def test_bytes_that_are_no_utf8_are_refused():
    with pytest.raises(ParseError, match="byte 21 is not"):
        label_map.parse(b"item { id: 1 name: 'a\xff' }")


def test_hostile_maps_are_bounded():
    with pytest.raises(LimitError, match="id 2147483647 of 'a', above the limit"):
        label_map.parse("item { id: 2147483647 name: 'a' }")
    with pytest.raises(LimitError, match="more than 16 deep"):
        label_map.parse("a {" * 100_000)
    with pytest.raises(LimitError, match="12 bytes, above the limit of 10"):
        label_map.parse("# 0123456789", max_nbytes=10)
    with pytest.raises(ParseError, match="whole number"):
        label_map.parse(f"item {{ id: {'9' * 100_000} name: 'a' }}")
    with pytest.raises(ParseError, match="line 1: '\"', expected the name"):
        label_map.parse('"' + "a" * 1_000_000)
    assert label_map.parse("#" * 1_000_000) == []


def test_ids_that_cannot_be_read_are_not_written():
    for items in ([Item(-1, "a")], [Item(1, "a"), Item(1, "b")], [Item(2**31, "a")]):
        with pytest.raises(EncodeError, match="id"):
            label_map.serialize(items)
    with pytest.raises(EncodeError, match="no text that UTF-8 can hold"):
        label_map.serialize([Item(1, "\ud800")])


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.tuples(TEXTS, st.none() | TEXTS), max_size=5))
def test_protobuf_reads_what_is_written_and_what_it_writes_is_read(theirs, names):
    items = [Item(number, *pair) for number, pair in enumerate(names, start=1)]
    text = label_map.serialize(items)
    assert label_map.parse(text) == items
    read = text_format.Parse(text, theirs())
    found = [Item(one.id, one.name, one.display_name if one.HasField("display_name") else None) for one in read.item]
    assert found == items
    assert label_map.parse(text_format.MessageToString(read)) == items
    assert label_map.parse(text_format.MessageToString(read, as_utf8=True, as_one_line=True)) == items


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(st.sampled_from("item{}<>[]:'\"\\ #\nid1name,x")))
def test_any_text_is_read_or_refused(text):
    try:
        items = label_map.parse(text)
    except Error:
        return
    assert all(isinstance(item, Item) for item in items)
