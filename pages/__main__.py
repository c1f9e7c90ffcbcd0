"""Fill in every page of docs/, and the README: `python -m pages`; a test holds that nothing would change."""

import atexit
import shutil
import tempfile
import warnings
from functools import cache
from pathlib import Path

from pages import CHECKOUT, DOCS, workshop
from pages.block import Block, fill
from pages.example import Example

ELSEWHERE = {"examples/records_from_a_bucket.py"}  # needs a bucket: run by the tests alone, which compare its output


def main() -> None:
    """Write every page that has blocks."""
    for path in sorted(DOCS.rglob("*.md")):
        page = path.read_text("utf-8")
        filled = fill(page, text_of)
        if filled != page:
            path.write_text(filled, "utf-8")
            print(path.relative_to(CHECKOUT).as_posix())


def text_of(block: Block) -> tuple[str, str]:
    """Return the language and the text of one block."""
    example = read(block.path)
    if block.kind == "code":
        return example.language, example.code(block.cell)
    if block.path in ELSEWHERE:
        return "text", block.text
    return "text", outputs(block.path)[block.cell or ""]


@cache
def read(path: str) -> Example:
    """Read an example, once."""
    return Example(path)


@cache
def outputs(path: str) -> dict[str, str]:
    """Run an example in a workshop of its own, once; return what its cells print."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(furnished(), folder, dirs_exist_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of other packages, when they are imported
            return read(path).run(Path(folder))[1]


@cache
def furnished() -> Path:
    """Furnish a workshop, once; each example works in a copy of it."""
    folder = Path(tempfile.mkdtemp(prefix="filmroll-workshop-"))
    atexit.register(shutil.rmtree, folder)
    workshop.furnish(folder)
    return folder


if __name__ == "__main__":
    main()
