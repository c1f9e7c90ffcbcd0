"""Tars of three samples, and of whatever a test wants to see in one."""

import io
import tarfile

FILES = [("a/1.jpg", b"one"), ("a/1.cls", b"7"), ("a/2.seg.PNG", b""), ("b.json", b"{}" * 400)]


def made(files, *, format=tarfile.GNU_FORMAT):
    """A tar of names and bytes, or of TarInfos as they are."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=format) as archive:
        for name, data in files:
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


PLAIN = made(FILES)


def special(name, type):
    info = tarfile.TarInfo(name)
    info.type = type
    info.linkname = "a/1.jpg"
    return info, b""


def written(tmp_path, data, name="a.tar"):
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


def plain(record):
    return {name: bytes(value) for name, [value] in record.items()}
