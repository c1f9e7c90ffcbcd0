"""How fast does a folder of photos become record files?

Data: 1,024 photo files in 8 folders, in the page cache. Timed: reading, framing, writing, closing. filmroll reads
each header, writes ten features and an index, and flushes to disk (fsync) before the file has its name; with two
threads it writes two shards. The rivals' loops write bytes, format and label, and flush only where it says fsync.
Equal content: as many photos, as many bytes of them, the same sum of their CRC-32, read back by filmroll or tarfile.
"""

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import filmroll
from benchmarks import photos
from benchmarks.task import Engine, Job, Task
from benchmarks.workshop import Workshop
from filmroll.messages import example

FSYNC = {"fsync": True}


def prepare(workshop: Workshop) -> Job:
    """Make the folder of photos."""
    source, out = photos.folder(workshop), workshop.made("out")
    out.mkdir(exist_ok=True)
    files = [str(path) for path in sorted(source.rglob("*.jpeg"))]
    return {"source": str(source), "files": files, "count": len(files), "consume": "files", "folder": str(out)}


def read_back(job: Job) -> Job:
    """Digest the photos that were written."""
    pictures = list(_pictures(Path(job["dest"])))
    if not pictures:
        return {"nbytes": sum(path.stat().st_size for path in Path(job["dest"]).glob("*.bin"))}
    digest = sum(map(zlib.crc32, pictures))
    return {"count": len(pictures), "nbytes": sum(map(len, pictures)), "digest": digest}


def _pictures(dest: Path) -> Iterator[bytes]:
    for path in sorted(dest.rglob("*.jpeg")):
        yield path.read_bytes()
    for path in sorted(dest.glob("*.tfrecord")):
        for record in filmroll.Reader(path):
            yield bytes(example.parse(record)["image/encoded"][0])
    for path in sorted(dest.glob("*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                file = tar.extractfile(member) if member.name.endswith(".jpg") else None
                if file is not None:
                    yield file.read()


TASK = Task(
    name="pack-photos",
    title="Pack a folder of photos",
    unit="s",
    items="photos",
    compare="exact",
    prepare=prepare,
    read_back=read_back,
    engines=(
        Engine("filmroll", "filmroll", "filmroll", (1, 2), note="fsync, index, headers read"),
        Engine("tensorflow", "tensorflow", "tensorflow"),
        Engine("tensorflow (fsync)", "tensorflow", "tensorflow", options=FSYNC),
        Engine("tfrecord", "vahidk", "vahidk"),
        Engine("tfrecord (fsync)", "vahidk", "vahidk", options=FSYNC),
        Engine("webdataset", "webdataset", "webdataset", note="a tar file, without checksums"),
        Engine("plain file", "limits", "filmroll", is_limit=True, options={"work": "write-photos"}),
        Engine("plain file (fsync)", "limits", "filmroll", is_limit=True, options={"work": "write-photos", **FSYNC}),
        Engine("copytree", "limits", "filmroll", is_limit=True, options={"work": "copy-tree"}),
    ),
)
