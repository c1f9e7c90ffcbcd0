"""Turn photos and their boxes together."""

import filmroll

photo = filmroll.imread("odd/turned.jpg")
shown = filmroll.imread("odd/turned.jpg", orientation="apply")
print("stored", photo.shape, "shown", shown.shape)

for policy in ("keep", "convert"):
    dest = f"boxes-{policy}.tfrecord"
    filmroll.pack(
        "boxes.csv",
        dest,
        box_format="pascal",
        policies=filmroll.Policies(rotated=policy),
    )
    sample = filmroll.open(dest)[0]
    height, width = sample.image.shape[:2]
    ymin, xmin, ymax, xmax = sample.boxes.corners[0] * [height, width, height, width]
    print(f"{policy}: picture {height} x {width}, box", end=" ")
    print(f"{ymin:.0f} to {ymax:.0f} down, {xmin:.0f} to {xmax:.0f} across")
