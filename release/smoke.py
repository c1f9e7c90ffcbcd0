"""What is tried in a new environment, by its Python alone: `python smoke.py core`, or the name of an extra.

Prints what it tried, and the packages that are installed, as JSON in the last line; fails where anything does.
"""

import contextlib
import http.server
import io
import json
import os
import sys
import threading
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import filmroll
from filmroll import cli

WORDS = {  # of licences, those of longer ones first
    "Neither the name of": "BSD-3-Clause",
    "Redistribution and use in source and binary forms": "BSD-2-Clause",
    "Permission is hereby granted, free of charge": "MIT",
}
PICTURES, SHARDS = "demo/pictures", "demo/records/demo-*.tfrecord"


def run(*arguments: str) -> str:
    """Run a command, which must succeed; return what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = cli.run(list(arguments))
    if code:
        raise SystemExit(f"filmroll {' '.join(arguments)}: exit {code}\n{out.getvalue()}")
    return out.getvalue()


def core() -> list[str]:
    """Do the main job, and see that each extra is asked for by its name."""
    for module in ("pyarrow", "matplotlib", "array_record", "starlette", "ray", "obstore", "cv2"):
        if is_there(module):
            raise SystemExit(f"{module} is there without its extra")
    lacking = {
        "parquet": lambda: filmroll.convert(SHARDS, "x.parquet"),
        "array-record": lambda: filmroll.convert(SHARDS, "x.array_record"),
        "optimize": lambda: filmroll.encode(filmroll.imread("demo/poster.svg", mode="RGB"), "jpeg", encoder="jpegli"),
        "cloud": lambda: filmroll.open("http://127.0.0.1:9/x.tfrecord"),
    }
    for extra, use in lacking.items():
        try:
            use()
        except filmroll.MissingDependencyError as exc:
            if f"filmroll[{extra}]" not in str(exc):
                raise SystemExit(f"{extra} is not named: {exc}") from exc
        else:
            raise SystemExit(f"{extra} is not needed")
    run("convert", SHARDS, "demo.lmdb", "--check", "--drop", "text,features")
    run("convert", SHARDS, "demo.tar", "--check")
    run("advise", PICTURES, "--budget", "2", "--sample", "4")
    run("contact-sheet", SHARDS, "sheet.jpg")
    with filmroll.open(SHARDS) as roll:
        batch = next(iter(roll.batches(8, size=32, crop="random", shuffle=True, seed=1)))
    if batch["image"].shape != (8, 32, 32, 3):
        raise SystemExit(f"a batch of shape {batch['image'].shape}")
    return ["convert into LMDB and tar", "advise", "contact-sheet", "batches", "each extra is asked for by name"]


def is_there(module: str) -> bool:
    """Tell whether a module can be imported."""
    return find_spec(module) is not None


def array_record() -> list[str]:
    """Write and read ArrayRecord."""
    run("convert", SHARDS, "demo.array_record", "--check")
    return ["convert --check into ArrayRecord"]


def cloud() -> list[str]:
    """Read records of a server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ranges) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        name = sorted(Path("demo/records").glob("*.tfrecord"))[0].name
        run("inspect", f"http://127.0.0.1:{server.server_address[1]}/{name}")
        server.shutdown()
    return ["inspect of a web address"]


class Ranges(http.server.BaseHTTPRequestHandler):
    """A server of the records that answers for ranges, as stores do, and says nothing."""

    def do_HEAD(self) -> None:
        """Say how many bytes a file has."""
        self._answer(200, b"", self._data())

    def do_GET(self) -> None:
        """Send a range of a file, or the file."""
        data = self._data()
        if data is not None and "Range" in self.headers:
            first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
            start, stop = int(first), min(int(last or len(data) - 1) + 1, len(data))
            self._answer(206, data[start:stop], data, f"bytes {start}-{stop - 1}/{len(data)}")
        else:
            self._answer(200, data or b"", data)

    def _data(self) -> bytes | None:
        path = Path("demo/records") / self.path.rpartition("/")[2]
        return path.read_bytes() if path.is_file() else None

    def _answer(self, status: int, body: bytes, data: bytes | None, content_range: str = "") -> None:
        self.send_response(404 if data is None else status)
        self.send_header("Content-Length", str(len(body) if body or data is None else len(data)))
        self.send_header("Accept-Ranges", "bytes")
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def optimize() -> list[str]:
    """Encode with the slow encoders."""
    image = filmroll.imread("demo/poster.svg", mode="RGB")[:64, :64]
    filmroll.encode(image, "jpeg", encoder="jpegli")
    filmroll.encode(image, "jpeg", encoder="guetzli", quality=90)
    filmroll.encode(image, "png", optimizer="zopfli")
    return ["encode by jpegli, Guetzli and Zopfli"]


def parquet() -> list[str]:
    """Write and read Parquet."""
    run("convert", SHARDS, "demo.parquet", "--check")
    return ["convert --check into Parquet"]


def plot() -> list[str]:
    """Draw a plot."""
    run("advise", PICTURES, "--budget", "2", "--sample", "4", "--plot", "advice.png")
    return ["advise --plot"]


def opencv() -> list[str]:
    """Resize without antialiasing."""
    with filmroll.open(SHARDS) as roll:
        next(iter(roll.batches(8, size=32, antialias=False, resampler="opencv")))
    return ["batches without antialiasing"]


def ray() -> list[str]:
    """Pack on a new cluster of one machine, whatever else runs here."""
    os.environ["RAY_ADDRESS"] = "local"
    run("pack", PICTURES, "ray/demo", "--engine", "ray", "--shards", "2")
    run("verify", "ray/demo-*")
    return ["pack --engine ray"]


def simd() -> list[str]:
    """Resize by the other resampler."""
    with filmroll.open(SHARDS) as roll:
        next(iter(roll.batches(8, size=32, resampler="simd")))
    return ["batches with resampler simd"]


def view() -> list[str]:
    """Write the pages."""
    run("view", "--export", "pages", SHARDS)
    return ["view --export"]


def packages() -> list[tuple[str, str, str]]:
    """List what is installed beside pip and filmroll: name, version, licence."""
    found = [one for one in metadata.distributions() if one.name.lower() not in ("filmroll", "pip", "setuptools")]
    return sorted({(one.name, one.version, licence_of(one)) for one in found}, key=lambda one: one[0].lower())


def licence_of(one: metadata.Distribution) -> str:
    """Return the licence that a package states: its expression, a short field, or its classifiers."""
    told = one.metadata
    expression = told.get("License-Expression")
    field = (told.get("License") or "").strip()
    if expression or (field and "\n" not in field and len(field) < 80 and field != "UNKNOWN"):
        return expression or field
    prefix = "License :: OSI Approved :: "
    classified = [name.removeprefix(prefix) for name in told.get_all("Classifier") or () if name.startswith(prefix)]
    return " and ".join(classified) or field.partition("\n")[0].strip() or _by_file(one) or "not stated"


def _by_file(one: metadata.Distribution) -> str | None:
    """Tell a licence by the words of its file, where the package names it nowhere."""
    files = [file for file in one.files or () if "licen" in str(file).lower() and ".dist-info/" in str(file)]
    texts = [" ".join(Path(str(file.locate())).read_text("utf-8", "replace").split()) for file in files]
    for text in texts:
        for words, name in WORDS.items():
            if words in text:
                return f"{name}, by its file"
    return None


def nbytes() -> int:
    """Count the bytes of everything that is installed but pip and setuptools."""
    files = (
        file
        for one in metadata.distributions()
        if one.name.lower() not in ("pip", "setuptools")
        for file in one.files or ()
    )
    paths = {Path(str(file.locate())) for file in files}
    return sum(path.stat().st_size for path in paths if path.is_file())


def main(extra: str) -> None:
    """Do the main job, then what the extra is for."""
    run("doctor")
    run("demo", "demo")
    also = globals()[extra.replace("-", "_")]()
    print(json.dumps({"tried": ["doctor", "demo", *also], "packages": packages(), "nbytes": nbytes()}))


if __name__ == "__main__":
    main(sys.argv[1])
