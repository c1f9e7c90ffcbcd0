"""What went wrong with a request, in one line: what the store said, and what to do; never a URL that may be signed."""

import errno
import re

from filmroll.remote.patience import patience_s
from filmroll.remote.urls import redacted

CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; AWS_SKIP_SIGNATURE=true if it is public",
    "gs": "set GOOGLE_APPLICATION_CREDENTIALS; GOOGLE_SKIP_SIGNATURE=true if it is public",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or one of their other variables",
    "http": "the server wants credentials, or the link has expired",
}
_STATUS = r"status code: (\d{3}) ?([A-Za-z ]*)"
_CODE = r"<Code>(\w+)</Code>"
_URL = r"\w+://\S+"


class RangesError(OSError):
    """The server gives files whole alone."""


def error(url: str, text: str) -> OSError:
    """Return the error that a text of obstore's stands for.

    Args:
        url: What was asked for.
        text: What obstore said.
    """
    scheme, path = url.split(":", 1)[0], redacted(url)
    status, code = re.search(_STATUS, text), re.search(_CODE, text)
    number = int(status[1]) if status else 0
    said = " ".join(filter(None, (status and f"{number} {status[2].strip()}".strip(), code and code[1])))
    if code and code[1] in ("NoSuchBucket", "ContainerNotFound"):
        return FileNotFoundError(
            errno.ENOENT, "there is no such bucket; look at its name, its region and AWS_ENDPOINT_URL", path
        )
    if number == 404 or " not found" in text.split(":", 1)[0]:
        return FileNotFoundError(errno.ENOENT, "there is no such file in the store", path)
    if "Range request not supported" in text:
        return RangesError(errno.EOPNOTSUPP, "the server does not know ranges", path)
    hint = CREDENTIALS["http" if scheme == "https" else scheme]
    if number in (401, 403):
        return PermissionError(errno.EACCES, f"the store refuses ({said}); {hint}", path)
    rest = re.sub(_URL, "URL", text)  # the names of files say nothing
    if "169.254." in text or "metadata.google" in text or "metadata" in rest or "redential" in rest:
        return PermissionError(errno.EACCES, f"no credentials were found; {hint}", path)
    stall_s, retry_s = patience_s()
    tries = f"tried again for up to {retry_s:g} s (FILMROLL_RETRY_S)"
    if number == 429 or number >= 500:
        return OSError(errno.EIO, f"the store fails ({said}), {tries}; try again later", path)
    if "operation timed out" in rest or "TimedOut" in rest:
        what = f"the store does not answer within {stall_s:g} s (FILMROLL_STALL_S), {tries}"
        return TimeoutError(errno.ETIMEDOUT, what, path)
    if "error sending request" in rest or "Connect" in rest:
        return ConnectionError(errno.ECONNREFUSED, f"the store cannot be reached, {tries}; is its address right?", path)
    first_line = rest.split("\n", 1)[0][:200]
    return OSError(errno.EIO, f"the store says: {said or first_line}", path)
