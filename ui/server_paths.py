"""What a request asks for, told apart once for all that guards the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from streamlit import config

from schema.language import closest, later, say, speaking

if TYPE_CHECKING:
    from starlette.types import Message, Scope, Send

UPLOADS: Final = "/_stcore/upload_file/"
MEDIA: Final = "/media/"
STREAM: Final = "/_stcore/stream"
_INNER: Final = "/_stcore/"
_OPEN: Final = ("/_stcore/health", "/_stcore/host-config", STREAM)
"""What the sign-in page itself needs; all else under ``/_stcore/`` is for people who are signed in."""
_OPEN_BELOW: Final = "/_stcore/bidi-components/"
_STATIC: Final = ("/static/", "/app/static/", "/component/", _OPEN_BELOW)
_REASONS: Final = {
    400: later("Bad request"),
    403: later("Not allowed"),
    405: later("Method not allowed"),
    408: later("Too slow"),
    413: later("Too large"),
    429: later("Too many requests"),
    503: later("Not available now"),
    507: later("Too many files"),
}


def header(scope: Scope, name: bytes) -> str:
    """The first header of this name (lower case); empty when there is none."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def count(scope: Scope, name: bytes) -> int:
    """How often a header was sent."""
    return sum(key == name for key, _ in scope["headers"])


def route(scope: Scope) -> str:
    """The path below ``server.baseUrlPath``."""
    path: str = scope["path"]
    base = "/" + str(config.get_option("server.baseUrlPath") or "").strip("/")
    return path[len(base) :] or "/" if base != "/" and path.startswith(base + "/") else path


def is_static(path: str) -> bool:
    """Whether it is a file that is the same for everybody."""
    return path.startswith(_STATIC)


def needs_person(path: str) -> bool:
    """Whether only somebody who is signed in may ask for it, where sign-in is configured."""
    if path.startswith(MEDIA):
        return True
    return path.startswith(_INNER) and path not in _OPEN and not path.startswith(_OPEN_BELOW)


def origin_host(origin: str) -> str:
    """Host and port of a web origin; empty when it is not one."""
    try:
        parts = urlsplit(origin)
        _ = parts.port
    except ValueError:
        return ""
    bare = parts.scheme in {"http", "https"} and not (parts.path or parts.query or parts.fragment or parts.username)
    return parts.netloc.lower() if bare else ""


async def refuse(scope: Scope, send: Send, status: int) -> None:
    """Answer with a plain sentence and nothing that was asked for."""
    with speaking(closest(header(scope, b"accept-language")[:20].split(",")[0])):
        words = say(_REASONS[status]).encode()
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
    told = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(words)).encode())]
    start: Message = {"type": f"{kind}.start", "status": status, "headers": [*told, (b"connection", b"close")]}
    await send(start)
    await send({"type": f"{kind}.body", "body": words})
