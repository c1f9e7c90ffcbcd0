"""Who may ask, and what the answers allow: a page on a local port is in reach of every site that a browser opens.

A request is answered where it names this host: a foreign name that leads to 127.0.0.1 (DNS rebinding) is refused. The
answers allow nothing but their own style sheet, script and pictures, and are for no other site to embed.

Source: https://www.w3.org/TR/CSP3/, https://html.spec.whatwg.org/#mime-types (nosniff), RFC 9110 section 7.2 (Host).
"""

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
PAGE_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
DATA_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""Of pictures and downloads: an SVG that is opened as a page runs no script and reaches nothing."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Refuse requests that are not for this host, or want more than to look; add the headers of safety.

    Args:
        app: What answers.
        hosts: Names and addresses under which the server may be asked, without ports.
    """

    def __init__(self, app: ASGIApp, *, hosts: Iterable[str] = LOOPBACK) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        host = Headers(scope=scope).get("host", "")
        answer: ASGIApp = self._app
        if not self._is_own(host):
            answer = PlainTextResponse("This address is not for that host.\n", status_code=421)
        elif scope["method"] not in ("GET", "HEAD"):
            answer = PlainTextResponse("There is nothing to change here.\n", 405, {"Allow": "GET, HEAD"})

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await answer(scope, receive, send_safely)

    def _is_own(self, host: str) -> bool:
        name, colon, port = host.rpartition(":")
        if not colon or host.endswith("]"):
            name, port = host, ""
        return name.lower() in self._hosts and (port == "" or (port.isascii() and port.isdigit()))
