filmroll pack odd/ odd.tfrecord  # exits with 1
filmroll pack odd/ mended/odd.tfrecord --on-mislabelled convert --on-cmyk convert --on-rotated convert  # exits with 1
