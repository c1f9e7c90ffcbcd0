"""Image datasets in record files: pack them, look inside them, check them, train from them."""

__version__ = "0.1.0"
