filmroll verify broken.tfrecord  # exits with 1
filmroll repair broken.tfrecord mended.tfrecord  # exits with 1
filmroll verify mended.tfrecord
