"""Any key as one that a tar can have, and back: dots are written as they are in addresses.

    rose/a.jpg        <->  rose/a%2Ejpg          WebDataset cuts a member's name at the first dot of its last part
    IMG.2020.01.jpg   <->  IMG%2E2020%2E01%2Ejpg
    00000017          <->  00000017              what has no dot stays

No two keys become one, whatever they are, and `urllib.parse.unquote` gives the key to those without filmroll.
"""

import re

ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
UNSAFE_PART = re.compile(r"(?:^|(?<=/))\.{1,2}(?=/|$)")  # the folders . and .., which lead elsewhere


def to_member(key: str) -> str:
    """Return the key that a tar's members have for a sample's key, which is not empty."""
    key = ESCAPED.sub(r"%25\1", key).replace("\0", "%00")
    key = UNSAFE_PART.sub(lambda found: found[0].replace(".", "%2E"), key)
    folder, slash, base = key.rpartition("/")
    if not base:  # it ends with a slash
        folder, slash, base = "", "", folder + "%2F"
        folder, slash, base = base.rpartition("/")
    key = folder + slash + base.replace(".", "%2E")
    if key.startswith("/"):
        key = "%2F" + key[1:]
    return "%5F" + key[1:] if key.startswith("__") else key


def from_member(key: str) -> str:
    """Undo `to_member`; a key that it would not have made is one of another writer, and stays what it is."""
    plain = ESCAPED.sub(lambda found: chr(int(found[1], 16)), key)
    return plain if plain and to_member(plain) == key else key
