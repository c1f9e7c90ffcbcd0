"""What stores answer is told in one line, without what is secret."""

import pytest

from filmroll.remote import failures

SIGNED = "https://me:word@host:8443/a/b.tfrecord?X-Amz-Signature=5ec7e7&b=//c"


def test_errors_of_stores_hold_no_signature():
    text = f"Generic error: Error performing GET {SIGNED} in 1s - something else\n\nDebug source: {SIGNED}"
    error = failures.error(SIGNED, text)
    assert "5ec7e7" not in str(error)
    assert "something else" in str(error)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("x - Server returned non-2xx status code: 401 Unauthorized: ", PermissionError, "the store refuses (401"),
        ("Error getting credentials from http://169.254.169.254/", PermissionError, "no credentials were found"),
        ("GET http://metadata.google.internal/x - error sending request", PermissionError, "no credentials were found"),
        ("HEAD http://127.0.0.1:9/b/metadata.csv in 1s - error sending request", ConnectionError, "cannot be reached"),
        ("GET http://h/credentials/Connect.jpg - operation timed out", TimeoutError, "does not answer within"),
        ("x status code: 429 Too Many Requests: ", OSError, "the store fails (429 Too Many Requests)"),
        ("x status code: 404 Not Found: <Code>NoSuchBucket</Code>", FileNotFoundError, "there is no such bucket"),
        ("x status code: 400 Bad Request: <Code>Odd</Code>", OSError, "the store says: 400 Bad Request Odd"),
    ],
)
def test_answers_of_stores_are_told_in_a_few_words(text, kind, said):
    error = failures.error("gs://bucket/a", text)
    assert isinstance(error, kind)
    assert said in str(error)
    assert "GOOGLE_APPLICATION_CREDENTIALS" in str(error) or kind is not PermissionError
