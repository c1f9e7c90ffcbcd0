"""Which kind of source something is, and its pictures, whatever it is.

folder     a folder of pictures, or of folders that are classes       mnist      IDX files, or a folder of them
table      .csv, .tsv, .jsonl; a folder with metadata.csv or .jsonl   cifar      batches, or a folder of them
list       .txt, a path and a label a line                            imagenet   a folder of synsets, and lists
"""

import errno
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from filmroll import codecs
from filmroll.errors import SourceError, UnsupportedError
from filmroll.remote.path import RemotePath, path_of
from filmroll.sources.item import Listing

READERS = {
    "cifar": "cifar",
    "folder": "folder",
    "imagenet": "imagenet",
    "list": "list_file",
    "mnist": "mnist",
    "table": "table",
}
"""Module of each kind, imported when such a source comes."""
KINDS = tuple(READERS)
OPTIONS = {
    "cifar": {"label_names", "split"},
    "folder": {"label_names"},
    "imagenet": {"labels_file", "metadata_file", "bounding_box_file"},
    "list": {"label_names", "root"},
    "mnist": {"label_names", "split"},
    "table": {"label_names", "root", "box_format"},
}
HEAD_NBYTES = 4096  # an SVG may begin with comments
ONLY_FOLDERS = "only folders of pictures are read from a store, what else there is from this machine; copy it here"
IMAGENET_ONLY = "labels_file"  # who gives it has synsets


def read(
    source: str | os.PathLike[str],
    *,
    kind: str | None = None,
    label_names: Sequence[str] | None = None,
    **options: Any,
) -> Listing:
    """List the pictures of any source.

    Args:
        source: A folder or a file.
        kind: One of `KINDS`; None tells it by names and first bytes.
        label_names: Names of the classes by label, where the numbers must agree with another source's.
        options: Those of the kind's own `read`: `split`, `root`, `box_format`, `labels_file`, `metadata_file`,
            `bounding_box_file`; those that are None count as not given.

    Returns:
        The pictures, none of them decoded, and the names of the classes.

    Raises:
        FileNotFoundError: It is not there.
        UnsupportedError: There is no such kind, or it has no such option.
        SourceError: It is of no kind, or holds no picture.
        FormatError: It contradicts itself.
        TypeError: It is no path.
    """
    if not isinstance(source, str | os.PathLike):
        raise TypeError(
            f"a source is the path of a folder or a file, not {type(source).__name__}; pictures that are listed go into"
            " a table, CSV or JSONL"
        )
    source = path_of(source)
    given = {name: value for name, value in (("label_names", label_names), *options.items()) if value is not None}
    if kind is None:
        kind = "imagenet" if IMAGENET_ONLY in given else recognise(source)
    if kind not in READERS:
        raise UnsupportedError(f"no kind of source {kind!r}; there are: {', '.join(KINDS)}")
    for name in given:
        if name not in OPTIONS[kind]:
            fitting = ", ".join(one for one, names in OPTIONS.items() if name in names)
            raise UnsupportedError(f"{name} is for sources of kind {fitting}; this is one of kind {kind}", path=source)
    if kind == "imagenet" and IMAGENET_ONLY not in given:
        raise UnsupportedError("ImageNet's folders need labels_file, a synset a line", path=source)
    module = READERS[kind]
    if isinstance(source, RemotePath):
        if kind != "folder":
            raise UnsupportedError(f"{kind}: {ONLY_FOLDERS}", path=source)
        module = "bucket"
    listing: Listing = import_module(f"filmroll.sources.{module}").read(source, **given)
    return listing


def recognise(source: Path) -> str:
    """Tell which kind of source something is.

    Raises:
        FileNotFoundError: It is not there.
        SourceError: It is a file of no kind.
    """
    from filmroll.sources import cifar, list_file, mnist, table

    if isinstance(source, RemotePath):
        has_table = not source.url.startswith("http") and _has_table(source)
        return "table" if has_table else "folder"
    if source.is_dir():
        return _recognise_folder(source)
    if not source.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(source))
    suffix = source.suffix.lower()
    if suffix in table.SUFFIXES:
        return "table"
    if mnist.is_images(source):
        return "mnist"
    if cifar.is_batch(source):
        return "cifar"
    if suffix == list_file.SUFFIX:
        return "list"
    raise SourceError(_advice(source), path=source)


def _advice(source: Path) -> str:
    if source.is_file():
        with open(source, "rb") as file:
            head = file.read(HEAD_NBYTES)
        if codecs.identify(head):
            return "one picture; name the folder it is in, or see what it costs in other forms with 'filmroll sizes'"
    kinds = ", ".join(KINDS)
    return (
        f"a file of no kind that is known by its name; --source-kind names it: {kinds}; for records there is 'convert'"
    )


def _recognise_folder(source: Path) -> str:
    from filmroll.sources import cifar, mnist

    if _has_table(source):
        return "table"
    if mnist.find(source):
        return "mnist"
    return "cifar" if cifar.find(source) else "folder"


def _has_table(source: Path) -> bool:
    from filmroll.sources import table

    return any((source / name).is_file() for name in table.METADATA)
