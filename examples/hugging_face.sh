filmroll convert roll-*.tfrecord hub/train.parquet --check
filmroll convert hub/ back.tfrecord
