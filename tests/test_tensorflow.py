"""TensorFlow reads what filmroll packs, and trains from it; filmroll reads what TensorFlow writes."""

import numpy as np
import pytest

import filmroll
import pictures

SPEC = {
    "image/encoded": "string",
    "image/format": "string",
    "image/height": "int64",
    "image/width": "int64",
    "image/channels": "int64",
    "image/class/label": "int64",
    "image/class/text": "string",
    "image/filename": "string",
}


def read_with_tensorflow(tf, shards, compression: str = "") -> list[dict]:
    """Parse the shards with the feature spec that the slim dialect promises."""
    spec = {name: tf.io.FixedLenFeature([], getattr(tf, kind)) for name, kind in SPEC.items()}
    records = tf.data.TFRecordDataset([str(path) for path in shards], compression_type=compression)
    return list(records.map(lambda record: tf.io.parse_single_example(record, spec)).as_numpy_iterator())


@pytest.mark.parametrize("compression", [None, "gzip", "zlib"])
def test_tensorflow_reads_every_feature_and_byte_that_filmroll_packed(tf, tmp_path, compression):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    report = filmroll.pack(flowers, tmp_path / "roll", shards=2, compression=compression)
    read = read_with_tensorflow(tf, report.shards, (compression or "").upper())
    assert {one["image/filename"].decode(): one["image/encoded"] for one in read} == pictures.tree(flowers)
    with filmroll.open(report.shards) as roll:
        for sample, one in zip(roll, read, strict=True):
            height, width, channels = sample.image.shape
            assert (one["image/height"], one["image/width"], one["image/channels"]) == (
                height,
                width,
                channels,
            )
            assert one["image/format"].decode() == sample.header.format
            assert (one["image/class/label"], one["image/class/text"].decode()) == (sample.label, sample.text)


@pytest.mark.parametrize("compression", ["", "GZIP", "ZLIB"])
def test_filmroll_reads_every_picture_that_tensorflow_wrote(tf, tmp_path, compression):
    written = []
    path = str(tmp_path / "tf.tfrecord")
    with tf.io.TFRecordWriter(path, tf.io.TFRecordOptions(compression_type=compression)) as writer:
        for number in range(7):
            data = tf.io.encode_jpeg(pictures.image(number)).numpy()
            feature = {
                "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[data])),
                "image/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
                "score": tf.train.Feature(float_list=tf.train.FloatList(value=[0.5, -number])),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
            written.append(data)
    with filmroll.open(path) as roll:
        assert roll.dialect == "slim"
        assert [bytes(sample.encoded) for sample in roll] == written
        assert [sample.label for sample in roll] == list(range(7))
        assert [sample.features["score"].tolist() for sample in roll] == [[0.5, -number] for number in range(7)]


def test_array_dialect_is_what_decode_raw_reads(tf, tmp_path):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    report = filmroll.pack(flowers, tmp_path / "roll", dialect="array")
    spec = {
        "image_bytes": tf.io.FixedLenFeature([], tf.string),
        "image_shape": tf.io.FixedLenFeature([3], tf.int64),
        "filename": tf.io.FixedLenFeature([], tf.string),
    }
    count = 0
    for record in tf.data.TFRecordDataset([str(path) for path in report.shards]):
        one = tf.io.parse_single_example(record, spec)
        image = tf.reshape(tf.io.decode_raw(one["image_bytes"], tf.uint8), one["image_shape"]).numpy()
        assert np.array_equal(image, filmroll.imread(flowers / one["filename"].numpy().decode()))
        count += 1
    assert count == 12


def test_tensorflow_trains_a_step_from_real_photos_in_classes(tf, data, tmp_path):
    source = tmp_path / "labelled"
    for name, folder in {"photos": data / "photos", "cats": data / "images" / "caffe"}.items():
        (source / name).mkdir(parents=True)
        for path in sorted(folder.iterdir())[:12]:
            (source / name / path.name).write_bytes(path.read_bytes())
    report = filmroll.pack(source, tmp_path / "roll", shards=2)
    assert report.written == 16
    spec = {
        "image/encoded": tf.io.FixedLenFeature([], tf.string),
        "image/class/label": tf.io.FixedLenFeature([], tf.int64),
    }

    def prepare(record):
        one = tf.io.parse_single_example(record, spec)
        image = tf.image.resize(tf.io.decode_jpeg(one["image/encoded"], channels=3), (16, 16)) / 255.0
        return tf.reshape(image, (16 * 16 * 3,)), one["image/class/label"]

    batches = tf.data.TFRecordDataset([str(path) for path in report.shards]).map(prepare).batch(16)
    weights, bias = tf.Variable(tf.zeros((768, 2))), tf.Variable(tf.zeros(2))
    losses = []
    for _ in range(3):
        for images, labels in batches:
            with tf.GradientTape() as tape:
                logits = images @ weights + bias
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
            for variable, slope in zip((weights, bias), tape.gradient(loss, (weights, bias)), strict=True):
                variable.assign_sub(0.01 * slope)
            losses.append(float(loss))
            assert set(labels.numpy()) == {0, 1}
    assert losses[0] == pytest.approx(np.log(2))
    assert losses[-1] < losses[0]
