"""What counts as bytes: the types that every parser and decoder accepts."""

Buffer = bytes | bytearray | memoryview
