"""What is imported when: nothing heavy before it is needed, each format, dialect and source when one comes."""

import json
import subprocess
import sys

import pytest

from filmroll import cli, codecs, dialects
from filmroll.sources import kinds

HEAVY = ("numpy", "PIL", "click", "rich", "simplejpeg", "pyarrow", "lmdb")


def imported(code: str) -> set[str]:
    """Name the modules that a program of its own has imported when it ends."""
    program = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_name_of_the_package_alone_imports_nothing_heavy():
    assert not imported("import filmroll") & set(HEAVY)


def test_open_pack_and_decode_import_no_format_dialect_or_source_yet():
    found = imported("from filmroll import decode, open, pack")
    assert "numpy" in found
    assert not found & {"PIL", "rich", "pyarrow", "lmdb", "click", "tarfile"}
    assert not found & {f"filmroll.dialects.{name}" for name in dialects.DIALECTS}
    assert not found & {f"filmroll.sources.{module}" for module in kinds.READERS.values()}
    assert not found & {f"filmroll.codecs.{name}" for name in set(codecs.FORMATS) - {"jpeg"}}  # copies are JPEG


def test_photo_is_decoded_without_pillow(data):
    photo = data / "photos/0.jpeg"
    found = imported(f"import filmroll; filmroll.decode(open({str(photo)!r}, 'rb').read())")
    assert "simplejpeg" in found
    assert "PIL" not in found


def test_help_of_the_program_imports_no_verb_and_nothing_heavy():
    found = imported("from filmroll.cli import run; run(['--help'])")
    assert not found & (set(HEAVY) - {"click"})
    assert not found & {f"filmroll.cli.{verb.replace('-', '_')}" for verb in cli.VERBS}


def test_help_of_a_verb_draws_nothing():
    every = "; ".join(f"run([{verb!r}, '--help'])" for verb in cli.VERBS)
    assert "rich" not in imported(f"from filmroll.cli import run; {every}")


def test_dialects_are_listed_with_what_their_modules_say():
    assert {name: dialects.message_of(module) for name, module in dialects.DIALECTS.items()} == dialects.MESSAGES
    assert [module.NAME for module in dialects.DIALECTS.values()] == list(dialects.DIALECTS)
    assert len(dialects.DIALECTS) == len(list(dialects.DIALECTS))
    assert "slim" in dialects.DIALECTS
    assert "nonsense" not in dialects.DIALECTS
    with pytest.raises(KeyError):
        dialects.DIALECTS["nonsense"]


def test_formats_have_the_same_verbs_each():
    for one in codecs.FORMATS.values():
        assert one.codec.__name__ == f"filmroll.codecs.{one.name}"
        assert all(callable(getattr(one.codec, verb)) for verb in ("decode", "encode", "read_header"))
