"""What a URL says, and what is shown of it."""

import pytest

from filmroll.errors import UnsupportedError
from filmroll.remote import urls


@pytest.mark.parametrize(
    ("url", "base", "key"),
    [
        ("s3://bucket/a/b c.tfrecord", "s3://bucket", "a/b c.tfrecord"),
        ("s3://bucket/what?#%41", "s3://bucket", "what?#%41"),  # a key may have any character
        ("gs://bucket", "gs://bucket", ""),
        ("az://container/folder/", "az://container", "folder"),
        ("https://host:1/a%20b/c", "https://host:1", "a b/c"),
        ("https://host/a?sig=1&x=/", "https://host/?sig=1&x=/", "a"),
    ],
)
def test_store_and_key_are_told_apart(url, base, key):
    assert urls.split(url) == (base, key)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:word@host:8443/a?sig=5ec7e7", "https://host:8443/a?..."),
        ("http://host/a?", "http://host/a?..."),
        ("http://host?sig=5ec7e7", "http://host?..."),
        ("s3://bucket/key", "s3://bucket/key"),
        ("s3://bucket/what?#%41", "s3://bucket/what?#%41"),
        ("gs://bucket", "gs://bucket"),
    ],
)
def test_secrets_are_not_shown(url, shown):
    assert urls.redacted(url) == shown


def test_unknown_stores_are_named_with_those_that_are_known():
    with pytest.raises(UnsupportedError, match="no store is known as ftp://; there are: s3, gs, az, http, https"):
        urls.check_scheme("ftp")
