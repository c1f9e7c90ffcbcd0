"""Where a record begins and ends: file <-> bytes, by a `Reader` and a `Writer`."""

from filmroll.records.tfrecord import Reader, Writer

__all__ = ["Reader", "Writer"]
