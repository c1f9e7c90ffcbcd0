"""Packages whose files filmroll reads and writes, imported once each; their imports may warn, filmroll may not."""

import functools
import importlib
import os
import sys
import warnings
from types import ModuleType

import pytest

NO_ARRAY_RECORD = "array_record has no wheels for Windows"
needs_array_record = pytest.mark.skipif(sys.platform == "win32", reason=NO_ARRAY_RECORD)


@functools.cache
def load(name: str) -> ModuleType:
    """Import a peer; one that is absent is an error, not a skip."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


# WebDataset leaves the tars that it has read to the garbage collector.
leaves_files_open = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
