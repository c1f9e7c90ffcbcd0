"""Tables of pictures, as people write them; what is wrong is told by line and column."""

import csv
import json

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import FormatError, SourceError, UnsupportedError
from filmroll.sources import table


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "more").mkdir()
    for number, name in enumerate(("a.jpg", "b c.jpg", "more/d.jpg")):
        (tmp_path / name).write_bytes(pictures.jpeg(number))  # 32 wide, 24 high
    return tmp_path


@pytest.fixture
def write(photos):
    def write_text(text, name="t.csv"):
        (photos / name).write_text(text, "utf-8")
        return photos / name

    return write_text


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_row_is_a_picture_with_all_that_stands_in_it(write):
    path = write("file_name,label,caption,width,score,id\na.jpg,1,eine Röse,640,0.5,007\nb c.jpg,0,,10,2,8\n")
    listing = table.read(path)
    sample = listing.items[0].read()
    assert bytes(sample.encoded) == pictures.jpeg(0)
    assert (sample.key, sample.label, sample.text) == ("a.jpg", 1, "eine Röse")
    assert sample.features == {"width": 640, "score": 0.5, "id": "007"}
    assert listing.items[1].read().features == {"width": 10, "score": 2.0, "id": "8"}
    assert listing.parts == {"label", "text", "features"}
    assert listing.label_names == []


@pytest.mark.parametrize("column", ["path", "file_name", "filename"])
def test_column_of_paths_has_any_of_three_names(write, column):
    [item] = table.read(write(f"{column}\nmore/d.jpg\n")).items
    assert (item.key, bytes(item.read().encoded)) == ("more/d.jpg", pictures.jpeg(2))
    assert item.nbytes == len(pictures.jpeg(2))


def test_names_of_classes_are_numbered_in_their_order(write):
    listing = table.read(write("path,label\na.jpg,tulip\nb c.jpg,daisy\nmore/d.jpg,\n"))
    assert listing.label_names == ["daisy", "tulip"]
    assert [(item.label, item.text) for item in listing.items] == [(1, "tulip"), (0, "daisy"), (None, None)]
    assert listing.parts == {"label"}
    assert listing.remarks == ["without a label: 1 of 3 rows, the first in line 4"]


def test_table_of_labelled_rows_or_of_none_needs_no_remark(write):
    assert table.read(write("path,label\na.jpg,1\n")).remarks == []
    assert table.read(write("path,width\na.jpg,1\n")).remarks == []


def test_names_of_classes_given_fix_the_numbers(write):
    listing = table.read(write("path,label\na.jpg,b\n"), label_names=["a", "b"])
    assert [(item.label, item.text) for item in listing.items] == [(1, "b")]
    listing = table.read(write("path,label\na.jpg,1\n"), label_names=["a", "b"])
    assert [(item.label, item.text) for item in listing.items] == [(1, "b")]


def test_class_with_a_caption_keeps_both(write):
    listing = table.read(write("path,label,text\na.jpg,rose,red\n"))
    assert (listing.items[0].label, listing.items[0].text, listing.label_names) == (0, "red", ["rose"])
    assert listing.parts == {"label", "text"}


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("c", "line 3, column 'label': class 'c' is not among the label names: a, b"),
        ("2", "line 3, column 'label': class '2' is not among the label names: a, b"),
    ],
)
def test_class_that_the_names_given_lack_is_told_by_line(write, label, sentence):
    path = write(f"path,label\na.jpg,a\nb c.jpg,{label}\n")
    with pytest.raises(FormatError, match=sentence) as caught:
        table.read(path, label_names=["a", "b"])
    assert caught.value.path == str(path)


@pytest.mark.parametrize(("label", "names"), [("-1", None), ("2", ["a", "b"]), ("-1", ["a", "b"])])
def test_number_that_is_no_class_is_told_by_line(write, label, names):
    with pytest.raises(FormatError, match=f"line 3, column 'label': label {label}; labels count from 0"):
        table.read(write(f"path,label\na.jpg,0\nb c.jpg,{label}\n"), label_names=names)


# Boxes

COCO = "[[8, 6, 16, 12], [0, 0, 32, 24]]"
WANTED = [[0.25, 0.25, 0.75, 0.75], [0, 0, 1, 1]]


@pytest.mark.parametrize(
    ("form", "boxes"),
    [
        ("coco", COCO),
        ("pascal", "[[8, 6, 24, 18], [0, 0, 32, 24]]"),
        ("xyxy", "[[0.25, 0.25, 0.75, 0.75], [0, 0, 1, 1]]"),
        ("yxyx", "[[0.25, 0.25, 0.75, 0.75], [0, 0, 1, 1]]"),
    ],
)
@pytest.mark.parametrize("column", ["boxes", "bbox", "bboxes"])
def test_boxes_of_every_form_become_shares(write, form, boxes, column):
    listing = table.read(write(f'path,{column}\na.jpg,"{boxes}"\nb c.jpg,\nmore/d.jpg,[]\n'), box_format=form)
    assert listing.items[0].read().boxes.corners.tolist() == WANTED
    assert listing.items[1].read().boxes is None
    assert len(listing.items[2].read().boxes) == 0
    assert listing.parts == {"boxes"}


def test_boxes_have_classes(write):
    path = write(lines({"path": "a.jpg", "boxes": json.loads(COCO), "box_labels": ["dog", "cat"]}), "t.jsonl")
    listing = table.read(path, box_format="coco")
    boxes = listing.items[0].read().boxes
    assert (boxes.labels.tolist(), boxes.texts, listing.label_names) == ([1, 0], ["dog", "cat"], ["cat", "dog"])


def test_classes_of_boxes_may_be_numbers(write):
    path = write(f'path,boxes,box_labels\na.jpg,"{COCO}","[3, 0]"\n')
    boxes = table.read(path, box_format="coco").items[0].read().boxes
    assert (boxes.labels.tolist(), boxes.texts) == ([3, 0], None)
    with pytest.raises(FormatError, match="line 2, column 'box_labels': label 3; labels count from 0 to 1"):
        table.read(path, box_format="coco", label_names=["a", "b"])


def test_one_box_needs_no_list_around_it(write):
    path = write('path,boxes\na.jpg,"[8, 6, 16, 12]"\n')
    assert table.read(path, box_format="coco").items[0].read().boxes.corners.tolist() == WANTED[:1]


def test_objects_of_imagefolder_are_boxes(write):
    row = {"file_name": "a.jpg", "objects": {"bbox": json.loads(COCO), "categories": [1, 0], "area": [4.5, 1]}}
    listing = table.read(write(lines(row), "metadata.jsonl"), box_format="coco")
    sample = listing.items[0].read()
    assert (sample.boxes.corners.tolist(), sample.boxes.labels.tolist()) == (WANTED, [1, 0])
    assert sample.features["objects/area"].tolist() == [4.5, 1]


def test_four_boxes_are_four_and_no_one_box_of_four_lists(write):
    boxes = [[0, 0, 0.25, n / 4] for n in range(1, 5)]
    [item] = table.read(write(lines({"path": "a.jpg", "boxes": boxes}), "t.jsonl"), box_format="yxyx").items
    assert item.read().boxes.corners.tolist() == boxes


def test_classes_of_boxes_are_a_feature_of_their_own_only_where_there_are_no_boxes(write):
    row = {"path": "a.jpg", "box_labels": ["dog"]}
    [with_boxes] = table.read(write(lines(row | {"boxes": [[0, 0, 1, 1]]}), "t.jsonl"), box_format="yxyx").items
    assert with_boxes.read().features == {}
    [without] = table.read(write(lines(row), "t.jsonl")).items
    assert without.read().features == {"box_labels": ["dog"]}


def test_form_of_boxes_that_there_is_not_is_refused_where_there_are_none(write):
    with pytest.raises(UnsupportedError, match="no form of boxes 'voc'"):
        table.read(str(write("path\na.jpg\n")), box_format="voc")


def test_boxes_without_a_form_are_refused_before_they_are_misread(write):
    with pytest.raises(SourceError, match="say what their numbers are: coco, pascal, xyxy, yxyx"):
        table.read(write(f'path,boxes\na.jpg,"{COCO}"\n'))
    with pytest.raises(UnsupportedError, match="no form of boxes 'voc'"):
        table.read(write(f'path,boxes\na.jpg,"{COCO}"\n'), box_format="voc")


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ("[[1,2,3,4], 5];", "column 'boxes': box 1 is 5, expected four numbers"),
        ("[[1,2,3]];", "column 'boxes': box 0 is .*expected four numbers"),
        ('[[1,2,3,4],[1,2,3,"x"]];', "column 'boxes': box 1"),
        ("[[1,2,3,NaN]];", "column 'boxes': box 0"),
        ("[[1,2,3,1e999]];", "column 'boxes': box 0"),
        ("[[1,2,3," + "9" * 400 + "]];", "column 'boxes': box 0"),
        ("5;", "column 'boxes': 5 is no list"),
        ("{};", "column 'boxes': {} is no list"),
        ("[[1;", "column 'boxes': .* is no JSON list"),
        ("[" * 5000 + ";", "column 'boxes': .* is no JSON list"),
        ("[[1,2,3,4]];[1,2]", "column 'box_labels': 2 labels for 1 boxes"),
        ("[[1,2,3,4]];", "column 'box_labels': 0 labels for 1 boxes"),
        ("[[1,2,3,4]];[1.5]", "column 'box_labels': 1.5 is no class"),
    ],
)
def test_broken_boxes_are_told_by_line_and_column(write, photos, cells, sentence):
    boxes, _, labels = cells.partition(";")
    with (photos / "t.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "boxes", "box_labels"), ("a.jpg", boxes, labels)])
    with pytest.raises(FormatError, match=f"line 2, {sentence}"):
        table.read(photos / "t.csv", box_format="coco")


def test_numbers_in_one_place_and_names_in_the_other_are_refused(write):
    row = {"path": "a.jpg", "label": 0, "boxes": [[0, 0, 1, 1]], "box_labels": ["cat"]}
    path = write(lines(row), "t.jsonl")
    with pytest.raises(SourceError, match="give the names of all classes by label"):
        table.read(path, box_format="yxyx")
    listing = table.read(path, box_format="yxyx", label_names=["dog", "cat"])
    assert (listing.items[0].text, listing.items[0].read().boxes.labels.tolist()) == ("dog", [1])


# Masks


def test_mask_is_a_png_of_the_same_size(write, photos):
    mask = np.arange(24 * 32, dtype=np.uint8).reshape(24, 32)
    filmroll.imwrite(photos / "m.png", mask)
    listing = table.read(write("path,mask\na.jpg,m.png\nb c.jpg,\n"))
    assert listing.items[0].read().mask == (photos / "m.png").read_bytes()
    assert listing.items[1].read().mask is None
    assert listing.parts == {"mask"}


def test_mask_of_another_size_or_format_or_none_at_all_is_told(write, photos):
    filmroll.imwrite(photos / "m.png", np.zeros((24, 31), np.uint8))
    filmroll.imwrite(photos / "m.bmp", np.zeros((24, 32), np.uint8))
    path = write("path,mask\na.jpg,m.png\na.jpg,m.bmp\na.jpg,gone.png\n")
    report = filmroll.pack(table_with_picture(path), photos / "out" / "roll")
    details = sorted(finding.detail for finding in report.findings)
    assert [detail.split("its mask ")[1].removeprefix(str(photos)) for detail in details] == [
        "/gone.png: No such file or directory",
        "/m.bmp is BMP, expected PNG, which keeps every class",
        "/m.png is 24x31, the picture 24x32",
    ]


def table_with_picture(path):
    path.write_text(path.read_text() + "a.jpg,\n")
    return path


# Files


def test_picture_that_is_not_there_is_in_the_report(write, photos):
    report = filmroll.pack(write("path,label\na.jpg,1\ngone.jpg,2\n"), photos / "out" / "roll")
    assert (report.read, report.written, report.skipped) == (2, 1, 1)
    [finding] = report.findings
    assert (finding.kind, finding.path, finding.detail) == (
        "unreadable",
        str(photos / "gone.jpg"),
        "No such file or directory",
    )


def test_root_is_where_paths_start(write, photos, tmp_path_factory):
    path = tmp_path_factory.mktemp("elsewhere") / "t.csv"
    path.write_text("path\nmore/d.jpg\n")
    [item] = table.read(path, root=photos).items
    assert (item.key, bytes(item.read().encoded)) == ("more/d.jpg", pictures.jpeg(2))


@pytest.mark.parametrize(
    ("name", "key"),
    [("{root}/more/d.jpg", "more/d.jpg"), ("../x.jpg", "x.jpg"), ("/no/x.jpg", "no/x.jpg"), ("./a.jpg", "a.jpg")],
)
def test_key_leads_nowhere_else(write, photos, name, key):
    [item] = table.read(write(f"path\n{name.format(root=photos)}\n")).items
    assert item.key == key


@pytest.mark.parametrize("name", ["", '"a\0.jpg"'])
def test_path_that_is_none_is_told_by_line(write, name):
    with pytest.raises(FormatError, match="line 3, column 'path': .* is no path of a picture"):
        table.read(write(f"path,x\na.jpg,1\n{name},2\n"))


def test_mask_that_is_no_path_is_told_by_line(write):
    with pytest.raises(FormatError, match="line 1, column 'mask': 5 is no path of a PNG"):
        table.read(write(lines({"path": "a.jpg", "mask": 5}), "t.jsonl"))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"path": 5}, "column 'path': 5 is no path"),
        ({"path": "a.jpg", "label": 1.5}, "column 'label': 1.5 is no class"),
        ({"path": "a.jpg", "label": True}, "column 'label': true is no class"),
        ({"path": "a.jpg", "label": [1]}, "column 'label': \\[1\\] is no class"),
        ({"path": "a.jpg", "text": 5}, "column 'text': 5 is no text"),
    ],
)
def test_value_of_json_of_another_type_is_told_by_line_and_column(write, row, sentence):
    with pytest.raises(FormatError, match=f"line 2, {sentence}"):
        table.read(write(lines({"path": "a.jpg"}, row), "t.jsonl"))


def test_table_without_paths_names_its_columns(write):
    with pytest.raises(SourceError, match="no column path, file_name or filename; there are: picture, label"):
        table.read(write("picture,label\na.jpg,1\n"))


@pytest.mark.parametrize(("text", "name"), [("", "t.csv"), ("path,label\n", "t.csv"), ("\n\n", "t.jsonl")])
def test_table_without_a_row_is_nothing_to_pack(write, text, name):
    with pytest.raises(SourceError, match="without a row"):
        table.read(write(text, name))


# Hugging Face's ImageFolder


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_folder_with_metadata_is_a_table_and_pictures_not_named_are_listed(write, photos, name):
    row = {"file_name": "a.jpg", "text": "red"}
    write(lines(row) if name.endswith("l") else "file_name,text\na.jpg,red\n", name)
    (photos / "notes.txt").write_text("n")
    listing = table.read(photos)
    assert [(item.key, item.text) for item in listing.items] == [("a.jpg", "red")]
    assert listing.ignored == ["b c.jpg", "more/d.jpg"]


def test_folder_with_both_or_no_metadata_says_so(write, photos):
    with pytest.raises(SourceError, match="no metadata.csv nor metadata.jsonl"):
        table.read(photos)
    write("file_name\na.jpg\n", "metadata.csv")
    write(lines({"file_name": "a.jpg"}), "metadata.jsonl")
    with pytest.raises(SourceError, match="both"):
        table.read(photos)
