filmroll convert roll-*.tfrecord roll.lmdb --drop text --check
filmroll convert roll.lmdb again.tfrecord --check
