"""Ask an error where the damage is."""

import filmroll

try:
    for record in filmroll.Reader("broken.tfrecord"):
        print(len(record), "bytes")
except filmroll.Error as error:
    print(type(error).__name__, error.path, error.record, error.offset)
    print(error.message)
