filmroll convert foreign.tar suns.tfrecord --check
filmroll convert roll-*.tfrecord wds/roll --to tar --shards 2 --check
