"""From a picture to records and back: the tutorial in a folder of `pages.workshop`."""

from pathlib import Path

import numpy as np

import filmroll
from filmroll.messages import datum, example

Path("made").mkdir()

# %% A picture is an array
image = filmroll.imread("pictures/poster/poster-0.png", mode="RGB")
print(image.shape, image.dtype, f"{image.nbytes:,} bytes")
print("in float32", f"{image.astype(np.float32).nbytes:,} bytes")
print("in grey", filmroll.imread("pictures/poster/poster-0.png", mode="L").shape)

# %% Three channels
planes = [
    np.pad(image[::2, ::2, c : c + 1], ((0, 0), (0, 8), (0, 0)), constant_values=255)
    for c in range(3)
]
filmroll.imwrite("made/channels.png", np.concatenate(planes, axis=1)[:, :-8])

# %% What forms cost
for one in filmroll.sizes("pictures/poster/poster-0.png").candidates:
    back = "identical" if one.identical else "changed"
    print(f"{one.name:27} {one.nbytes:>9,} {one.share:7.1%}  {back}")

# %% Drawings and animations
svg = Path("poster.svg").read_bytes()
print(f"SVG {len(svg):>7,} bytes, drawn as", filmroll.decode(svg, size=(120, 80)).shape)
gif = filmroll.encode(np.stack([image, image[::-1]]), "gif")
print(f"GIF {len(gif):>7,} bytes, two frames", filmroll.decode(gif).shape)

# %% Encode and decode in memory
png = filmroll.encode(image, "png")
jpeg = filmroll.encode(image, "jpeg", quality=75)
assert np.array_equal(filmroll.decode(png), image)
off = np.abs(filmroll.decode(jpeg).astype(int) - image)
print(f"PNG  {len(png):>7,} bytes, identical")
print(f"JPEG {len(jpeg):>7,} bytes, off by {off.mean():.2f}, at most {off.max()}")

# %% What JPEG changes
part = slice(236, 276), slice(56, 106)
views = [
    image[part],
    filmroll.decode(jpeg)[part],
    np.minimum(off[part] * 4, 255).astype(np.uint8),
]
filmroll.imwrite(
    "made/jpeg.png", np.concatenate(views, axis=1).repeat(5, axis=0).repeat(5, axis=1)
)

# %% A header is enough
header = filmroll.read_header(jpeg)
print(header.format, header.shape)

# %% An Example with the bytes of a PNG
message = example.serialize({"image": png, "label": 1})
with filmroll.Writer("made/one.tfrecord") as writer:
    writer.write(message)
print(f"{sum(map(len, message)):,} bytes, {len(png):,} of them the picture")

with filmroll.Reader("made/one.tfrecord") as reader:
    features = example.parse(reader[0])
assert bytes(features["image"][0]) == png
print(sorted(features), features["label"])

# %% An Example with an array
message = example.serialize(
    {"image": image.tobytes(), "shape": image.shape, "dtype": str(image.dtype)}
)
features = example.parse(b"".join(message))
flat = np.frombuffer(features["image"][0], bytes(features["dtype"][0]).decode())
assert np.array_equal(flat.reshape(features["shape"]), image)
print(
    features["shape"], bytes(features["dtype"][0]), f"{sum(map(len, message)):,} bytes"
)

# %% A folder of classes
report = filmroll.pack("pictures/", "made/roll", to="tfrecord", shards=2)
print(f"{report.read} read, {report.written} written, {report.changed} changed")

roll = filmroll.open("made/roll-*.tfrecord")
sample = roll[17]
print(len(roll), roll.dialect, roll.label_names)
print(sample.key, sample.label, sample.text, sample.image.shape)
assert bytes(sample.encoded) == Path("pictures", sample.key).read_bytes()

# %% A contact sheet
filmroll.imwrite(
    "made/contact-sheet.png",
    filmroll.contact_sheet(sorted(roll, key=lambda one: one.key), columns=6),
)

# %% A Datum in LMDB
filmroll.convert("made/roll-*.tfrecord", "made/roll.lmdb", drop=["text"], check=True)
caffe = filmroll.open("made/roll.lmdb")
assert bytes(caffe[17].encoded) == bytes(sample.encoded)
print(caffe.dialect, len(caffe), caffe[17].label)

blue_first = np.ascontiguousarray(
    image.transpose(2, 0, 1)[::-1]
)  # channels in front, and BGR: Caffe's order
message = datum.serialize(
    {
        "channels": 3,
        "height": 600,
        "width": 400,
        "data": blue_first.tobytes(),
        "label": 1,
        "encoded": False,
    }
)
print(f"{sum(map(len, message)):,} bytes with raw pixels")

# %% MNIST
filmroll.pack("digits/", "made/digits.tfrecord", dialect="mnist", split="test")
digits = filmroll.open("made/digits.tfrecord")
batch = next(iter(digits.batches(32, channels=1)))
print(digits.dialect, len(digits), batch["image"].shape, batch["label"][:5].tolist())

# %% ImageNet
report = filmroll.pack(
    "imagenet/train",
    "made/train",
    dialect="imagenet",
    labels_file="imagenet/synsets.txt",
    metadata_file="imagenet/words.txt",
    suffix="",
    shards=2,
)
train = filmroll.open(report.shards)
features = train.features(0)
print([path.name for path in report.shards])
print(
    len(features),
    "features; stored label",
    features["image/class/label"][0],
    "read label",
    train[0].label,
)
print(
    bytes(features["image/class/synset"][0]).decode(),
    "is",
    bytes(features["image/class/text"][0]).decode(),
)

# %% Batches for training
for batch in roll.batches(8, size=224, crop="random", flip=True, shuffle=True, seed=1):
    print(batch["image"].shape, batch["image"].dtype, batch["label"].tolist())

# %% What should you use?
quick = [
    "Guetzli",
    "PNG by Zopfli",
    "AVIF",
    "jpegli",
]  # slow encoders are left out here
for source in ("pictures/leaf", "pictures/sun", "digits"):
    advice = filmroll.advise(source, sample=2, budget_s=2, without=quick)
    print(f"{source}: {advice.recommended}")
